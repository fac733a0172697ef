"""Keeps identity papers out of a recording: silence is written while they are dictated, for a minute at the longest.

MixMonitor goes on and both its directions are muted, so that the file keeps its time and the talk is one recording.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from gridline.clock import Clock, happens
from gridline.errors import Conflict, Unavailable
from ivr.desk.ledger import Who
from ivr.desk.models import Deed
from ivr.live.board import Board
from ivr.live.view import CallKey
from ivr.telephony import events as ev
from ivr.telephony.ami import Ami, AmiActionFailed
from ivr.telephony.events import Event

LONGEST = timedelta(seconds=60)

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Pause:
    who: Who
    key: CallKey
    """The channel of the person outside: its recorder writes both sides."""
    linkedid: str
    """Of the call."""
    since: datetime
    until: datetime


class RecordingPause:
    """At most one pause an agent. `remember(who, deed, linkedid, seconds)` stores each, `on_change(agent)` shows it."""

    def __init__(
        self,
        ami: Ami,
        board: Board,
        clock: Clock,
        remember: Callable[[Who, Deed, str, int | None], None],
        on_change: Callable[[str], None],
        *,
        is_parked: Callable[[str], bool],
        longest: timedelta = LONGEST,
    ) -> None:
        self._ami = ami
        self._board = board
        self._clock = clock
        self._remember = remember
        self._on_change = on_change
        self._is_parked = is_parked
        self._longest = longest
        self._pauses: dict[str, _Pause] = {}
        self._news = asyncio.Event()
        self._lifted_all = False

    def until(self, agent: str) -> datetime | None:
        """When the recording of their talk goes on by itself; None while it is not paused."""
        pause = self._pauses.get(agent)
        return pause.until if pause is not None else None

    async def pause(self, who: Who, interface: str) -> datetime:
        """Write silence from now on; until when. Asked again, the time begins anew.

        Raises Conflict when nothing is being recorded, Unavailable when Asterisk cannot be told.
        """
        talks = self._board.outside(interface)
        if not talks:
            raise Conflict("Сейчас нет разговора с абонентом.")
        (key, *_) = talks
        try:
            await self._mute(key.linkedid, True)
        except AmiActionFailed as error:
            raise Conflict("Этот разговор не записывается.") from error
        if not self._board.has_leg(key):  # hung up while Asterisk was asked: nothing would end this pause
            raise Conflict("Сейчас нет разговора с абонентом.")
        now = self._clock.now()
        known = self._pauses.get(who.agent)
        since = known.since if known is not None and known.key == key else now
        linkedid = self._board.call_of(key)
        self._pauses[who.agent] = _Pause(who, key, linkedid, since, now + self._longest)
        if since == now:
            self._remember(who, Deed.RECORDING_PAUSED, linkedid, None)
        self._changed(who.agent)
        return now + self._longest

    async def resume(self, agent: str) -> None:
        """Record again; nothing happens where nothing is paused. Raises Unavailable when Asterisk cannot be told."""
        pause = self._pauses.get(agent)
        if pause is not None:
            with contextlib.suppress(AmiActionFailed):  # hung up meanwhile
                await self._mute(pause.key.linkedid, False)
            self._forget(agent, pause)

    def on_event(self, event: Event) -> None:
        """A pause ends with its call, and with a transfer; after a reload it goes on in the new recording."""
        match event:
            case ev.ChannelHungUp(channel=channel):
                self._over(channel.uniqueid)
            case ev.RecordingStarted(channel=channel):
                for agent, pause in list(self._pauses.items()):
                    if pause.key.linkedid == channel.uniqueid and not self._is_parked(agent):
                        self._forget(agent, pause)
                self._news.set()

    def rebuild(self) -> None:
        """After a re-read: pauses of calls that are gone end. What a process before this one left paused is lifted."""
        for pause in list(self._pauses.values()):
            if not self._board.has_leg(pause.key):
                self._over(pause.key.linkedid)
        if not self._lifted_all:
            self._news.set()

    async def run(self) -> None:
        """Until cancelled: let recordings go on in time."""
        while True:
            await happens(self._news, within_s=self._next_s())
            self._news.clear()
            try:
                await self._catch_up()
            except Unavailable as error:
                log.warning("recording-pause-not-told", reason=error.message)
                await asyncio.sleep(1)
                self._news.set()

    async def _catch_up(self) -> None:
        now = self._clock.now()
        for agent, pause in list(self._pauses.items()):
            if now >= pause.until:
                await self.resume(agent)
            elif self._is_parked(agent):
                with contextlib.suppress(AmiActionFailed):
                    await self._mute(pause.key.linkedid, True)
        if not self._lifted_all:
            paused = {pause.key for pause in self._pauses.values()}
            for key in self._board.talking():
                if key not in paused:
                    with contextlib.suppress(AmiActionFailed):  # not recorded
                        await self._mute(key.linkedid, False)
            self._lifted_all = True

    def _next_s(self) -> float | None:
        ends = [pause.until for pause in self._pauses.values()]
        return max(0.05, (min(ends) - self._clock.now()).total_seconds()) if ends else None

    def _over(self, channel: str) -> None:
        for agent, pause in list(self._pauses.items()):
            if pause.key.linkedid == channel:
                self._forget(agent, pause)

    def _forget(self, agent: str, pause: _Pause) -> None:
        if self._pauses.get(agent) is pause:
            del self._pauses[agent]
            seconds = int((self._clock.now() - pause.since).total_seconds())
            self._remember(pause.who, Deed.RECORDING_RESUMED, pause.linkedid, seconds)
            self._changed(agent)

    def _changed(self, agent: str) -> None:
        self._on_change(agent)
        self._news.set()

    async def _mute(self, channel: str, mute: bool) -> None:
        await self._ami.action("MixMonitorMute", Channel=channel, Direction="both", State="1" if mute else "0")
