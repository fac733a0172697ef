"""Which reports an outage explains, and which outages meet: both by the premises that they have in common."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from grid import places
from grid.models import Premise
from grid.outages.clusters import OpenReport
from grid.outages.feeding import Feeding
from grid.outages.models import Outage, OutageReport, OutageScope, OutageStatus, Service
from grid.outages.scopes import ScopePart, in_branch, premises_in
from grid.places import houses

GOES_ON: Final = frozenset({OutageStatus.ANNOUNCED, OutageStatus.ACTIVE})


def going_on(at: datetime) -> ColumnElement[bool]:
    """Whether an outage goes on at that moment, by the rule of `outages.current_for`."""
    return and_(
        Outage.status.in_(GOES_ON),
        Outage.starts_at <= at,
        or_(Outage.actual_end.is_(None), Outage.actual_end > at),
        or_(
            Outage.planned.is_(False),
            Outage.status == OutageStatus.ACTIVE,
            Outage.expected_end.is_(None),
            Outage.expected_end > at,
        ),
    )


@dataclass(slots=True)
class Coverage:
    """Scopes of outages, entered by whatever they name."""

    branches: Mapping[str, str]
    """Of the outages (id): one of a branch explains nothing in another, by the rule of `outages.current_for`."""
    nodes: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    """Outages by column and code."""
    premises: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    places: dict[tuple[str, str], list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    """Outages with their houses, by settlement and street."""

    @classmethod
    def of(cls, rows: Iterable[OutageScope], branches: Mapping[str, str]) -> Coverage:
        """The coverage of these scopes."""
        made = cls(branches)
        for row in rows:
            for column in ("transformer", "line", "substation"):
                if code := getattr(row, column):
                    made.nodes[column, code].append(row.outage_id)
            if row.premise_id:
                made.premises[row.premise_id].append(row.outage_id)
            if row.settlement_key:
                made.places[row.settlement_key, row.street_key].append((row.outage_id, row.houses))
        return made

    def met(
        self, where: Any, branch: str, premise_id: str | None = None, substation: str = "", house: str = ""
    ) -> set[str]:
        """Outages whose scope holds this place: anything with the columns of a premise; without a house, any of it."""
        found: set[str] = set(self.premises.get(premise_id, ())) if premise_id else set()
        nodes = {"transformer": where.transformer, "line": where.line, "substation": substation}
        for column, code in nodes.items():
            if code:
                found.update(self.nodes.get((column, code), ()))
        if where.settlement_key:
            for street in {"", where.street_key}:
                for outage_id, spec in self.places.get((where.settlement_key, street), ()):
                    if not house or houses.covers(spec, house):
                        found.add(outage_id)
        return self.within(branch, found)

    def within(self, branch: str, outages: Iterable[str]) -> set[str]:
        """Those of the outages (ids) that may explain something in this branch; empty is any."""
        return {id for id in outages if not branch or self.branches[id] in ("", branch)}


async def overlapping(
    session: AsyncSession, company_id: str, service: Service, parts: Sequence[ScopePart], at: datetime, branch: str
) -> list[Outage]:
    """Outages of the service that go on at `at` and have a place in common with the parts, the earliest first.

    `branch`: whose parts they are; empty is the whole company's.

    Two parts of one street with different houses meet here: whoever publishes is asked, and knows better.
    """
    query = select(Outage).where(Outage.company_id == company_id, Outage.service == service, going_on(at))
    current = {one.id: one for one in await session.scalars(query)}
    met = await _meeting(session, company_id, {one.id: one.branch for one in current.values()}, parts, branch)
    return sorted((current[id] for id in met), key=lambda one: (one.starts_at, one.id))


async def within(session: AsyncSession, outage: Outage, parts: Sequence[ScopePart]) -> bool:
    """Whether each of the parts has a place in common with the outage."""
    own = {outage.id: outage.branch}
    return all([bool(await _meeting(session, outage.company_id, own, [part], outage.branch)) for part in parts])


async def _meeting(
    session: AsyncSession, company_id: str, branches: Mapping[str, str], parts: Sequence[ScopePart], branch: str
) -> set[str]:
    """Those of the outages (`branches` by id) that have a place in common with the parts of `branch`."""
    if not branches:
        return set()
    scopes = list(await session.scalars(select(OutageScope).where(OutageScope.outage_id.in_(branches))))
    coverage = Coverage.of(scopes, branches)
    own = and_(premises_in(company_id, parts), in_branch(Premise.branch, branch))
    nodes = (Premise.line, Premise.transformer, Premise.substation)
    columns = (*nodes, Premise.settlement_key, Premise.street_key, Premise.branch)
    found: set[str] = set()
    for row in await session.execute(select(*columns).where(own).distinct()):
        found |= coverage.met(row, row.branch or branch, substation=row.substation)
    for part in parts:  # where the company has told no premises
        found |= coverage.met(part.row(""), branch, part.premise_id, part.substation)
        if part.settlement and not part.street:
            key = places.key(part.settlement)
            inside = (id for (of, _), told in coverage.places.items() if of == key for id, _ in told)
            found |= coverage.within(branch, inside)
    if coverage.premises:
        named = select(Premise.id).where(Premise.id.in_(coverage.premises), own)
        for premise_id in await session.scalars(named):
            found |= coverage.within(branch, coverage.premises[premise_id])
    return found


async def join_covered(
    session: AsyncSession, outage: Outage, parts: Sequence[ScopePart], now: datetime
) -> tuple[str, ...]:
    """Close the open reports of the outage's service within the parts, as joined to it; their ids."""
    whole = [part for part in parts if not part.houses]
    which = [_reported_in(outage, part) for part in whole]
    for part in parts:
        if part.houses:
            query = select(OutageReport.id, OutageReport.house).where(_open_of(outage), _reported_in(outage, part))
            named = [id for id, house in await session.execute(query) if houses.covers(part.houses, house)]
            which.append(OutageReport.id.in_(named))
    return await _join(session, outage, or_(*which), now)


