"""The board is a projection: in whatever order events come, it shows what a re-read would (faults F12, F15, F16)."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.live.board import Board
from ivr.live.roster import LATE
from ivr.live.view import AgentState, BoardView, CallerPlace, CallKey, Changes
from ivr.telephony import events as ev
from ivr.telephony.events import Event
from tests.unit.live.exchange import AGENTS, START, Exchange

seeds = st.integers(min_value=0, max_value=2**32)


def board_of(exchange: Exchange) -> Board:
    board = Board("node1")
    board.rebuild(exchange.snapshot())
    return board


def feed(board: Board, events: list[Event]) -> list[Changes]:
    return [board.apply(event) for event in events]


def busy_day(seed: int, steps: int = 60, at_most_s: int = 20) -> Exchange:
    exchange, chance = Exchange(), random.Random(seed)
    for _ in range(steps):
        exchange.step(chance, at_most_s)
    return exchange


@settings(max_examples=60, deadline=None)
@given(seeds, st.integers(0, 60))
def test_events_on_an_old_snapshot_give_what_a_fresh_one_gives(seed: int, early: int) -> None:
    exchange, chance = Exchange(), random.Random(seed)
    for _ in range(early):
        exchange.step(chance)
    board, seen = board_of(exchange), len(exchange.told)
    for _ in range(60):
        exchange.step(chance)
    changes = feed(board, exchange.told[seen:])
    assert board.snapshot() == board_of(exchange).snapshot()
    assert not any(change.suspect for change in changes)


@settings(max_examples=60, deadline=None)
@given(seeds, st.integers(0, 9))
def test_events_that_the_snapshot_already_holds_do_no_harm(seed: int, overlap_s: int) -> None:
    """Those told while the snapshot was being read, that is: not older than what counts as late news."""
    exchange = busy_day(seed, at_most_s=1)
    board = board_of(exchange)
    assert timedelta(seconds=overlap_s) < LATE
    feed(board, [event for event in exchange.told if exchange.now - event.at <= timedelta(seconds=overlap_s)])
    assert _without_times(board.snapshot()) == _without_times(board_of(exchange).snapshot())


@settings(max_examples=40, deadline=None)
@given(seeds)
def test_doubled_events_change_nothing(seed: int) -> None:
    exchange, once, twice = busy_day(seed), board_of(Exchange()), board_of(Exchange())
    for event in exchange.told:
        first = once.apply(event)
        assert twice.apply(event) == first
        again = twice.apply(event)
        assert (again.ended, again.suspect) == ((), False)
        assert once.snapshot() == twice.snapshot()


@settings(max_examples=40, deadline=None)
@given(seeds, st.floats(0.05, 0.5))
def test_missing_events_are_made_good_by_the_next_re_read(seed: int, lost: float) -> None:
    exchange, chance = busy_day(seed), random.Random(seed + 1)
    board = board_of(Exchange())
    ended = {one.call.key for c in feed(board, [e for e in exchange.told if chance.random() > lost]) for one in c.ended}
    change = board.rebuild(exchange.snapshot())
    assert _without_times(board.snapshot()) == _without_times(board_of(exchange).snapshot())
    for one in change.ended:
        assert one.cause is None
        assert one.call.key not in ended
        assert board.call(one.call.key) is None


@settings(max_examples=40, deadline=None)
@given(seeds)
def test_news_of_different_things_may_come_in_any_order(seed: int) -> None:
    """A call's legs, its queue place and the agents are told by different parts of Asterisk."""
    exchange, chance = busy_day(seed), random.Random(seed)
    board = board_of(Exchange())
    late: list[Event] = []
    for event in exchange.told:
        if isinstance(event, ev.CallerLeftQueue | ev.BridgeLeft | ev.MemberChanged) and chance.random() < 0.3:
            late.append(event)  # arrives after its successor
            continue
        board.apply(event)
        if isinstance(event, ev.ChannelHungUp):
            feed(board, late)
            late.clear()
    feed(board, late)
    board.rebuild(exchange.snapshot())
    assert _without_times(board.snapshot()) == _without_times(board_of(exchange).snapshot())
    gone = {e.channel.uniqueid for e in exchange.told if isinstance(e, ev.ChannelHungUp)}
    feed(board, [e for e in exchange.told if hasattr(e, "channel") and e.channel.uniqueid in gone])
    assert not gone & {call.key.linkedid for call in board.snapshot().calls}


@settings(max_examples=40, deadline=None)
@given(seeds)
def test_what_is_told_as_changed_is_all_that_changed(seed: int) -> None:
    exchange, board = busy_day(seed), board_of(Exchange())
    for event in exchange.told:
        before = board.snapshot()
        change = board.apply(event)
        after = board.snapshot()
        assert _differing(before, after) <= {*change.calls, *change.agents, *change.queues}
        assert {call.key for call in before.calls} - {call.key for call in after.calls} == {
            one.call.key for one in change.ended
        }


