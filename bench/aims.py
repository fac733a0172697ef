"""What every figure is to be, in one place, and one table of what came out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bench.quiet import Quietness


@dataclass(frozen=True, slots=True)
class Aim:
    """One figure's limit. `path` leads to it in what a benchmark found; `at_least` turns the limit round."""

    path: tuple[str, ...]
    limit: float
    at_least: bool = False

    @property
    def key(self) -> str:
        """The figure's name."""
        return ".".join(self.path)

    @property
    def sentence(self) -> str:
        """The limit with its sign."""
        return f"{'>=' if self.at_least else '<='} {self.limit:g}"

    def value(self, found: Mapping[str, Any]) -> float | None:
        """What came out; None when it was not measured."""
        at: Any = found
        for part in self.path:
            at = at.get(part) if isinstance(at, Mapping) else None
        return None if at is None else float(at)

    def kept(self, value: float) -> bool:
        """Whether the value is on the right side of the limit."""
        return value >= self.limit if self.at_least else value <= self.limit


CALLS: Final = (
    Aim(("menu_cpu_ratio_to_dialplan",), 1.25),
    Aim(("menu", "controller_python_ms"), 3.5),
    Aim(("max_rate_ratio_to_best_peer",), 1.0, at_least=True),
    Aim(("command_p99_ratio_to_bare",), 1.2),
    Aim(("first_prompt_delay_ms",), 5),
    Aim(("concurrent_calls_limit",), 300, at_least=True),
)
MINUTE: Final = (
    Aim(("known_outage_told_s",), 20),
    Aim(("unknown_by_account_told_s",), 75),
    Aim(("danger_to_queue_s",), 22),
)
"""The longest of all companies."""
APPEALS: Final = (
    Aim(("register_ratio_to_bare_insert",), 0.6, at_least=True),
    Aim(("list_p95_ms",), 25),
    Aim(("list_max_ms",), 60),
    Aim(("search_max_ms",), 40),
    Aim(("form49", "s"), 30),
    Aim(("form49", "mb"), 500),
)
"""Of each database: the lists and searches of 1 000 000 appeals, the form of 500 000."""
CONSOLE: Final = (
    Aim(("event_to_screen_p99_ms",), 80),
    Aim(("card_ms",), 100),
    Aim(("kb_per_console",), 1024),
)
"""The first at 100 consoles and 20 calls a second, the second the 95th of a hundred; over 1 000 000 calls."""

NODES: Final = (
    Aim(("cpu_per_call_ratio_to_one_node",), 1.15),
    Aim(("seconds_to_takeover",), 3),
    Aim(("calls_refused_after_takeover",), 0),
    Aim(("numbers_lost",), 0),
    Aim(("numbers_doubled",), 0),
)
"""Of two nodes behind a Kamailio; one of them is killed under ten calls a second."""
PUBLIC: Final = (Aim(("answers_per_core_s",), 2000, at_least=True),)
"""Of 200 outages, the slowest of page, feed and the answer to whoever has it already."""
NUMBERING: Final = (
    Aim(("look_up_us",), 10),
    Aim(("memory_mb",), 64),
    Aim(("import_s",), 60),
    Aim(("import_again_s",), 30),
    Aim(("read_s",), 10),
    Aim(("read_holds_loop_ms",), 20),
)
"""Of each database: the four tables at their real size, 446 000 ranges."""
STORM: Final = (
    Aim(("told_own_truth_share",), 0.98, at_least=True),
    Aim(("seconds_to_truth_p95", "known"), 45),
    Aim(("seconds_to_truth_p95", "unknown"), 90),
    Aim(("reports_lost",), 0),
    Aim(("danger_wait_p99_s",), 30),
    Aim(("false_outages",), 0),
    Aim(("minutes_to_proposal_p50",), 5),
    Aim(("calls_refused_without_word",), 0),
)
STORM_REAL: Final = (
    Aim(("told_own_truth_share",), 0.98, at_least=True),
    Aim(("seconds_to_truth_p95",), 45),
    Aim(("reports_lost",), 0),
    Aim(("danger_wait_p99_s",), 30),
    Aim(("minutes_to_proposal_p50",), 5),
    Aim(("calls_refused_without_word",), 0),
)
"""Its callers are all known: nobody keys an account to sipp."""

RECORDINGS: Final = (
    Aim(("intake_x_realtime",), 400, at_least=True),
    Aim(("intake_ratio_to_ffmpeg",), 1.5),
    Aim(("intake_peak_mb",), 60),
    Aim(("worker_growth_mb",), 20),
    Aim(("first_sound_ms",), 300),
    Aim(("calls_p99_ratio_while_transcribing",), 1.2),
)
TALKS: Final = (
    Aim(("search_p95_ms",), 100),
    Aim(("review_queue_p95_ms",), 100),
    Aim(("reviewers_day_p95_ms",), 100),
    Aim(("trends_year_p95_ms",), 100),
    Aim(("weak_points_year_p95_ms",), 100),
    Aim(("report_holds_loop_ms",), 50),
)
"""Of each database: 1 000 000 recordings with their words, a tenth of them judged."""


def limits(aims: Sequence[Aim]) -> dict[str, float]:
    """Name and limit of those aims that stand at the top of what a benchmark found."""
    return {aim.key: aim.limit for aim in aims if len(aim.path) == 1}


def table(sections: Mapping[str, tuple[Sequence[Aim], Mapping[str, Any]]], quietness: Quietness) -> str:
    """One Markdown table of all sections (name -> its aims and what was found), and how far it can be trusted."""
    return "\n".join(_lines(sections, quietness))


def _lines(sections: Mapping[str, tuple[Sequence[Aim], Mapping[str, Any]]], quietness: Quietness) -> Iterator[str]:
    yield "| of | figure | aim | value | kept |"
    yield "|---|---|---|---|---|"
    for name, (aims, found) in sections.items():
        for aim in aims:
            value = aim.value(found)
            said = ("not measured", "-") if value is None else (f"{value:g}", "yes" if aim.kept(value) else "**no**")
            yield f"| {name} | `{aim.key}` | {aim.sentence} | {said[0]} | {said[1]} |"
    yield ""
    yield quietness.sentence
