"""The benchmark's figures as the Markdown tables of docs/performance.md."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def printed(found: dict[str, Any]) -> str:
    """All tables."""
    return "\n".join([*_aims(found), "", *_stages(found["stages"]), "", *_card(found["card"], found["filled"])])


def _aims(found: dict[str, Any]) -> Iterator[str]:
    yield "| figure | aim | measured |"
    yield "|---|---|---|"
    for key, aim in found["aims"].items():
        yield f"| `{key}` | <= {aim} | {found[key]} |"


def _stages(stages: dict[str, Any]) -> Iterator[str]:
    yield (
        "| consoles | calls/s | event to screen, ms: p50, p99, worst | to the last stream: p50, p99 | events "
        "| changes in the browser | controller, cores | load average |"
    )
    yield "|---|---|---|---|---|---|---|---|"
    for number, one in stages.items():
        stream = f"{one['stream_p50_ms']}, {one['stream_p99_ms']}" if "stream_p50_ms" in one else "-"
        yield (
            f"| {number} | {one['calls_per_s']} | {one['p50_ms']}, {one['p99_ms']}, {one['worst_ms']} | {stream} "
            f"| {one['events']} | {one['elements_changed']} | {one['controller_cores']} | {one['load_average']} |"
        )


def _card(card: dict[str, Any], filled: dict[str, Any]) -> Iterator[str]:
    yield (
        f"{card['cards']} cards over {filled['calls']} calls and {filled['appeals']} appeals: ring to the card in the "
        f"browser p50 {card['card_p50_ms']} ms, p95 {card['card_ms']} ms, worst {card['card_worst_ms']} ms; of that "
        f"assembled, rendered and sent in {card['card_server_p50_ms']} ms (p95 {card['card_server_p95_ms']} ms); they "
        f"showed {card['card_last_calls']} earlier calls, {card['card_open_appeals']} open appeals and "
        f"{card['card_candidates']} candidates."
    )