def test_a_call_from_the_menu_to_an_agent_and_away() -> None:
    exchange = Exchange()
    exchange.add_agent("hotline", "PJSIP/101")
    board = board_of(exchange)
    exchange.told.clear()

    def now() -> tuple[str, int, str, str]:
        feed(board, exchange.told)
        exchange.told.clear()
        (call,) = board.snapshot().calls
        (agent,) = board.snapshot().agents
        return call.place, call.position, call.agent, agent.state

    caller = exchange.arrive()
    assert now() == (CallerPlace.MENU, 0, "", AgentState.FREE)
    exchange.join(caller, "hotline")
    assert now() == (CallerPlace.WAITING, 1, "", AgentState.FREE)
    exchange.answer("PJSIP/101", "hotline")
    assert now() == (CallerPlace.TALKING, 0, "PJSIP/101", AgentState.TALKING)
    agent = board.agent("PJSIP/101")
    assert agent is not None
    assert agent.call == CallKey("node1", exchange.boot, caller)
    exchange.tick(90)
    exchange.finish(caller)
    assert now() == (CallerPlace.MENU, 0, "", AgentState.FREE)
    exchange.hang_up(caller)
    (*_, last) = feed(board, exchange.told)
    (ended,) = last.ended
    assert (ended.call.caller, ended.call.company, ended.cause) == ("+79210000001", "skek", 16)
    assert board.snapshot().calls == ()


def test_a_caller_in_danger_goes_first() -> None:
    exchange = Exchange()
    board = board_of(exchange)
    first, second = exchange.arrive(), exchange.arrive()
    exchange.join(first, "hotline")
    exchange.join(second, "hotline")
    danger = exchange.arrive(priority=10)
    exchange.tick(30)
    exchange.join(danger, "hotline")
    *_, change = feed(board, exchange.told)
    places = {call.key.linkedid: (call.position, call.priority) for call in board.snapshot().calls}
    assert places == {danger: (1, 10), first: (2, 0), second: (3, 0)}
    assert {key.linkedid for key in change.calls} == {danger, first, second}
    queue = board.queue("hotline")
    assert queue is not None
    assert (queue.waiting, queue.longest_since, queue.free, queue.serving) == (3, START, 0, 0)


@pytest.mark.parametrize(
    ("status", "paused", "state"),
    [
        (1, False, AgentState.FREE),
        (1, True, AgentState.PAUSED),
        (2, True, AgentState.TALKING),
        (6, False, AgentState.RINGING),
        (5, True, AgentState.UNAVAILABLE),
        (0, False, AgentState.UNAVAILABLE),
        (4, False, AgentState.UNAVAILABLE),
        (8, False, AgentState.TALKING),
        (99, False, AgentState.UNAVAILABLE),
    ],
)
def test_an_agents_state(status: int, paused: bool, state: AgentState) -> None:
    board = board_of(Exchange())
    board.apply(ev.MemberChanged(START, ev.Member("hotline", "PJSIP/101", "Анна", status, paused)))
    agent = board.agent("PJSIP/101")
    assert agent is not None
    assert agent.state == state


def test_an_agent_is_paused_only_when_paused_everywhere() -> None:
    exchange = Exchange()
    exchange.add_agent("hotline", "PJSIP/101")
    exchange.add_agent("storm", "PJSIP/101")
    exchange.pause("hotline", "PJSIP/101", "обед")
    board = board_of(exchange)
    assert [agent.state for agent in board.snapshot().agents] == [AgentState.FREE]
    assert [queue.free for queue in board.snapshot().queues] == [0, 1]
    exchange.told.clear()
    exchange.pause("storm", "PJSIP/101", "обед")
    feed(board, exchange.told)
    (agent,) = board.snapshot().agents
    assert (agent.state, agent.pause_reason, agent.queues) == (AgentState.PAUSED, "обед", ("hotline", "storm"))


def test_a_late_word_of_an_agent_who_has_left_does_not_bring_him_back() -> None:
    exchange = Exchange()
    exchange.add_agent("hotline", "PJSIP/101")
    late = ev.MemberChanged(exchange.now, replace(exchange.members["hotline", "PJSIP/101"], status=2))
    exchange.tick()
    exchange.remove_agent("hotline", "PJSIP/101")
    board = board_of(Exchange())
    feed(board, [*exchange.told, late])
    assert board.snapshot().agents == ()


