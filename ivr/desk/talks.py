"""Agents' talks with callers as the bridges show them, from a queue, by transfer or resumed after a reload alike.

app_queue tells the end of its own talks only; a leg that leaves its bridge for good is the end of any.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ivr.desk import devices
from ivr.live.board import Board
from ivr.telephony import events as ev
from ivr.telephony.events import Event
from ivr.telephony.state import Snapshot


@dataclass(slots=True)
class _Talk:
    agent: str
    interface: str
    since: datetime
    caller: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """A talk of an agent with a caller is over."""

    agent: str
    linkedid: str
    """The caller's."""
    queue: str
    """The one they were answered from; "" after a transfer or a reload."""
    seconds: int


class Talks:
    """Every talk under way. To be told of an event after the board."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._talks: dict[str, _Talk] = {}
        self._answered: dict[str, tuple[str, str]] = {}
        """Interface -> caller and queue of the call it took last from a queue."""

    def apply(self, event: Event) -> Ended | None:
        """Take an event in; the talk it ended."""
        match event:
            case ev.AgentConnected(channel=caller):
                self._answered[event.agent] = (caller.uniqueid, event.queue)
            case ev.BridgeEntered(channel=channel):
                # The leg of whoever was called; an agent who calls is in no talk with a caller of ours.
                if channel.uniqueid != channel.linkedid and devices.is_agents(channel.device):
                    talk = _Talk(devices.agent_of(channel.device), channel.device, event.at)
                    self._talks.setdefault(channel.uniqueid, talk)
                self._find_callers()
            case ev.ChannelHungUp(channel=channel):
                return self._end(channel.uniqueid, event.at)
        return None

    def rebuild(self, snapshot: Snapshot) -> list[Ended]:
        """Take Asterisk's state; the talks that ended unseen."""
        live = {one.channel.uniqueid: one for one in snapshot.channels}
        ended = [self._end(uniqueid, snapshot.at) for uniqueid in list(self._talks) if uniqueid not in live]
        for uniqueid, one in live.items():
            device = one.channel.device
            if one.bridge and uniqueid != one.channel.linkedid and devices.is_agents(device):
                self._talks.setdefault(uniqueid, _Talk(devices.agent_of(device), device, one.since))
        self._find_callers()
        return [talk for talk in ended if talk is not None]

    def _find_callers(self) -> None:
        """A caller may come into the bridge after the agent: at a transfer that was asked for first."""
        for talk in self._talks.values():
            for key in self._board.partners(talk.interface):
                if self._board.call(key) is not None:
                    talk.caller = key.linkedid

    def _end(self, uniqueid: str, at: datetime) -> Ended | None:
        talk = self._talks.pop(uniqueid, None)
        if talk is None or not talk.caller:
            return None
        caller, queue = self._answered.get(talk.interface, ("", ""))
        if caller == talk.caller:
            del self._answered[talk.interface]
        else:
            queue = ""
        return Ended(talk.agent, talk.caller, queue, max(0, int((at - talk.since).total_seconds())))
