"""Feeders and settlements by state: how many premises are dark, where people report, where it is being checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from grid.models import NodeKind, Premise
from grid.outages.feeding import Feeding
from grid.outages.listing import ListedOutage, OutageState
from grid.outages.models import OutageReport
from grid.outages.scopes import ScopePart, premises_in
from grid.places import directory
from gridline.scope import Scope

MOST: Final = 60
"""Tiles of one picture: those where most are dark."""


class TileState(StrEnum):
    """How a place is, the worst first."""

    DARK = "dark"
    """Most of it."""
    PART = "part"
    REPORTED = "reported"
    CHECKING = "checking"


@dataclass(frozen=True, slots=True)
class Tile:
    """A feeder, or a settlement, that is not as it should be."""

    name: str
    state: TileState
    dark: int
    """Premises without supply, as outages that go on say."""
    of: int
    reports: int
    """Open ones."""


@dataclass(frozen=True, slots=True)
class PlacesPicture:
    """A company's places that are not as they should be."""

    feeders: tuple[Tile, ...] = ()
    settlements: tuple[Tile, ...] = ()
    dark: int = 0
    """Premises in all."""


async def picture(
    session: AsyncSession, company_id: str, listed: Sequence[ListedOutage], feeding: Feeding, *, visible_to: Scope
) -> PlacesPicture:
    """Both pictures, of the outages a page lists and the open reports."""
    dark = await _premises(session, company_id, _parts(listed, OutageState.GOES_ON), visible_to)
    checked = await _premises(session, company_id, _parts(listed, OutageState.CHECKING), visible_to)
    reports = select(OutageReport.line, OutageReport.settlement_key, func.max(OutageReport.settlement), func.count())
    reports = reports.where(
        OutageReport.company_id == company_id,
        OutageReport.closed_at.is_(None),
        visible_to.where(OutageReport.company_id, OutageReport.branch),
    ).group_by(OutageReport.line, OutageReport.settlement_key)
    told = [(row[0], row[1], row[2], row[3]) for row in await session.execute(reports)]
    names = {key: name for _, key, name, _ in [*told, *dark, *checked]}
    served = await directory.find_settlements(session, company_id, most=100_000)
    size = {one.key: one.premises for one in served}
    lines = {code: number for (kind, code), number in feeding.premises.items() if kind is NodeKind.FEEDER}
    return PlacesPicture(
        _tiles(_by(dark, 0), _by(checked, 0), _by(told, 0), {code: code for code in lines}, lines),
        _tiles(_by(dark, 1), _by(checked, 1), _by(told, 1), names, size),
        sum(number for *_, number in dark),
    )


Row = tuple[str, str, str, int]
"""Feeder, settlement's key and name, how many."""


async def _premises(session: AsyncSession, company_id: str, parts: Sequence[ScopePart], visible_to: Scope) -> list[Row]:
    if not parts:
        return []
    query = (
        select(Premise.line, Premise.settlement_key, func.max(Premise.settlement), func.count())
        .where(premises_in(company_id, parts), visible_to.where(Premise.company_id, Premise.branch))
        .group_by(Premise.line, Premise.settlement_key)
    )
    return [(row[0], row[1], row[2], row[3]) for row in await session.execute(query)]


def _parts(listed: Iterable[ListedOutage], state: OutageState) -> list[ScopePart]:
    return [part for one in listed if one.state is state for part in one.scope]


def _by(rows: Iterable[Row], column: int) -> Counter[str]:
    counted: Counter[str] = Counter()
    for row in rows:
        if row[column]:
            counted[str(row[column])] += row[3]
    return counted


def _tiles(
    dark: Counter[str],
    checked: Counter[str],
    reports: Counter[str],
    names: Mapping[str, str],
    sizes: Mapping[str, int],
) -> tuple[Tile, ...]:
    made = []
    for code in dark.keys() | checked.keys() | reports.keys():
        whole = sizes.get(code, 0)
        if dark[code]:
            state = TileState.DARK if 2 * dark[code] > whole else TileState.PART
        else:
            state = TileState.REPORTED if reports[code] else TileState.CHECKING
        made.append(Tile(names.get(code, code), state, dark[code], whole, reports[code]))
    order = list(TileState)
    return tuple(sorted(made, key=lambda one: (order.index(one.state), -one.dark, -one.reports, one.name))[:MOST])
