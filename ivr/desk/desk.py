"""Agents at work: holds every shift, tells app_queue of it over AMI, remembers each change.

app_queue does the queueing; what it is told is always derived from the shifts, so that after a restart of Asterisk
or of this process the same is told again and nobody is stuck in a state that no one holds.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from gridline.clock import Clock
from gridline.db import Database
from gridline.errors import Conflict, InvalidInput, NotFound, Unavailable
from ivr.desk import devices, membership
from ivr.desk.ledger import Ledger, Who
from ivr.desk.reach import Reach
from ivr.desk.shift import MISSED, UNREACHABLE, WRAP_UP, Shift, State
from ivr.desk.talks import Ended, Talks
from ivr.live.board import Board
from ivr.live.view import Changes
from ivr.telephony.ami import Ami, AmiActionFailed
from ivr.telephony.events import AgentConnected, AgentDidNotAnswer, Event
from ivr.telephony.state import Snapshot

RETELL_S = 15.0
"""How often app_queue is told everything again, whatever happened meanwhile."""

log = structlog.get_logger(__name__)


class Desk:
    """Shifts of one node. `on_change(agent)` is told of every change; it must be quick."""

    def __init__(
        self,
        ami: Ami,
        db: Database,
        clock: Clock,
        board: Board,
        on_change: Callable[[str], None],
        *,
        is_parked: Callable[[str], bool],
        wrap_up: timedelta = WRAP_UP,
    ) -> None:
        self._ami = ami
        self._clock = clock
        self._board = board
        self._on_change = on_change
        self._is_parked = is_parked
        self._wrap_up = wrap_up
        self._shifts: dict[str, Shift] = {}
        self._talks = Talks(board)
        self._reach = Reach(board)
        self._untold: set[str] = set()
        self._ledger = Ledger(db)
        self._wake = asyncio.Event()
        self._recalled = False
        self._retold_at = clock.monotonic()

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
        phone: devices.Phone = devices.Phone.BROWSER,
    ) -> Shift:
        """Begin a shift, paused until he says that he is ready; or choose other queues, or the other telephone.

        Raises Conflict when somebody else sits there.
        """
        if not queues:
            raise InvalidInput("Выберите хотя бы одну очередь.")
        sits = self._shifts.get(agent)
        if sits is not None and sits.user_id != user_id:
            raise Conflict(f"На номере {agent} уже работает {sits.name}.")
        now = self._clock.now()
        shift = Shift(agent, user_id, name, company_id, tuple(sorted(queues)), State.PAUSED, "", now, phone=phone)
        if sits is None:
            self._note(shift, "signed-on", detail=phone.value)
        else:
            shift = replace(sits, queues=shift.queues, phone=phone, name=name)
        self._keep(shift)
        if sits is not None:
            left = set(sits.queues) - (set(queues) if sits.phone is phone else set())
            await membership.leave(self._ami, sits.interface, left)
        await self._tell(shift)
        return shift

    async def ready(self, agent: str) -> Shift:
        """He takes calls. Raises NotFound, Unavailable when Asterisk cannot be told."""
        shift = self._of(agent)
        self._note(shift, "ready", seconds=self._lasted(shift), detail=shift.reason or shift.state.value)
        return await self._change(shift.ready(self._clock.now()))

    async def pause(self, agent: str, reason: str) -> Shift:
        """He takes no calls. Raises InvalidInput for a reason that is not on the list."""
        shift = self._of(agent)
        paused = shift.pause(reason, self._clock.now())
        self._note(shift, "paused", seconds=self._lasted(shift), detail=reason)
        return await self._change(paused)

    async def sign_off(self, agent: str) -> None:
        """End the shift; a talk that is under way goes on."""
        shift = self._of(agent)
        self._note(shift, "signed-off", seconds=self._lasted(shift))
        del self._shifts[agent]
        self._on_change(agent)
        self._wake.set()
        await membership.leave(self._ami, shift.interface, shift.queues)

    async def hang_up(self, agent: str) -> None:
        """End the calls of his desk phone. Raises Conflict when it is in none, Unavailable."""
        channels = f"/^PJSIP\\/{agent}-[0-9a-f]{{8}}$/"
        try:
            await self._ami.action("Hangup", Channel=channels, Cause="16")
        except AmiActionFailed as error:
            raise Conflict("На настольном аппарате нет разговора.") from error

    def remember(self, who: Who, kind: str, linkedid: str, seconds: int | None) -> None:
        """Keep an event of an agent that is none of his shift's, whether he is on shift or not."""
        self._ledger.note(who, self._clock.now(), kind, linkedid=linkedid, seconds=seconds)
        self._wake.set()

    def on_changes(self, changes: Changes) -> None:
        """Something is different on the board: a desk phone rings, a telephone has come or gone."""
        for interface in changes.agents:
            shift = self._by_interface(interface)
            if shift is not None and shift.interface == interface:
                self._wake.set()
                if shift.phone is devices.Phone.DESK:
                    self._on_change(shift.agent)

    def rebuild(self, snapshot: Snapshot) -> None:
        """Take Asterisk's state, after the board: talks that ended unseen."""
        for ended in self._talks.rebuild(snapshot):
            self._talk_ended(ended)

    def on_event(self, event: Event) -> None:
        """Take an event of Asterisk in; quick, never raises for agents who are not on shift here."""
        ended = self._talks.apply(event)
        if ended is not None:
            self._talk_ended(ended)
        match event:
            case AgentConnected():
                shift = self._by_interface(event.agent)
                if shift is not None:
                    self._note(shift, "answered", event.queue, event.channel.linkedid, event.rang_s)
            case AgentDidNotAnswer():
                shift = self._by_interface(event.agent)
                if shift is not None and shift.takes_calls:
                    self._note(shift, "missed", event.queue, event.channel.linkedid, detail=MISSED)
                    self._keep(shift.missed(self._clock.now()))

    async def recall(self) -> None:
        """Take up the shifts of before a restart; once, for later the ledger is behind what is held here."""
        if self._recalled:
            return
        for shift in await self._ledger.remembered():
            if shift.agent not in self._shifts:
                self._keep(shift)
        self._recalled = True

    async def write(self) -> None:
        """Store the shifts and what happened in them; tried again later while the database is away."""
        await self._ledger.write(self.shifts())

    async def run(self) -> None:
        """Until cancelled: tell app_queue, write what happened, end wrap-ups in time."""
        await self.recall()
        while True:
            self._wake.clear()  # before looking: what is told while Asterisk and the database answer is looked at next
            now = self._clock.now()
            for shift in self.shifts():
                if shift.due(now):
                    self._note(shift, "ready", seconds=self._lasted(shift), detail=shift.state.value)
                    self._keep(shift.ready(now))
            self._look_for_telephones(now)
            if self._clock.monotonic() - self._retold_at >= RETELL_S:
                self._retold_at = self._clock.monotonic()
                self._untold |= set(self._shifts)  # a queue that forgot (Asterisk restarted) hears it again
            await self._tell_untold()
            await self.write()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._pause_s()):
                    await self._wake.wait()

    def _talk_ended(self, ended: Ended) -> None:
        shift = self._shifts.get(ended.agent)
        if shift is None:
            return
        self._note(shift, "completed", ended.queue, ended.linkedid, ended.seconds)
        if not self._is_parked(ended.agent):  # his caller is about to come back
            self._keep(shift.talk_ended(self._clock.now(), self._wrap_up))

    def _look_for_telephones(self, now: datetime) -> None:
        """Whoever is ready at a telephone that is gone is paused, and ready again when it is back (fault F36)."""
        told = self._ami.connected  # else the board is out of date
        here = [shift for shift in self.shifts() if told and not self._is_parked(shift.agent)]
        for shift in self._reach.lost(here, now):
            self._note(shift, "paused", seconds=self._lasted(shift), detail=UNREACHABLE)
            self._keep(shift.unreachable(now))
        for shift in self._reach.back(here):
            self._note(shift, "ready", seconds=self._lasted(shift), detail=UNREACHABLE)
            self._keep(shift.ready(now))

    async def _change(self, shift: Shift) -> Shift:
        self._keep(shift)
        await self._tell(shift)
        return shift

    async def _tell(self, shift: Shift) -> None:
        if self._is_parked(shift.agent):  # his own caller comes first; told when he is there
            return
        member = self._board.agent(shift.interface)
        await membership.tell(self._ami, shift, member.queues if member is not None else ())
        self._untold.discard(shift.agent)

    def _keep(self, shift: Shift) -> None:
        self._shifts[shift.agent] = shift
        self._untold.add(shift.agent)
        self._on_change(shift.agent)
        self._wake.set()

    async def _tell_untold(self) -> None:
        for agent in sorted(self._untold):
            shift = self._shifts.get(agent)
            if shift is None:
                self._untold.discard(agent)
                continue
            try:
                await self._tell(shift)
            except Unavailable as error:
                log.warning("queue-not-told", agent=agent, reason=error.message)
                return

    def _note(
        self, shift: Shift, kind: str, queue: str = "", linkedid: str = "", seconds: int | None = None, detail: str = ""
    ) -> None:
        self._ledger.note(shift, self._clock.now(), kind, queue, linkedid, seconds, detail)
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
        ends: list[datetime] = [shift.until for shift in self._shifts.values() if shift.until is not None]
        if (look := self._reach.next_look()) is not None:
            ends.append(look)
        retell_s = self._retold_at + RETELL_S - self._clock.monotonic()
        first_s = (min(ends) - self._clock.now()).total_seconds() if ends else retell_s
        return max(0.1, min(retell_s, first_s))
