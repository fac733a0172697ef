"""One caller's way through a menu: keys, silence, wrong keys, failures, hang-ups, and the steps reported."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gridline.clock import SetClock
from ivr.menus.load import load_flow
from ivr.menus.model import Flow, Menu
from ivr.menus.walk import MOST_KEYS, Act, Asks, Step, walk
from ivr.telephony import variables
from ivr.telephony.agi import CallerHungUp
from tests.unit.menus.files import GOOD, WORDS, flow_of, spoilt, written
from tests.unit.menus.lines import HANGS_UP, ScriptedLine

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Walked:
    """A finished walk: what was heard, what was done, which steps were reported."""

    def __init__(self, line: ScriptedLine) -> None:
        self.line = line
        self.steps: list[Step] = []
        self.done: list[tuple[str, str]] = []

    @property
    def way(self) -> list[str]:
        return [step.place for step in self.steps]


async def walked(
    flow: Flow,
    *keys: str,
    exits: Mapping[str, str] | None = None,
    unplayable: tuple[str, ...] = (),
    start: str = "",
    acts: Mapping[str, Act[ScriptedLine]] | None = None,
    clock: SetClock | None = None,
    asks: Asks[ScriptedLine] | None = None,
) -> Walked:
    """Walk with these keys; every action returns its exit of `exits` (`done` or the like by default)."""
    line = ScriptedLine(keys, unplayable=unplayable)
    result = Walked(line)
    by_action = {"danger": "queued", "open_matters": "none", "operator": "unanswered", **(exits or {})}

    def act(action: str) -> Act[ScriptedLine]:
        async def run(_line: ScriptedLine, topic: str) -> str:
            result.done.append((action, topic))
            return by_action.get(action, "done")

        return run

    every = {action: act(action) for action in WORDS.actions}
    try:
        await walk(flow, line, {**every, **(acts or {})}, result.steps.append, clock or SetClock(NOON), start, asks)
    except CallerHungUp:
        assert line.hung_up
    return result


async def test_a_menu_with_words_is_asked_aloud_and_one_without_for_keys(tmp_path: Path) -> None:
    flow = flow_of(tmp_path, spoilt("  wait: 4", "  words: {2: вода}"))
    asked: list[tuple[str, tuple[str, ...]]] = []

    async def asks(line: ScriptedLine, menu: Menu, said: tuple[str, ...]) -> str:
        asked.append((menu.name, said))
        return "?" if len(asked) == 1 else "2"

    call = await walked(flow, "", "0", asks=asks)
    assert asked == [("main", ("main-menu",)), ("main", ("wrong-key", "main-menu"))]
    assert [(step.place, step.exit, step.key) for step in call.steps][1:5] == [
        ("main", "wrong-key", "?"),
        ("main", "pressed", "2"),
        ("water", "said", ""),
        ("more", "pressed", "0"),
    ]
    assert (await walked(flow, "2")).way[:3] == ["notice", "main", "water"], "and where nobody hears, by keys"


async def test_a_key_leads_to_its_place_and_the_end_hangs_up(tmp_path: Path) -> None:
    call = await walked(flow_of(tmp_path), "1")
    assert call.way == ["notice", "main", "danger", "goodbye"]
    assert call.done == [("play_notice", ""), ("danger", "")]
    assert call.line.heard == [("main-menu",), ("goodbye",)]
    assert call.line.waits == [4]
    assert call.line.hung_up
    assert call.steps[-1].leads_to == "hang-up"


async def test_each_step_tells_place_prompts_key_exit_times_and_version(tmp_path: Path) -> None:
    flow, clock = flow_of(tmp_path), SetClock(NOON)

    async def slow_notice(_line: ScriptedLine, _topic: str) -> str:
        clock.advance(timedelta(seconds=6))
        return "done"

    call = await walked(flow, "0", acts={"play_notice": slow_notice}, clock=clock)
    later, version = NOON + timedelta(seconds=6), flow.version
    assert call.steps == [
        Step("notice", (), "play_notice", "", "done", "main", NOON, later, version),
        Step("main", ("main-menu",), "", "0", "pressed", "operator", later, later, version),
        Step("operator", (), "operator", "", "unanswered", "goodbye", later, later, version),
        Step("goodbye", ("goodbye",), "", "", "said", "hang-up", later, later, version),
    ]
    assert call.done[-1] == ("operator", "outages")


async def test_a_wrong_key_is_told_before_the_menu_is_said_again(tmp_path: Path) -> None:
    call = await walked(flow_of(tmp_path), "7", "1")
    assert call.line.heard[:2] == [("main-menu",), ("wrong-key", "main-menu")]
    assert [(step.exit, step.key, step.leads_to) for step in call.steps[1:3]] == [
        ("wrong-key", "7", "main"),
        ("pressed", "1", "danger"),
    ]


async def test_silence_is_told_before_the_menu_is_said_again(tmp_path: Path) -> None:
    call = await walked(flow_of(tmp_path), "", "1")
    assert call.line.heard[:2] == [("main-menu",), ("nothing-heard", "main-menu")]
    assert call.steps[1].exit == "silence"


async def test_after_two_bad_tries_a_menu_says_plainly_how_to_answer(tmp_path: Path) -> None:
    flow = flow_of(tmp_path, spoilt("  tries: 2", "  tries: 3"))
    for bad in ("", "7"):
        call = await walked(flow, "9", bad, "1")
        assert call.line.heard[:3] == [("main-menu",), ("wrong-key", "main-menu"), ("by-keypad", "main-menu")]


@pytest.mark.parametrize("keys", [("", ""), ("9", "#"), ("9", ""), ("*", "9", "*", "#")])
async def test_after_its_tries_a_menu_gives_the_caller_to_a_person(keys: tuple[str, ...], tmp_path: Path) -> None:
    call = await walked(flow_of(tmp_path), *keys)
    assert call.way == ["notice", *["main"] * len(keys), "astray", "operator", "goodbye"]
    assert call.steps[len(keys)].leads_to == "astray"


async def test_the_star_repeats_without_costing_a_try_or_reproaching(tmp_path: Path) -> None:
    call = await walked(flow_of(tmp_path), "9", "*", "*", "*", "1")
    assert call.line.heard[1:5] == [("wrong-key", "main-menu"), ("main-menu",), ("main-menu",), ("main-menu",)]
    assert call.steps[2].exit == "repeat"
    assert "danger" in call.way


async def test_tries_are_counted_anew_in_each_menu_and_each_visit(tmp_path: Path) -> None:
    call = await walked(flow_of(tmp_path), "9", "2", "", "9", "9", "1", "9", "1")
    assert call.way == ["notice", "main", "main", "water", "more", "more", "more", "main", "main", "danger", "goodbye"]


async def test_silence_after_an_answer_is_a_goodbye_where_the_menu_says_so(tmp_path: Path) -> None:
    call = await walked(flow_of(tmp_path), "2", "", "")
    assert call.way == ["notice", "main", "water", "more", "goodbye"]


async def test_a_robot_on_a_key_comes_to_a_person(tmp_path: Path) -> None:
    flow = flow_of(tmp_path)
    star = await walked(flow, *["*"] * 10_000)
    assert len(star.steps) == MOST_KEYS + 5
    assert [step.exit for step in star.steps[-4:]] == ["too-many-keys", "said", "unanswered", "said"]
    round_and_round = await walked(flow, *["2", "", "1"] * 10_000)
    assert round_and_round.way[-3:] == ["astray", "operator", "goodbye"]
    assert len(round_and_round.steps) < 3 * MOST_KEYS


async def test_a_key_that_cuts_words_short_is_the_answer_to_the_menu_behind_them(tmp_path: Path) -> None:
    call = await walked(flow_of(tmp_path), "2", "0")
    assert call.line.heard[-2:] == [("hours", "water"), ("goodbye",)]
    assert [(step.place, step.key) for step in call.steps[2:4]] == [("water", "0"), ("more", "0")]
    assert call.done[-1] == ("operator", "outages")


async def test_a_key_the_menu_does_not_have_only_cuts_the_words_short(tmp_path: Path) -> None:
    call = await walked(flow_of(tmp_path), "2", "7", "1", "", "0")
    assert call.way[2:5] == ["water", "more", "main"]
    assert call.line.heard[2] == ("more-menu",)


async def test_a_key_from_before_an_action_answers_no_menu_behind_it(tmp_path: Path) -> None:
    between = "between:\n  do: open_matters\n  said: more\n  none: more\n  failed: more\n\nmore:\n"
    text = spoilt("  then: more\n\nmore:\n", f"  then: between\n\n{between}")
    call = await walked(flow_of(tmp_path, text), "2", "0")
    assert call.way[2:] == ["water", "between", "more", "goodbye"]


async def test_the_star_repeats_words_too(tmp_path: Path) -> None:
    call = await walked(flow_of(tmp_path), "2", "*", "*")
    assert call.line.heard[1:5] == [("hours", "water")] * 3 + [("more-menu",)]
    assert [step.exit for step in call.steps[2:5]] == ["repeat", "repeat", "said"]


async def test_a_way_round_by_keys_in_actions_comes_to_an_end(tmp_path: Path) -> None:
    message = (
        "message:\n  do: leave_message\n  done: goodbye\n  silent: goodbye\n  main: main\n  operator: operator\n"
        "  failed: goodbye\n"
    )
    text = spoilt("unanswered: goodbye", "unanswered: message") + message
    call = await walked(flow_of(tmp_path, text), "0", exits={"leave_message": "operator"})
    assert call.way.count("message") == MOST_KEYS
    assert (call.steps[-2].exit, call.steps[-1].place) == ("failed", "goodbye")


@pytest.mark.parametrize("action", sorted(WORDS.actions))
async def test_every_exit_of_an_action_leads_where_the_file_says(action: str, tmp_path: Path) -> None:
    exits = sorted(WORDS.actions[action].exits)
    ways = "".join(f"  {exit}: to-{exit}\n" for exit in exits)
    places = "".join(f"to-{exit}:\n  say: hours\n  then: goodbye\n" for exit in exits)
    flow = load_flow(written(tmp_path, GOOD + f"tried:\n  do: {action}\n{ways}{places}"), WORDS)
    for exit in exits:
        call = await walked(flow, start="tried", exits={action: exit})
        assert call.way == ["tried", f"to-{exit}", "goodbye"]
        assert call.steps[0].exit == exit


async def test_an_exception_in_an_action_leads_to_its_failed_exit(tmp_path: Path) -> None:
    async def broken(_line: ScriptedLine, _topic: str) -> str:
        raise ZeroDivisionError("the register is away")

    with capture_logs() as logged:
        call = await walked(flow_of(tmp_path), "1", acts={"danger": broken})
    assert call.way == ["notice", "main", "danger", "operator", "goodbye"]
    assert (call.steps[2].exit, call.steps[2].leads_to) == ("failed", "operator")
    (entry,) = logged
    assert entry["event"] == "place-failed"
    assert (entry["call"], entry["place"], entry["exc_info"]) == ("c" * 32, "danger", True)


async def test_an_exit_that_the_action_does_not_have_is_a_failure(tmp_path: Path) -> None:
    call = await walked(flow_of(tmp_path), "1", exits={"danger": "tired"})
    assert (call.steps[2].exit, call.steps[2].leads_to) == ("failed", "operator")


async def test_an_action_that_is_not_there_is_a_failure(tmp_path: Path) -> None:
    line, steps = ScriptedLine(["1"]), list[Step]()
    await walk(flow_of(tmp_path), line, {}, steps.append, SetClock(NOON))
    assert [(step.place, step.exit) for step in steps[:3]] == [
        ("notice", "failed"),
        ("main", "pressed"),
        ("danger", "failed"),
    ]
    assert line.hung_up


async def test_a_menu_that_cannot_be_said_gives_the_caller_to_a_person(tmp_path: Path) -> None:
    call = await walked(flow_of(tmp_path), unplayable=("main-menu",))
    assert call.way == ["notice", "main", "astray", "operator", "goodbye"]
    assert call.steps[1].exit == "failed"


async def test_words_that_cannot_be_said_do_not_stop_the_call(tmp_path: Path) -> None:
    call = await walked(flow_of(tmp_path), unplayable=("main-menu", "astray", "goodbye"))
    assert call.way == ["notice", "main", "astray", "operator", "goodbye"]
    assert call.line.hung_up


@pytest.mark.parametrize("at", range(5))
async def test_hanging_up_at_any_prompt_ends_the_walk_there(at: int, tmp_path: Path) -> None:
    keys = ["9", "2", "", "*", "1"]
    whole = await walked(flow_of(tmp_path), *keys)
    call = await walked(flow_of(tmp_path), *keys[:at], HANGS_UP)
    last = call.steps[-1]
    assert call.line.heard == whole.line.heard[: at + 1]
    assert call.way == whole.way[: at + 2]
    assert (last.exit, last.leads_to, last.said) == ("hung-up", "", call.line.heard[-1])


async def test_hanging_up_in_an_action_is_not_its_failure(tmp_path: Path) -> None:
    async def gone(_line: ScriptedLine, _topic: str) -> str:
        _line.hung_up = True
        raise CallerHungUp

    call = await walked(flow_of(tmp_path), "1", acts={"danger": gone})
    assert call.way == ["notice", "main", "danger"]
    assert (call.steps[-1].exit, call.steps[-1].leads_to) == ("hung-up", "")


async def test_the_call_and_the_dialplan_know_where_the_caller_stands(tmp_path: Path) -> None:
    call = await walked(flow_of(tmp_path), "9", "1")
    assert call.line.marks == [(variables.PLACE, name) for name in ("notice", "main", "danger", "goodbye")]
    assert call.line.call.place == "goodbye"


async def test_a_call_taken_over_goes_on_where_it_stood(tmp_path: Path) -> None:
    call = await walked(flow_of(tmp_path), start="more")
    assert call.way == ["more", "goodbye"]
    assert call.done == []


async def test_a_place_that_is_no_more_is_the_first_menu(tmp_path: Path) -> None:
    call = await walked(flow_of(tmp_path), "1", start="gone")
    assert call.way == ["main", "danger", "goodbye"]


async def test_a_key_that_leads_to_the_same_menu_is_allowed(tmp_path: Path) -> None:
    flow = flow_of(tmp_path, spoilt("2: water", "2: water, 3: main"))
    assert (await walked(flow, "3", "1")).way == ["notice", "main", "main", "danger", "goodbye"]
