"""What anybody may read of a company's outages: no premise, no account, no telephone, no flat.

An outage of one premise or one house is told by its street alone: a house would say whose supply is cut. So is a nested
one, which begins with one caller who is still dark. A node of the net is told by the streets and houses it feeds.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from grid import places
from grid.models import NodeKind, Premise
from grid.net import COLUMN_OF
from grid.outages.models import Outage, OutageScope, OutageStatus, Service
from grid.places import houses
from gridline.errors import InvalidInput

AHEAD: Final = timedelta(days=30)
"""How far ahead planned works are published."""
CHECKING: Final = timedelta(hours=3)
"""How long a restoration that nobody confirmed yet is told as such."""
FEWEST_HOUSES: Final = 2
"""Fewer are not named: one house may be one subscriber's."""
MOST_HOUSES: Final = 60
SOME: Final = "часть домов"

_PERSONAL: Final = re.compile(r"\d(?:[\s()+-]*\d){5}|\bкв(?:\.|арт)|@|\bабонент|\bл/с\b|лицев", re.IGNORECASE)
"""A cause in which a dispatcher named somebody: such a one is not published."""

Houses = dict[tuple[str, str], set[str]]
"""By settlement and street, the houses that a node feeds."""


class PublicState(StrEnum):
    """How far an outage is, for its readers."""

    AHEAD = "ahead"
    NOW = "now"
    LATE = "late"
    """Supply was expected back by now."""
    CHECKING = "checking"
    """It is back as far as the dispatcher knows."""


@dataclass(frozen=True, slots=True, order=True)
class PublicPlace:
    """A settlement, a street of it (or all of it), houses of that (or all)."""

    settlement: str
    street: str = ""
    houses: str = ""

    @property
    def key(self) -> str:
        """The settlement as it is looked for."""
        return places.key(self.settlement)


@dataclass(frozen=True, slots=True)
class PublicOutage:
    """One outage as it is published."""

    number: str
    version: int
    service: Service
    planned: bool
    state: PublicState
    cause: str
    starts_at: datetime
    expected_end: datetime | None
    places: tuple[PublicPlace, ...]


def state_of(outage: Outage, now: datetime) -> PublicState | None:
    """How far it is at this moment; None for one that is not published."""
    if outage.status is OutageStatus.CANCELLED:
        return None
    if outage.status is OutageStatus.RESTORED or (outage.actual_end and outage.actual_end <= now):
        fresh = outage.actual_end is not None and now - outage.actual_end < CHECKING
        return PublicState.CHECKING if fresh and outage.confirmed_at is None and not outage.planned else None
    if outage.starts_at > now:
        return PublicState.AHEAD if outage.starts_at - now <= AHEAD else None
    passed = outage.expected_end is not None and outage.expected_end <= now
    if passed and outage.planned and outage.status is not OutageStatus.ACTIVE:
        return None
    return PublicState.LATE if passed else PublicState.NOW


async def current(session: AsyncSession, company_id: str, now: datetime) -> dict[str, tuple[Outage, PublicState]]:
    """The outages (by id) that are to be published, the earliest first."""
    recent = or_(Outage.actual_end.is_(None), Outage.actual_end > now - CHECKING)
    query = select(Outage).where(
        Outage.company_id == company_id,
        Outage.status != OutageStatus.CANCELLED,
        Outage.starts_at <= now + AHEAD,
        recent,
    )
    found = await session.scalars(query.order_by(Outage.starts_at, Outage.id))
    return {one.id: (one, state) for one in found if (state := state_of(one, now)) is not None}


