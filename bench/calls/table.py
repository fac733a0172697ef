"""The benchmark's figures as the Markdown tables of docs/performance.md."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

NAMES = {
    "dialplan": "pure dialplan, 20 x Set",
    "ours": "our AgiServer",
    "bare": "bare asyncio handler",
    "panoramisk": "panoramisk fast_agi",
    "pyst2": "pyst2, a thread a call",
    "fork": "pyst2, a process a call",
}
AIMED = {
    "menu_cpu_ratio_to_dialplan": "<= {}",
    "max_rate_ratio_to_best_peer": ">= {}",
    "command_p99_ratio_to_bare": "<= {}",
    "first_prompt_delay_ms": "<= {}",
    "concurrent_calls_limit": ">= {}",
}


def printed(found: dict[str, Any]) -> str:
    """All tables."""
    return "\n".join([*_aims(found), "", *_menu(found), "", *_commands(found["commands"]), "", *_crowd(found)])


def _aims(found: dict[str, Any]) -> Iterator[str]:
    yield "| figure | aim | measured |"
    yield "|---|---|---|"
    for key, aim in AIMED.items():
        yield f"| `{key}` | {aim.format(found['aims'][key])} | {found[key]} |"


def _menu(found: dict[str, Any]) -> Iterator[str]:
    menu = found["menu"]
    yield "| the menu | pure dialplan | through the controller |"
    yield "|---|---|---|"
    python = menu["controller_python_ms"]
    yield (
        f"| CPU ms a call: Asterisk + controller | {menu['dialplan_ms']} + 0 "
        f"| {menu['controller_asterisk_ms']} + {python} |"
    )
    yield f"| largest rate held, calls/s | {menu['max_rate']['dialplan']} | {menu['max_rate']['controller']} |"
    yield f"| the same with an AMI session open | {menu['dialplan_with_ami_ms']} | - |"
    first = menu["first_prompt"]
    yield (
        f"| INVITE to the first prompt's first packet, ms: median, worst "
        f"| {first['dialplan_ms']}, {first['dialplan_worst_ms']} "
        f"| {first['controller_ms']}, {first['controller_worst_ms']} |"
    )
    yield f"| AMI events a call | - | {menu['ami_events_a_call']} |"


def _commands(commands: dict[str, Any]) -> Iterator[str]:
    yield "| 20 commands a call | CPU ms: Asterisk + server | to dialplan | one command p50, p99 us | rate held |"
    yield "|---|---|---|---|---|"
    base = commands["dialplan"]["asterisk_ms"]
    for key, name in NAMES.items():
        row = commands[key]
        times = f"{row['p50_us']:.0f}, {row['p99_us']:.0f}" if "p99_us" in row else "-"
        ratio = (row["asterisk_ms"] + row["server_ms"]) / base if base else 0.0
        held = commands["max_rate"].get(key, "-")
        yield f"| {name} | {row['asterisk_ms']} + {row['server_ms']} | {ratio:.2f} | {times} | {held} |"


def _crowd(found: dict[str, Any]) -> Iterator[str]:
    yield "| at once, RTP both ways | whole calls | cores | MB per 100 calls |"
    yield "|---|---|---|---|"
    for key, name in (("playback", "bare Playback"), ("crowd", "the menu through the controller")):
        crowd = found[key]
        yield f"| {name} | {crowd['limit']} | {crowd['cores']:.2f} | {crowd['memory_mb_per_100_calls']} |"
    yield ""
    for name, row in found["look_up"].items():
        told = f"{row['cpu_us']:.0f} us of CPU, {row['p50_us']:.0f} us from question to answer" if row else "not there"
        yield f"The caller's look-up on {name}: {told}."
