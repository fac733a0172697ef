"""Why an agent's telephone stopped ringing without an answer: what SIP does not say, the caller's own leg shows."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum

from gridline.clock import happens
from ivr.desk import devices
from ivr.telephony import events as ev
from ivr.telephony.events import Event

SETTLED_S = 1.0
"""Asterisk ends the ringing leg first, the leg of a caller who hung up within milliseconds after it."""
_KEPT = 1000


class RingEnd(StrEnum):
    """Why it rings no more."""

    CALLER = "caller"
    """The caller hung up."""
    ELSEWHERE = "elsewhere"
    """Another telephone was answered."""
    UNANSWERED = "unanswered"
    """It rang for as long as it may; the caller is still there."""


@dataclass(slots=True)
class _Ring:
    interface: str
    caller: str
    """The linked id, which is the id of the caller's leg."""
    caller_gone: asyncio.Event = field(default_factory=asyncio.Event)
    caller_talks: bool = False


class Rings:
    """Follows the legs that ring at agents' telephones."""

    def __init__(self) -> None:
        self._ringing: dict[str, _Ring] = {}
        self._ended: OrderedDict[str, _Ring] = OrderedDict()
        """Interface -> its last ring that nobody answered."""

    def rebuild(self, there: Collection[str]) -> None:
        """Forget the rings of channels (unique ids) whose end was not seen."""
        self._ringing = {uniqueid: ring for uniqueid, ring in self._ringing.items() if uniqueid in there}

    def on_event(self, event: Event) -> None:
        """Take an event of Asterisk in; quick."""
        match event:
            case ev.ChannelSeen(channel=channel):
                if channel.uniqueid != channel.linkedid and devices.is_agents(channel.device):
                    self._ringing.setdefault(channel.uniqueid, _Ring(channel.device, channel.linkedid))
            case ev.BridgeEntered(channel=channel):
                self._ringing.pop(channel.uniqueid, None)
                self._of_caller(channel.uniqueid, talks=True)
            case ev.BridgeLeft(channel=channel):
                self._of_caller(channel.uniqueid, talks=False)
            case ev.ChannelHungUp(channel=channel):
                ring = self._ringing.pop(channel.uniqueid, None)
                if ring is not None:
                    self._keep(ring)
                for one in (*self._ringing.values(), *self._ended.values()):
                    if one.caller == channel.uniqueid:
                        one.caller_gone.set()

    async def why_ended(self, interface: str) -> RingEnd | None:
        """Why the last ring of this telephone ended, or None when it was none that is remembered."""
        ring = self._ended.get(interface)
        if ring is None:
            return None
        if ring.caller_talks:
            return RingEnd.ELSEWHERE
        await happens(ring.caller_gone, within_s=SETTLED_S)
        if ring.caller_gone.is_set():
            return RingEnd.CALLER
        return RingEnd.ELSEWHERE if ring.caller_talks else RingEnd.UNANSWERED

    def _of_caller(self, uniqueid: str, *, talks: bool) -> None:
        for one in (*self._ringing.values(), *self._ended.values()):
            if one.caller == uniqueid:
                one.caller_talks = talks

    def _keep(self, ring: _Ring) -> None:
        self._ended.pop(ring.interface, None)
        self._ended[ring.interface] = ring
        if len(self._ended) > _KEPT:
            self._ended.popitem(last=False)