async def told(
    session: AsyncSession, company_id: str, outages: Mapping[str, tuple[Outage, PublicState]]
) -> list[PublicOutage]:
    """The same outages as their readers see them; one whose place nobody can name is left out."""
    scopes: dict[str, list[OutageScope]] = defaultdict(list)
    for scope in await session.scalars(select(OutageScope).where(OutageScope.outage_id.in_(outages))):
        scopes[scope.outage_id].append(scope)
    fed = await _fed(session, company_id, [one for listed in scopes.values() for one in listed])
    alone = await _streets(session, [one.premise_id for listed in scopes.values() for one in listed if one.premise_id])
    made = []
    for id, (outage, state) in outages.items():
        if found := _places(outage, scopes[id], fed, alone):
            made.append(
                PublicOutage(
                    number=outage.code,
                    version=outage.version,
                    service=outage.service,
                    planned=outage.planned,
                    state=state,
                    cause="" if _PERSONAL.search(outage.cause) else outage.cause,
                    starts_at=outage.starts_at,
                    expected_end=outage.expected_end,
                    places=found,
                )
            )
    return made


def _places(
    outage: Outage,
    scopes: Iterable[OutageScope],
    fed: Mapping[tuple[str, str, str | None], Houses],
    alone: Mapping[str, PublicPlace],
) -> tuple[PublicPlace, ...]:
    named: set[PublicPlace] = set()
    by_street: Houses = defaultdict(set)
    for scope in scopes:
        if scope.settlement:
            named.add(PublicPlace(scope.settlement, scope.street, _some(scope.houses) if scope.houses else ""))
        elif scope.premise_id:
            named |= {alone[scope.premise_id]} if scope.premise_id in alone else set()
        for column in COLUMN_OF.values():
            for branch in (outage.branch, "") if outage.branch else (None,):
                for street, numbers in fed.get((column, getattr(scope, column), branch), {}).items():
                    by_street[street] |= numbers
    named |= {PublicPlace(*street, _listed(numbers)) for street, numbers in by_street.items()}
    if outage.parent_id is not None:
        named = {replace(place, houses=place.houses and SOME) for place in named}
    return tuple(sorted(named))


async def _fed(
    session: AsyncSession, company_id: str, scopes: Sequence[OutageScope]
) -> dict[tuple[str, str, str | None], Houses]:
    """By column, code and branch of the premises ("" for those of none, None for all), the houses that a node feeds."""
    found: dict[tuple[str, str, str | None], Houses] = defaultdict(lambda: defaultdict(set))
    for column in (COLUMN_OF[kind] for kind in NodeKind):
        codes = {getattr(scope, column) for scope in scopes} - {""}
        if not codes:
            continue
        node = getattr(Premise, column)
        where = (Premise.settlement, Premise.street, Premise.house, Premise.building)
        query = select(node, Premise.branch, *where).where(and_(Premise.company_id == company_id, node.in_(codes)))
        for code, branch, settlement, street, house, building in await session.execute(query.distinct()):
            number = f"{house} корп. {building}" if building else house
            for of_branch in (branch, None):
                found[column, code, of_branch][settlement, street].add(number)
    return found


async def _streets(session: AsyncSession, premises: Sequence[str]) -> dict[str, PublicPlace]:
    rows = await session.execute(select(Premise.id, Premise.settlement, Premise.street).where(Premise.id.in_(premises)))
    return {id: PublicPlace(settlement, street, SOME) for id, settlement, street in rows}


def _listed(numbers: set[str]) -> str:
    """«1, 3, 5а»; a single house is only some of its street."""
    known = sorted(number for number in numbers if number)
    if len(known) < FEWEST_HOUSES or len(known) > MOST_HOUSES:
        return SOME
    return ", ".join(sorted(known, key=lambda number: (_number(number), number)))


def _some(spec: str) -> str:
    """The houses as a dispatcher named them; a single one, and what nobody can read, are only some of the street."""
    try:
        parts = houses.parse(spec)
    except InvalidInput:
        return SOME
    several = len(parts) >= FEWEST_HOUSES or any(
        isinstance(part, houses.Stretch) and part.first != part.last for part in parts
    )
    return spec if several else SOME


def _number(written: str) -> int:
    read = houses.read(written)
    return read.number if read else 0
