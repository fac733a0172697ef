"""Agents at work: holds every shift, tells app_queue of it over AMI, remembers each change.

app_queue does the queueing; what it is told is always derived from the shifts, so that after a restart of Asterisk
or of this process the same is told again and nobody is stuck in a state that no one holds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog

from gridline.clock import Clock
from gridline.db import Database
from gridline.errors import Conflict, InvalidInput, NotFound, Unavailable
from ivr.desk import devices, membership
from ivr.desk.ledger import Ledger
from ivr.desk.shift import MISSED, WRAP_UP, Shift, State
from ivr.telephony.ami import Ami
from ivr.telephony.events import AgentCompleted, AgentConnected, AgentDidNotAnswer, Event

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
        on_change: Callable[[str], None],
        *,
        wrap_up: timedelta = WRAP_UP,
    ) -> None:
        self._ami = ami
        self._clock = clock
        self._on_change = on_change
        self._wrap_up = wrap_up
        self._shifts: dict[str, Shift] = {}
        self._untold: set[str] = set()
        self._ledger = Ledger(db)
        self._wake = asyncio.Event()

    def shifts(self) -> tuple[Shift, ...]:
        """Everybody on shift, by number."""
        return tuple(self._shifts[agent] for agent in sorted(self._shifts))

    def shift(self, agent: str) -> Shift | None:
        """One agent's shift, or None."""
        return self._shifts.get(agent)

    async def sign_on(self, agent: str, *, user_id: str, name: str, company_id: str, queues: Sequence[str]) -> Shift:
        """Begin a shift, paused until he says that he is ready. Raises Conflict when somebody else sits there."""
        if not queues:
            raise InvalidInput("Выберите хотя бы одну очередь.")
        sits = self._shifts.get(agent)
        if sits is not None and sits.user_id != user_id:
            raise Conflict(f"На номере {agent} уже работает {sits.name}.")
        now = self._clock.now()
        shift = Shift(agent, user_id, name, company_id, tuple(sorted(queues)), State.PAUSED, "", now)
        if sits is None:
            self._note(shift, "signed-on")
        else:
            shift = Shift(agent, user_id, name, company_id, tuple(sorted(queues)), sits.state, sits.reason, sits.since)
        await membership.leave(self._ami, agent, set(sits.queues) - set(queues) if sits else set())
        self._keep(shift)
        await membership.tell(self._ami, shift)
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
        await membership.leave(self._ami, agent, set(shift.queues))

    def on_event(self, event: Event) -> None:
        """Take an event of Asterisk in; quick, never raises for agents who are not on shift here."""
        match event:
            case AgentConnected():
                shift = self._by_interface(event.agent)
                if shift is not None:
                    self._note(shift, "answered", event.queue, event.channel.linkedid, event.rang_s)
            case AgentCompleted():
                shift = self._by_interface(event.agent)
                if shift is not None:
                    self._note(shift, "completed", event.queue, event.linkedid, event.talked_s, event.reason)
                    self._keep(shift.talk_ended(self._clock.now(), self._wrap_up))
            case AgentDidNotAnswer():
                shift = self._by_interface(event.agent)
                if shift is not None and shift.takes_calls:
                    self._note(shift, "missed", event.queue, event.channel.linkedid, detail=MISSED)
                    self._keep(shift.missed(self._clock.now()))

    async def run(self) -> None:
        """Until cancelled: tell app_queue, write what happened, end wrap-ups in time."""
        for shift in await self._ledger.remembered():
            if shift.agent not in self._shifts:
                self._keep(shift)
        while True:
            now = self._clock.now()
            for shift in self.shifts():
                if shift.due(now):
                    self._note(shift, "ready", seconds=self._lasted(shift), detail=shift.state.value)
                    self._keep(shift.ready(now))
            await self._tell_untold()
            await self._ledger.write(self.shifts())
            self._wake.clear()
            try:
                async with asyncio.timeout(self._pause_s()):
                    await self._wake.wait()
            except TimeoutError:
                self._untold |= set(self._shifts)  # a queue that forgot (Asterisk restarted) hears it again

    async def _change(self, shift: Shift) -> Shift:
        self._keep(shift)
        await membership.tell(self._ami, shift)
        self._untold.discard(shift.agent)
        return shift

    def _keep(self, shift: Shift) -> None:
        self._shifts[shift.agent] = shift
        self._untold.add(shift.agent)
        self._on_change(shift.agent)
        self._wake.set()

    async def _tell_untold(self) -> None:
        for agent in sorted(self._untold):
            shift = self._shifts.get(agent)
            try:
                if shift is not None:
                    await membership.tell(self._ami, shift)
            except Unavailable as error:
                log.warning("queue-not-told", agent=agent, reason=error.message)
                return
            self._untold.discard(agent)

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
        if not ends:
            return RETELL_S
        return min(RETELL_S, max(0.1, (min(ends) - self._clock.now()).total_seconds()))
