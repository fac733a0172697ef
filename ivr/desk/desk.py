"""Agents at work: holds every shift, tells app_queue of it over AMI, remembers each change.

app_queue does the queueing; what it is told always follows from the shifts, so that after a restart of Asterisk or of
this process the same is told again. Whoever has not signed on is a member of no queue, and so is not rung.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from gridline.clock import Clock, happens
from gridline.db import Database
from gridline.errors import Conflict, InvalidInput, NotFound, Unavailable
from ivr.desk import devices
from ivr.desk.ledger import Ledger, Who
from ivr.desk.members import Members
from ivr.desk.models import Deed
from ivr.desk.reach import Reach
from ivr.desk.rings import RingEnd, Rings
from ivr.desk.shift import MISSED, UNREACHABLE, WRAP_UP, Shift, ShiftState
from ivr.desk.talks import Ended, Talks
from ivr.live.board import Board
from ivr.live.view import Changes
from ivr.telephony import events as ev
from ivr.telephony.ami import Ami, AmiActionFailed
from ivr.telephony.events import Event
from ivr.telephony.state import Snapshot

REPEAT_S = 15.0
"""How often app_queue is told everything again, whatever happened meanwhile."""

log = structlog.get_logger(__name__)


class Desk:
    """Shifts of one node. `on_change(agent)` is called after every change and must be quick.

    `is_parked(agent)`: whether a caller of theirs waits for their page to be loaded again. `ring_desk_phones`: the
    setting of that name, for companies whose agents do not sign on.
    """

    def __init__(
        self,
        ami: Ami,
        db: Database,
        clock: Clock,
        board: Board,
        on_change: Callable[[str], None],
        *,
        is_parked: Callable[[str], bool],
        ring_desk_phones: bool = False,
        wrap_up: timedelta = WRAP_UP,
    ) -> None:
        self._ami = ami
        self._clock = clock
        self._board = board
        self._on_change = on_change
        self._is_parked = is_parked
        self._wrap_up = wrap_up
        self._shifts: dict[str, Shift] = {}
        self._recalled = False
        self._talks = Talks(board)
        self._rings = Rings()
        self._reach = Reach(board)
        self._members = Members(ami, board, self._shifts, is_parked=is_parked, ring_desk_phones=ring_desk_phones)
        self._ledger = Ledger(db)
        self._wake = asyncio.Event()
        self._repeated_at = clock.monotonic()
        self._boot = ""

    def shifts(self) -> tuple[Shift, ...]:
        """Everybody on shift, by number."""
        return tuple(self._shifts[agent] for agent in sorted(self._shifts))

    def shift(self, agent: str) -> Shift | None:
        """One agent's shift, or None."""
        return self._shifts.get(agent)

    async def sign_on(
        self,
        agent: str,
        *,
        user_id: str,
        name: str,
        company_id: str,
        queues: Sequence[str],
        phone: devices.DeviceKind = devices.DeviceKind.BROWSER,
    ) -> Shift:
        """Begin a shift, paused until the agent says that they are ready; or change its queues or its telephone.

        Raises Conflict when somebody else is on shift at this number, InvalidInput without any queue, Unavailable when
        Asterisk cannot be told (the shift has begun all the same; it is told later).
        """
        if not queues:
            raise InvalidInput("Выберите хотя бы одну очередь.")
        before = self._shifts.get(agent)
        if before is not None and before.user_id != user_id:
            raise Conflict(f"На номере {agent} уже работает {before.name}.")
        now = self._clock.now()
        shift = Shift(agent, user_id, name, company_id, tuple(sorted(queues)), ShiftState.PAUSED, "", now, phone=phone)
        if before is None:
            self._note(shift, Deed.SIGNED_ON, detail=phone.value)
        else:
            shift = replace(before, queues=shift.queues, phone=phone, name=name)
        return await self._change(shift)

    async def ready(self, agent: str) -> Shift:
        """The agent takes calls. Raises NotFound without a shift, Unavailable when Asterisk cannot be told."""
        shift = self._of(agent)
        self._note(shift, Deed.READY, seconds=self._lasted(shift), detail=shift.reason or shift.state.value)
        return await self._change(shift.ready(self._clock.now()))

    async def pause(self, agent: str, reason: str) -> Shift:
        """The agent takes no calls. Raises InvalidInput for a reason that is not on the list, NotFound, Unavailable."""
        shift = self._of(agent)
        paused = shift.pause(reason, self._clock.now())
        self._note(shift, Deed.PAUSED, seconds=self._lasted(shift), detail=reason)
        return await self._change(paused)

    async def sign_off(self, agent: str) -> None:
        """End the shift; a talk under way goes on. Raises NotFound without a shift, Unavailable."""
        self._end(self._of(agent))
        await self._members.tell(agent)

    async def dismiss(self, agent: str) -> None:
        """End the shift of somebody who may not work here any more; nothing happens where there is none."""
        shift = self._shifts.get(agent)
        if shift is None:
            return
        self._end(shift)
        await self._members.tell_due()

    async def why_ring_ended(self, agent: str) -> RingEnd | None:
        """Why the agent's browser rings no more though it was not answered; None where nothing is known of it."""
        return await self._rings.why_ended(devices.browser(agent))

    async def hang_up(self, agent: str) -> None:
        """End the calls of the agent's desk phone. Raises Conflict when it is in none, Unavailable."""
        channels = f"/^PJSIP\\/{agent}-[0-9a-f]{{8}}$/"
        try:
            await self._ami.action("Hangup", Channel=channels, Cause="16")
        except AmiActionFailed as error:
            raise Conflict("На настольном аппарате нет разговора.") from error

    def remember(self, who: Who, kind: Deed, linkedid: str, seconds: int | None) -> None:
        """Keep an event of an agent that changes no shift, whether the agent is on shift or not."""
        self._ledger.note(who, self._clock.now(), kind, linkedid=linkedid, seconds=seconds)
        self._wake.set()

    def tell_again(self, agent: str) -> None:
        """Have app_queue told of this agent soon: something that it was told meanwhile is over."""
        self._members.changed(agent)
        self._wake.set()

    def on_changes(self, changes: Changes) -> None:
        """Take the board's changes: a desk phone rings, a telephone has come or gone."""
        for interface in changes.agents:
            shift = self._by_interface(interface)
            if shift is not None and shift.interface == interface:
                self._wake.set()
                if shift.phone is devices.DeviceKind.DESK:
                    self._on_change(shift.agent)

    def rebuild(self, snapshot: Snapshot) -> None:
        """Take Asterisk's state, after the board: talks that ended unseen, an Asterisk that knows nobody yet."""
        for ended in self._talks.rebuild(snapshot):
            self._talk_ended(ended)
        self._rings.rebuild({live.channel.uniqueid for live in snapshot.channels})
        if snapshot.boot != self._boot:
            self._boot = snapshot.boot
            self._members.forgotten()
            self._wake.set()

    def on_event(self, event: Event) -> None:
        """Take an event of Asterisk in, after the board; quick, and ignores agents who are not on shift here."""
        self._rings.on_event(event)
        ended = self._talks.apply(event)
        if ended is not None:
            self._talk_ended(ended)
        match event:
            case ev.AgentConnected():
                shift = self._by_interface(event.agent)
                if shift is not None:
                    self._note(shift, Deed.ANSWERED, event.queue, event.channel.linkedid, seconds=event.rang_s)
            case ev.AgentDidNotAnswer():
                shift = self._by_interface(event.agent)
                if shift is not None and shift.takes_calls:
                    self._note(shift, Deed.MISSED, event.queue, event.channel.linkedid, detail=MISSED)
                    self._keep(shift.missed(self._clock.now()))
            case ev.ChannelSeen(channel=channel) | ev.ChannelHungUp(channel=channel):
                shift = self._by_interface(channel.device)
                if shift is not None and shift.interface != channel.device:  # their other telephone is busy, or free
                    self.tell_again(shift.agent)

    async def recall(self) -> None:
        """Take up the shifts of before a restart; tried again until the database answers."""
        if self._recalled:
            return
        try:
            remembered = await self._ledger.remembered()
        except Unavailable as error:
            log.error("shifts-not-recalled", reason=error.message)
            return
        self._recalled = True
        for shift in remembered:
            if shift.agent not in self._shifts:
                self._keep(shift)

    async def write(self) -> None:
        """Store the shifts and what happened in them; tried again later while the database is away."""
        await self.recall()  # else the shifts of before a restart would be taken for ended ones
        if self._recalled:
            await self._ledger.write(self.shifts())

    async def run(self) -> None:
        """Until cancelled: tell app_queue, write what happened, end wrap-ups in time."""
        await self.recall()
        while True:
            self._wake.clear()  # before looking: what comes while Asterisk and the database answer is looked at next
            self._end_wrap_ups(self._clock.now())
            self._look_for_telephones(self._clock.now())
            if self._clock.monotonic() - self._repeated_at >= REPEAT_S:
                self._repeated_at = self._clock.monotonic()
                self._members.repeat(strangers=self._recalled)
            await self._members.tell_due()
            await self.write()
            await happens(self._wake, within_s=self._pause_s())

    def _end_wrap_ups(self, now: datetime) -> None:
        for shift in self.shifts():
            if shift.due(now):
                self._note(shift, Deed.READY, seconds=self._lasted(shift), detail=shift.state.value)
                self._keep(shift.ready(now))

    def _talk_ended(self, ended: Ended) -> None:
        shift = self._shifts.get(ended.agent)
        if shift is None:
            return
        self._note(shift, Deed.COMPLETED, ended.queue, ended.linkedid, seconds=ended.seconds)
        if not self._is_parked(ended.agent):  # their caller is about to come back
            self._keep(shift.talk_ended(self._clock.now(), self._wrap_up))

    def _look_for_telephones(self, now: datetime) -> None:
        """Whoever is ready at a telephone that is gone is paused, and ready again when it is back (fault F36)."""
        seen = self._ami.connected  # else the board is out of date
        here = [shift for shift in self.shifts() if seen and not self._is_parked(shift.agent)]
        for shift in self._reach.lost(here, now):
            self._note(shift, Deed.PAUSED, seconds=self._lasted(shift), detail=UNREACHABLE)
            self._keep(shift.unreachable(now))
        for shift in self._reach.back(here):
            self._note(shift, Deed.READY, seconds=self._lasted(shift), detail=UNREACHABLE)
            self._keep(shift.ready(now))

    async def _change(self, shift: Shift) -> Shift:
        self._keep(shift)
        await self._members.tell(shift.agent)
        return shift

    def _keep(self, shift: Shift) -> None:
        self._shifts[shift.agent] = shift
        self._on_change(shift.agent)
        self.tell_again(shift.agent)

    def _end(self, shift: Shift) -> None:
        self._note(shift, Deed.SIGNED_OFF, seconds=self._lasted(shift))
        del self._shifts[shift.agent]
        self._on_change(shift.agent)
        self.tell_again(shift.agent)

    def _note(
        self, to: Shift, deed: Deed, queue: str = "", linkedid: str = "", seconds: int | None = None, detail: str = ""
    ) -> None:
        self._ledger.note(to, self._clock.now(), deed, queue, linkedid, seconds, detail)
        self._wake.set()

    def _lasted(self, shift: Shift) -> int:
        return int((self._clock.now() - shift.since).total_seconds())

    def _of(self, agent: str) -> Shift:
        shift = self._shifts.get(agent)
        if shift is None:
            raise NotFound("Смена не начата: выберите очереди и выйдите на линию.")
        return shift

    def _by_interface(self, interface: str) -> Shift | None:
        return self._shifts.get(devices.agent_of(interface))

    def _pause_s(self) -> float:
        """Until the next wrap-up ends, the next telephone is to be looked at, or everything is told again."""
        ends: list[datetime] = [shift.until for shift in self._shifts.values() if shift.until is not None]
        if (look := self._reach.next_look()) is not None:
            ends.append(look)
        repeat_s = self._repeated_at + REPEAT_S - self._clock.monotonic()
        first_s = (min(ends) - self._clock.now()).total_seconds() if ends else repeat_s
        return max(0.1, min(repeat_s, first_s))
