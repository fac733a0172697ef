"""Steps on outages with all that they mean: outage, reports and their items in one transaction, then told to the pages.

It also keeps the proposals up to date with the reports, at once when one comes and every few seconds; what a feed or a
table cancelled gives its reports back then, and no open report is left without an item.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from grid.outages import joining, proposals
from grid.outages.dispatch import changing, ending, publishing
from grid.outages.dispatch.events import DispatchResult
from grid.outages.dispatch.publishing import NewOutage
from grid.outages.feeding import Feeding, feeding_of
from grid.outages.models import Outage, OutageReport
from grid.outages.proposals import Gathered
from grid.outages.scopes import ScopePart
from grid.outages.thresholds import Thresholds
from gridline.clock import Clock, happens
from gridline.companies import Companies
from gridline.db import Database
from gridline.errors import Conflict, NotFound
from gridline.processes.news import NewsTopic, tell
from worklist import outage_reports
from worklist.codes import Ending, ItemKind
from worklist.models import WorkItem
from worklist.steps import in_bulk
from worklist.worklist import Changed, Worklist

LOOK_EVERY_S: Final = 5.0
LEAST_PAUSE_S: Final = 0.5
SHARE_OF_TIME: Final = 10
"""A round that took long is not repeated sooner than after so many times that: gathering is to cost a tenth at most."""
FEEDING_S: Final = 300.0
"""How long what feeds what is believed: it changes by imports."""
GRIDLINE: Final = "gridline"


@dataclass(slots=True)
class _Known:
    """What one company's last round knew."""

    feeding: Feeding
    until: float
    gathered: Gathered | None = None