async def join_these(session: AsyncSession, outage: Outage, reports: Collection[str], now: datetime) -> tuple[str, ...]:
    """The same for these reports (ids) of any place, as far as they are open, of its company and service."""
    return await _join(session, outage, OutageReport.id.in_(reports), now)


async def explained(
    session: AsyncSession, company_id: str, reports: Sequence[OpenReport], feeding: Feeding, now: datetime
) -> dict[str, list[str]]:
    """Open reports that outages which go on cover: by outage (id), the reports' ids.

    What a feed or an import told after people had reported it explains them too.
    """
    if not reports:
        return {}
    query = select(Outage).where(Outage.company_id == company_id, going_on(now)).order_by(Outage.starts_at)
    current = {one.id: one for one in await session.scalars(query)}
    if not current:
        return {}
    scopes = await session.scalars(select(OutageScope).where(OutageScope.outage_id.in_(current)))
    coverage = Coverage.of(scopes, {one.id: one.branch for one in current.values()})
    found: dict[str, list[str]] = defaultdict(list)
    for one in reports:
        substation = feeding.substation_of.get(one.line, "")
        covering = coverage.met(one, one.branch, one.premise_id, substation, one.house)
        met = [id for id in covering if current[id].service is one.service]
        if met:
            found[min(met, key=lambda id: (current[id].starts_at, id))].append(one.id)
    return dict(found)


def of_cancelled(company_id: str) -> ColumnElement[bool]:
    """Whether a report was joined to an outage that a feed or a table cancelled since."""
    cancelled = select(Outage.id).where(Outage.company_id == company_id, Outage.status == OutageStatus.CANCELLED)
    return and_(OutageReport.company_id == company_id, OutageReport.outage_id.in_(cancelled))


async def release(session: AsyncSession, which: ColumnElement[bool]) -> tuple[str, ...]:
    """Open these joined reports again, with their first clock; their ids."""
    released = await session.scalars(
        update(OutageReport)
        .where(which)
        .values(outage_id=None, closed_at=None)
        .returning(OutageReport.id)
        .execution_options(synchronize_session=False)
    )
    return tuple(released)


async def _join(session: AsyncSession, outage: Outage, which: ColumnElement[bool], now: datetime) -> tuple[str, ...]:
    joined = await session.scalars(
        update(OutageReport)
        .where(_open_of(outage), which)
        .values(outage_id=outage.id, closed_at=now)
        .returning(OutageReport.id)
    )
    return tuple(joined)


def _open_of(outage: Outage) -> ColumnElement[bool]:
    """Whether a report is an open one of the outage's company and service."""
    return and_(
        OutageReport.company_id == outage.company_id,
        OutageReport.service == outage.service,
        OutageReport.closed_at.is_(None),
    )


def _reported_in(outage: Outage, part: ScopePart) -> ColumnElement[bool]:
    """Whether a report is of a place within this part, and of the outage's branch where both have one."""
    return and_(_within(outage.company_id, part), in_branch(OutageReport.branch, outage.branch))


def _within(company_id: str, part: ScopePart) -> ColumnElement[bool]:
    if part.transformer:
        return and_(OutageReport.transformer == part.transformer)
    if part.line:
        return and_(OutageReport.line == part.line)
    if part.substation:
        fed = select(Premise.line).where(Premise.company_id == company_id, Premise.substation == part.substation)
        return and_(OutageReport.line.in_(fed.where(Premise.line != "").distinct()))
    if part.premise_id:
        return and_(OutageReport.premise_id == part.premise_id)
    place = OutageReport.settlement_key == places.key(part.settlement)
    return and_(place, OutageReport.street_key == places.key(part.street)) if part.street else and_(place)
