"""Duty telephones: rung one after another about a danger that nobody has taken, round after round, until somebody does.

One step is one call to one telephone. A step is begun in the database before its call, so that a process that is killed
never rings twice for it: whoever goes on takes the next one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from gridline.clock import Clock
from gridline.companies import Companies
from gridline.db import Database
from gridline.errors import Conflict, GridlineError, Misconfigured, NotFound, Unavailable
from gridline.settings import Settings
from ivr.line import Line
from ivr.outbound import alarms, numbers
from ivr.outbound.alarms import DutyStep
from ivr.outbound.codes import CallPurpose
from ivr.outbound.dialer import Dialer
from ivr.outbound.duty_script import DutyScript
from ivr.outbound.placed import CallOut
from worklist import items
from worklist.codes import AttemptResult
from worklist.models import WorkItem
from worklist.worklist import Worklist

LOOK_S = 1.0
"""How often it is looked whether somebody has taken it: then the ringing stops."""
LOOK_WITHIN_S = 10.0
"""How long the database may take over whether there is anything to do."""
MOST_AT_ONCE = 50
CUT_OFF = "Звонок прерван: программа была остановлена."
TAKEN = "Звонок прерван: сообщение уже приняли."

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class DutyPace:
    """When the telephones are rung, in seconds."""

    after_s: float
    """From the message on: a dispatcher at their page comes first."""
    ring_s: int
    """One telephone, before the next."""
    pause_s: float
    """Between two rounds."""

    @classmethod
    def of(cls, config: Settings) -> DutyPace:
        """As the settings say."""
        return cls(config.duty_after_s, config.duty_ring_s, config.duty_pause_s)


def check(companies: Companies, prefixes: Sequence[str]) -> None:
    """Raises Misconfigured for a duty telephone that this installation could not call."""
    for company in companies:
        for phone in {*company.duty_phones, *(phone for branch in company.branches for phone in branch.duty_phones)}:
            try:
                numbers.dialled(phone, prefixes)
            except GridlineError as error:
                raise Misconfigured(f"Дежурный телефон компании {company.id}: {error.message}") from error


def rung(companies: Companies) -> tuple[list[str], list[tuple[str, str]]]:
    """Companies with telephones for every danger of theirs, and branches (company, branch) with telephones."""
    whole = [company.id for company in companies if company.duty_phones]
    branches = [(company.id, branch) for company in companies for branch in company.branches]
    return whole, [(company_id, branch.id) for company_id, branch in branches if branch.duty_phones]


class Duty:
    """One process's ringing; any number of processes may run it at once, as far as their clocks agree."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        companies: Companies,
        worklist: Worklist,
        dialer: Dialer,
        script: DutyScript,
        pace: DutyPace,
        node: str,
    ) -> None:
        self._db = db
        self._clock = clock
        self._companies = companies
        self._worklist = worklist
        self._dialer = dialer
        self._script = script
        self._pace = pace
        self._node = node
        self._me = alarms.holder(node)
        self._ringing: set[str] = set()

    async def run(self) -> None:
        """Until cancelled: begin a step wherever one is due. Raises Unavailable when the database is away at first."""
        await alarms.give_up_others(self._db, self._node, self._me, self._clock.now())
        async with asyncio.TaskGroup() as steps:
            while True:
                for item in await self._waiting():
                    if item.id not in self._ringing and (phones := self._phones(item)):
                        self._ringing.add(item.id)
                        steps.create_task(self._step(item, phones))
                await asyncio.sleep(LOOK_S)

    async def _waiting(self) -> Sequence[WorkItem]:
        before = self._clock.now() - timedelta(seconds=self._pace.after_s)
        try:
            async with self._db.glance(within_s=LOOK_WITHIN_S) as session:
                if not await items.is_any_danger_untaken(session):
                    return ()
            async with self._db.read() as session:
                return await items.untaken_dangers(session, before, *rung(self._companies), most=MOST_AT_ONCE)
        except Unavailable as error:  # whoever is on the line already goes on hearing the message
            log.error("duty-not-looked", reason=error.message)
            return ()

    def _phones(self, item: WorkItem) -> Sequence[str]:
        try:
            return self._companies.by_id(item.company_id).duty_phones_of(item.branch)
        except NotFound:  # a company that is no more
            return ()

    async def _step(self, item: WorkItem, phones: Sequence[str]) -> None:
        try:
            step = await alarms.begin_step(self._db, item.id, self._me, self._clock.now())
            if step is not None:
                await self._take_step(item, phones, step)
        except Unavailable as error:
            log.error("duty-step-not-stored", item=item.id, reason=error.message)
        finally:
            self._ringing.discard(item.id)

    async def _take_step(self, item: WorkItem, phones: Sequence[str], step: DutyStep) -> None:
        if step.cut_off:
            await self._tried(item, phones[(step.number - 2) % len(phones)], AttemptResult.FAILED, CUT_OFF, None)
        phone = phones[(step.number - 1) % len(phones)]
        try:
            await self._ring(item, phone)
        except (Unavailable, Conflict) as error:
            log.error("duty-not-called", item=item.id, phone=phone, reason=error.message)
            await self._tried(item, phone, AttemptResult.FAILED, error.message[:300], None)
        last = step.number % len(phones) == 0
        pause = timedelta(seconds=self._pace.pause_s if last else 0)
        await alarms.end_step(self._db, item.id, self._me, self._clock.now() + pause)

    async def _ring(self, item: WorkItem, phone: str) -> None:
        """Call one telephone. It stops ringing once the item is somebody's; whoever has answered is told to the end."""
        answered = False

        async def script(line: Line) -> str:
            nonlocal answered
            answered = True
            return await self._script.speak(line, item, phone)

        out = CallOut(item.company_id, phone, CallPurpose.DANGER, item.id, self._pace.ring_s)
        call = asyncio.create_task(self._dialer.call(out, script))
        try:
            while not call.done():
                await asyncio.wait([call], timeout=LOOK_S)
                if not (await self._wanted(item) or answered or call.done()):
                    break
        finally:
            if not call.done():
                call.cancel()
                await asyncio.wait([call])
        if call.cancelled():
            await self._tried(item, phone, AttemptResult.NO_ANSWER, TAKEN, None)
            return
        result = call.result()
        if result.result is not AttemptResult.TALKED:
            await self._tried(item, phone, result.result, "", result.call_out_id)

    async def _wanted(self, item: WorkItem) -> bool:
        """Whether it is still nobody's, as far as is known."""
        try:
            return await alarms.hold(self._db, item.id, self._me, self._clock.now())
        except Unavailable:
            return True

    async def _tried(
        self, item: WorkItem, phone: str, result: AttemptResult, note: str, call_out_id: str | None
    ) -> None:
        try:
            await self._worklist.attempt(item.id, duty(phone), result, note=note, call_id=call_out_id)
        except (Conflict, NotFound):  # it has ended meanwhile
            log.info("duty-attempt-after-end", item=item.id, phone=phone, result=result)


def duty(phone: str) -> str:
    """A duty telephone as an actor of the worklist."""
    return f"duty:{phone}"