class OutageDesk:
    """The only way to an outage for whoever has a worklist; `listeners` are told the company's id after each commit."""

    def __init__(
        self, db: Database, clock: Clock, companies: Companies, worklist: Worklist, thresholds: Thresholds
    ) -> None:
        self._db = db
        self._clock = clock
        self._companies = companies
        self._worklist = worklist
        self._thresholds = thresholds
        self._known: dict[str, _Known] = {}
        self._news = asyncio.Event()
        self.listeners: list[Callable[[str], None]] = []
        worklist.listeners.append(self._on_item)

    async def publish(self, new: NewOutage, actor: str, *, beside: Collection[str] = ()) -> Outage:
        """`publishing.publish`; items of the reports it joins end as joined."""
        return await self._do(actor, lambda s, now: publishing.publish(s, new, actor, now, beside=beside))

    async def widen(
        self,
        outage_id: str,
        version: int | None,
        scope: Sequence[ScopePart],
        actor: str,
        *,
        proposal_id: str | None = None,
    ) -> Outage:
        """`changing.widen`; items of the reports it joins end as joined."""
        return await self._do(
            actor, lambda s, now: changing.widen(s, outage_id, version, scope, actor, now, proposal_id=proposal_id)
        )

    async def join(self, outage_id: str, reports: Collection[str], actor: str) -> Outage:
        """`changing.join`; the reports' items end as joined."""
        return await self._do(actor, lambda s, now: changing.join(s, outage_id, reports, actor, now))

    async def correct_hour(
        self, outage_id: str, version: int | None, expected_end: datetime | None, actor: str
    ) -> Outage:
        """`changing.correct_hour`."""
        return await self._do(
            actor, lambda s, now: changing.correct_hour(s, outage_id, version, expected_end, actor, now)
        )

    async def say_cause(self, outage_id: str, version: int | None, cause: str, actor: str) -> Outage:
        """`changing.say_cause`."""
        return await self._do(actor, lambda s, now: changing.say_cause(s, outage_id, version, cause, actor, now))

    async def send_crew(self, outage_id: str, version: int | None, actor: str) -> Outage:
        """`changing.send_crew`."""
        return await self._do(actor, lambda s, now: changing.send_crew(s, outage_id, version, actor, now))

    async def restore(self, outage_id: str, version: int | None, at: datetime, actor: str) -> Outage:
        """`ending.restore`: provisional until confirmed."""
        return await self._do(actor, lambda s, now: ending.restore(s, outage_id, version, at, actor, now))

    async def confirm(self, outage_id: str, actor: str, *, version: int | None = None) -> Outage:
        """`ending.confirm`."""
        return await self._do(actor, lambda s, now: ending.confirm(s, outage_id, actor, now, version=version))

    async def reopen(
        self, outage_id: str, scope: Sequence[ScopePart], actor: str, *, version: int | None = None
    ) -> Outage:
        """`ending.reopen`; the nested outage."""
        return await self._do(actor, lambda s, now: ending.reopen(s, outage_id, scope, actor, now, version=version))

    async def cancel(self, outage_id: str, version: int | None, reason: str, actor: str) -> Outage:
        """`ending.cancel`; its reports are open again, each with an item."""
        return await self._do(actor, lambda s, now: ending.cancel(s, outage_id, version, reason, actor, now))

    def tell(self, company_id: str) -> None:
        """An outage of the company was changed by somebody else's transaction: for whoever did it, after its commit."""
        self._news.set()
        for listener in self.listeners:
            listener(company_id)

    async def dismiss(self, proposal_id: str, actor: str) -> None:
        """`proposals.dismiss`."""
        async with self._db.write() as session:
            dismissed = await proposals.dismiss(session, proposal_id, actor, self._clock.now())
        self.tell(dismissed.company_id)

    async def unfounded(self, report_id: str, actor: str, note: str) -> None:
        """A prank, a mistake, a healthy place: the report is closed, its item ends so. Raises NotFound, Conflict."""
        async with self._db.write() as session:
            report = await session.get(OutageReport, report_id, with_for_update=True)
            if report is None:
                raise NotFound("Такого сообщения нет.")
            if report.closed_at is not None:
                raise Conflict("Это сообщение уже закрыто.")
            report.closed_at = self._clock.now()
            news = await self._worklist.end_all(
                session, ItemKind.OUTAGE_REPORT, [report_id], actor, Ending.UNFOUNDED, note=note
            )
        self._tell_items(news)
        self.tell(report.company_id)

    async def feeding(self, company_id: str) -> Feeding:
        """What feeds what in a company, as of a few minutes ago. Raises Unavailable while the database is away."""
        async with self._db.read() as session:
            return (await self._known_of(session, company_id)).feeding

    async def run(self) -> None:
        """Keep the proposals up to date for ever."""
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            self._news.clear()
            for company in self._companies:
                await self.refresh(company.id)
            await asyncio.sleep(max(LEAST_PAUSE_S, (loop.time() - began) * SHARE_OF_TIME))
            await happens(self._news, within_s=LOOK_EVERY_S)

    async def refresh(self, company_id: str) -> None:
        """One round of a company. Raises Unavailable while the database is away."""
        rules, now = self._thresholds.of(company_id), self._clock.now()
        async with self._db.read() as session:
            known = await self._known_of(session, company_id)
            gathered = await proposals.gather(session, company_id, known.feeding, rules, now)
            unfounded = await _unfounded(session, company_id)
            joined = await session.scalar(select(OutageReport.id).where(joining.of_cancelled(company_id)).limit(1))
            bare = await outage_reports.without_item(session, company_id)
        if not all(known.feeding.knows(one.key) for one in gathered.clusters):
            known.until = 0.0  # premises were imported since
        lying = bool(unfounded or bare) or joined is not None
        if gathered == known.gathered and not gathered.explained and not lying:
            return
        async with self._db.write() as session:
            kept = await proposals.keep(session, company_id, gathered, rules, now)
            news = await self._worklist.end_all(session, ItemKind.OUTAGE_REPORT, kept.joined, GRIDLINE, Ending.JOINED)
            await session.execute(update(OutageReport).where(OutageReport.id.in_(unfounded)).values(closed_at=now))
            released = await joining.release(session, joining.of_cancelled(company_id))
            news += await in_bulk.reopen_all(session, ItemKind.OUTAGE_REPORT, released, Ending.JOINED)
            news += await outage_reports.give_items(session, self._worklist, bare)
            if kept.changed or unfounded or released:
                tell(session, NewsTopic.OUTAGE, company_id)
        known.gathered = gathered
        self._tell_items(news)
        if kept.changed or unfounded or released:
            self.tell(company_id)

    async def _known_of(self, session: AsyncSession, company_id: str) -> _Known:
        moment = self._clock.monotonic()
        known = self._known.get(company_id)
        if known is None or known.until < moment:
            gathered = known.gathered if known else None
            known = _Known(await feeding_of(session, company_id), moment + FEEDING_S, gathered)
            self._known[company_id] = known
        return known

    async def _do(
        self, actor: str, step: Callable[[AsyncSession, datetime], Coroutine[Any, Any, DispatchResult]]
    ) -> Outage:
        async with self._db.write() as session:
            done = await step(session, self._clock.now())
            news = await self._worklist.end_all(session, ItemKind.OUTAGE_REPORT, done.joined, actor, Ending.JOINED)
            news += await in_bulk.reopen_all(session, ItemKind.OUTAGE_REPORT, done.released, Ending.JOINED)
            news += await outage_reports.give_items(session, self._worklist, done.released[: outage_reports.A_ROUND])
            tell(session, NewsTopic.OUTAGE, done.outage.company_id)
        self._tell_items(news)
        self.tell(done.outage.company_id)
        return done.outage

    def _on_item(self, changed: Changed) -> None:
        if changed.kind is ItemKind.OUTAGE_REPORT and changed.level is None:
            self._news.set()

    def _tell_items(self, news: Sequence[Changed]) -> None:
        for one in news:
            self._worklist.tell(one)


async def _unfounded(session: AsyncSession, company_id: str) -> list[str]:
    """Open reports (ids) whose item a person ended as unfounded: they are no voice any more."""
    again = exists().where(WorkItem.subject_id == OutageReport.id, WorkItem.ended_at.is_(None))
    query = (
        select(OutageReport.id)
        .join(WorkItem, WorkItem.subject_id == OutageReport.id)
        .where(
            OutageReport.company_id == company_id,
            OutageReport.closed_at.is_(None),
            WorkItem.kind == ItemKind.OUTAGE_REPORT,
            WorkItem.ending == Ending.UNFOUNDED,
            ~again.correlate(OutageReport),
        )
    )
    return list(await session.scalars(query))