def test_a_clock_set_back_by_an_hour_does_not_deafen_the_board() -> None:
    exchange = Exchange()
    exchange.tick(3600)
    exchange.add_agent("hotline", "PJSIP/101")
    board = board_of(Exchange())
    feed(board, exchange.told)
    exchange.told.clear()
    exchange.tick(-3600)
    exchange.pause("hotline", "PJSIP/101")
    feed(board, exchange.told)
    assert [agent.state for agent in board.snapshot().agents] == [AgentState.PAUSED]


def test_a_count_that_differs_asks_for_a_re_read() -> None:
    exchange = Exchange()
    board = board_of(exchange)
    exchange.join(exchange.arrive(), "hotline")
    exchange.told.clear()  # missed
    exchange.join(exchange.arrive(), "hotline")
    assert [change.suspect for change in feed(board, exchange.told)] == [False, True]


def test_after_a_restart_old_calls_end_as_unknown_and_an_id_given_again_is_another_call() -> None:
    exchange = Exchange()
    uniqueid = exchange.arrive()
    board = board_of(exchange)
    anew = Exchange(boot="2026-11-22T06:00:00")
    assert anew.arrive() == uniqueid
    change = board.rebuild(anew.snapshot())
    (ended,) = change.ended
    assert (ended.call.key, ended.cause) == (CallKey("node1", exchange.boot, uniqueid), None)
    (call,) = board.snapshot().calls
    assert call.key == CallKey("node1", anew.boot, uniqueid)
    assert board.call(ended.call.key) is None
    assert {ended.call.key, call.key} <= change.calls


def test_a_recording_is_shown_while_it_runs_and_across_a_re_read() -> None:
    exchange = Exchange()
    uniqueid = exchange.arrive()
    board = board_of(exchange)
    channel = exchange.calls[uniqueid].channel
    key = CallKey("node1", exchange.boot, uniqueid)
    assert board.apply(ev.RecordingStarted(START, channel)).calls == {key}
    board.rebuild(exchange.snapshot())
    assert [call.recording for call in board.snapshot().calls] == [True]
    board.apply(ev.RecordingStopped(START, channel))
    assert [call.recording for call in board.snapshot().calls] == [False]


def test_the_estimate_is_measured_honest_and_never_nothing() -> None:
    exchange = Exchange()
    for agent in AGENTS[:2]:
        exchange.add_agent("hotline", agent)
    board = board_of(exchange)
    assert board.estimate_wait_s("hotline", 1) is None, "nothing measured yet"
    for _ in range(6):
        exchange.told.clear()
        exchange.join(exchange.arrive(), "hotline")
        caller = exchange.answer("PJSIP/101", "hotline", rang_s=10)
        exchange.tick(200)
        exchange.finish(caller)
        exchange.hang_up(caller)
        feed(board, exchange.told)
    assert board.estimate_wait_s("hotline", 4) == pytest.approx(4 * 210 / 2)
    assert board.estimate_wait_s("hotline", 1) == pytest.approx(105)
    assert board.estimate_wait_s("storm", 1) is None
    exchange.told.clear()
    exchange.add_agent("storm", "PJSIP/102")
    exchange.join(exchange.arrive(), "storm")
    feed(board, exchange.told)
    assert board.estimate_wait_s("hotline", 4) == pytest.approx(4 * 210 / 1.5), "102 serves the storm as well"
    exchange.told.clear()
    for queue, agent in list(exchange.members):
        exchange.pause(queue, agent)
    feed(board, exchange.told)
    assert board.estimate_wait_s("hotline", 1) is None, "nobody is there"


def test_short_talks_still_make_a_minute_and_asterisks_mean_serves_at_first() -> None:
    exchange = Exchange()
    exchange.add_agent("hotline", "PJSIP/101")
    board = Board("node1")
    facts = exchange.snapshot().queues
    board.rebuild(replace(exchange.snapshot(), queues=(replace(facts[0], mean_talk_s=7, completed=9), facts[1])))
    assert board.estimate_wait_s("hotline", 1) == 60.0
    assert board.estimate_wait_s("hotline", 20) == pytest.approx(140)
    assert board.estimate_wait_s("hotline", 0) is None


def _without_times(view: BoardView) -> object:
    """A re-read gives times in whole seconds of its own clock; the rest must be the same."""
    calls = {replace(call, since=START, waiting_since=None) for call in view.calls}
    return calls, view.agents, tuple(replace(queue, longest_since=None) for queue in view.queues)


def _differing(before: BoardView, after: BoardView) -> set[object]:
    def keyed(view: BoardView) -> dict[object, object]:
        return {
            **{call.key: call for call in view.calls},
            **{agent.agent: agent for agent in view.agents},
            **{queue.queue: queue for queue in view.queues},
        }

    old, new = keyed(before), keyed(after)
    return {key for key in {*old, *new} if old.get(key) != new.get(key)}
