"""Past calls through a changed menu: who stays where they were, who comes elsewhere, of whom nobody can say."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.menus.model import Flow
from ivr.menus.replay import PastStep, ReplayedCall, ReplayEnd, ReplayHow, replay, replayed
from tests.unit.menus.files import flow_of, spoilt

NOTICE = PastStep("notice", "done", "", "main")
WATER = PastStep("main", "pressed", "2", "water")
TOLD = PastStep("water", "said", "", "more")
BYE = [PastStep("more", "silence", "", "goodbye"), PastStep("goodbye", "said", "", "hang-up")]
SERVED = [NOTICE, WATER, TOLD, *BYE]
TALKED = [NOTICE, PastStep("main", "pressed", "0", "operator"), PastStep("operator", "hung-up", "", "")]


def led(tmp_path: Path, text: str, steps: list[PastStep], was: Flow | None = None) -> ReplayedCall:
    return replay(flow_of(tmp_path, text), "a", steps, was)


@pytest.mark.parametrize("steps", [SERVED, TALKED, [NOTICE, PastStep("main", "hung-up", "", "")]])
def test_the_same_menu_ends_every_call_as_it_ended(tmp_path: Path, steps: list[PastStep]) -> None:
    was = flow_of(tmp_path)
    assert not replay(was, "a", steps, was).changed


def test_a_key_that_leads_elsewhere_takes_its_callers_there(tmp_path: Path) -> None:
    swapped = spoilt("{1: danger, 2: water, 0: operator}", "{1: danger, 3: water, 2: operator, 0: operator}")
    found = led(tmp_path, swapped, [*SERVED, PastStep("operator", "hung-up", "", "")])
    assert found.new == ReplayEnd("operator", ReplayHow.HUNG_UP)


def test_a_place_where_a_caller_never_pressed_anything_is_not_guessed_at(tmp_path: Path) -> None:
    swapped = spoilt("{1: danger, 2: water, 0: operator}", "{1: danger, 3: water, 2: operator, 0: operator}")
    assert led(tmp_path, swapped, SERVED).new == ReplayEnd("operator", ReplayHow.NOT_KNOWN)
    longer = spoilt("  then: more\n", "  then: main\n")
    longer = longer.replace("press: {1: danger, 2: water,", "press: {1: danger, 2: water, 3: more,")
    assert led(tmp_path, longer, SERVED).new == ReplayEnd("main", ReplayHow.NOT_KNOWN), "they pressed in main only once"


def test_a_key_that_is_gone_is_named(tmp_path: Path) -> None:
    found = led(tmp_path, spoilt("{1: danger, 2: water, 0: operator}", "{1: danger, 3: water, 0: operator}"), SERVED)
    assert found.new == ReplayEnd("main", ReplayHow.NO_SUCH_KEY, "2")
    assert found.changed


def test_wrong_keys_and_silences_count_as_the_new_menu_counts_them(tmp_path: Path) -> None:
    astray = [
        NOTICE,
        PastStep("main", "wrong-key", "7", "main"),
        PastStep("main", "silence", "", "astray"),
        PastStep("astray", "said", "", "operator"),
        PastStep("operator", "hung-up", "", ""),
    ]
    assert not led(tmp_path, spoilt("tries: 2", "tries: 2"), astray).changed
    assert led(tmp_path, spoilt("tries: 2", "tries: 5"), astray).new == ReplayEnd("main", ReplayHow.NOT_KNOWN)
    assert led(tmp_path, spoilt("tries: 2", "tries: 1"), astray).new == ReplayEnd("operator", ReplayHow.HUNG_UP)
    seven = spoilt("{1: danger, 2: water, 0: operator}", "{1: danger, 2: water, 7: goodbye, 0: operator}")
    assert led(tmp_path, seven, astray).new == ReplayEnd("goodbye", ReplayHow.SAID_GOODBYE)


def test_an_actions_exit_counts_only_where_the_same_action_stands(tmp_path: Path) -> None:
    closed = [*TALKED[:2], PastStep("operator", "closed", "", "goodbye"), PastStep("goodbye", "said", "", "hang-up")]
    was = flow_of(tmp_path)
    led_on = spoilt("  closed: goodbye", "  closed: shut") + "\nshut:\n  say: hours\n  then: goodbye\n"
    assert led(tmp_path, led_on, [*closed, PastStep("shut", "hung-up", "", "")], was).new.place == "shut"
    other_topic = spoilt("  topic: outages", "  topic: water")
    assert led(tmp_path, other_topic, closed, was).new == ReplayEnd("operator", ReplayHow.NOT_KNOWN)


def test_many_are_counted_by_where_they_came_from_and_to(tmp_path: Path) -> None:
    flow = flow_of(tmp_path, spoilt("{1: danger, 2: water, 0: operator}", "{1: danger, 3: water, 0: operator}"))
    found = replayed(flow, [("a", SERVED), ("b", SERVED), ("c", TALKED), ("d", [])])
    gone, bye = ReplayEnd("main", ReplayHow.NO_SUCH_KEY, "2"), ReplayEnd("goodbye", ReplayHow.SAID_GOODBYE)
    assert found.moves[bye, gone] == 2
    assert (found.number(ReplayHow.NO_SUCH_KEY), found.number(ReplayHow.NOT_KNOWN)) == (2, 1)
    assert [one.call_id for one in found.calls if one.changed] == ["a", "b", "d"]
