"""The seats of half-days: which half-days have one free, one taken in the caller's transaction, one given back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from grid.call_outs.models import MeterVisit
from gridline.calendar.call_outs import CallOutWork, HalfDay, HalfDays
from gridline.calendar.workdays import ProductionCalendar
from gridline.companies import Company
from gridline.errors import Conflict, InvalidInput

TAKEN: Final = "Это время только что заняли. Выберите другое."


@dataclass(frozen=True, slots=True)
class Slot:
    """A half-day of one day."""

    day: date
    half: HalfDay
    home: bool = False
    """Of visits to people's homes, which have half-days and seats of their own."""

    def span(self, company: Company) -> tuple[datetime, datetime]:
        """Its beginning and end in the company's zone. Raises InvalidInput where the company has no visits."""
        return rule_of(company, home=self.home).span(self.day, self.half, company.zone)


def rule_of(company: Company, *, home: bool = False) -> HalfDays:
    """The half-days of technicians, or of visits to people's homes. Raises InvalidInput where there are none."""
    rule = company.home_visits if home else company.call_outs
    if rule is None:
        name = "home_visits" if home else "call_outs"
        raise InvalidInput(f"У компании «{company.name}» выезды не записывают. Добавьте {name} в её файл.")
    return rule


def offered(company: Company, now: datetime, calendar: ProductionCalendar, *, home: bool = False) -> Iterator[Slot]:
    """Every half-day that may be booked now, the earliest first."""
    rule = rule_of(company, home=home)
    day = calendar.add_working_days(now.astimezone(company.zone).date(), rule.first_after)
    for _ in range(rule.ahead):
        yield Slot(day, HalfDay.MORNING, home)
        yield Slot(day, HalfDay.AFTERNOON, home)
        day = calendar.add_working_days(day, 1)


async def free(
    session: AsyncSession,
    company: Company,
    branch: str,
    now: datetime,
    calendar: ProductionCalendar,
    *,
    home: bool = False,
) -> list[Slot]:
    """The half-days with a free seat, the earliest first."""
    slots = list(offered(company, now, calendar, home=home))
    query = (
        select(MeterVisit.day, MeterVisit.half, func.count())
        .where(
            MeterVisit.company_id == company.id,
            MeterVisit.branch == branch,
            MeterVisit.seat.is_not(None),
            (MeterVisit.work == CallOutWork.HOME_VISIT) == home,
        )
        .where(MeterVisit.day >= slots[0].day, MeterVisit.day <= slots[-1].day)
        .group_by(MeterVisit.day, MeterVisit.half)
    )
    taken = Counter({Slot(day, half, home): times for day, half, times in await session.execute(query)})
    return [slot for slot in slots if taken[slot] < rule_of(company, home=home).at_once]


async def take(session: AsyncSession, company: Company, visit: MeterVisit, slot: Slot) -> None:
    """Give a visit a seat of this half-day, in the caller's transaction; the one it had is given back.

    Raises Conflict where none is left. The live rows are counted here and the key is unique: whoever comes between
    the two takes the next number, and never one more than there are.
    """
    for _ in range(rule_of(company, home=slot.home).at_once + 1):
        number = await _free_number(session, company, visit.branch, slot)
        if number is None:
            break
        visit.day, visit.half = slot.day, slot.half
        visit.seat = f"{_prefix(company.id, visit.branch, slot)}{number}"
        try:
            async with session.begin_nested():
                session.add(visit)
                await session.flush()
        except IntegrityError:  # somebody was first at this number
            continue
        return
    raise Conflict(TAKEN)


async def _free_number(session: AsyncSession, company: Company, branch: str, slot: Slot) -> int | None:
    prefix = _prefix(company.id, branch, slot)
    query = select(MeterVisit.seat).where(
        MeterVisit.company_id == company.id,
        MeterVisit.day == slot.day,
        MeterVisit.seat.startswith(prefix, autoescape=True),
    )
    taken = {int(seat.removeprefix(prefix)) for seat in await session.scalars(query) if seat is not None}
    return next((number for number in range(rule_of(company, home=slot.home).at_once) if number not in taken), None)


def _prefix(company_id: str, branch: str, slot: Slot) -> str:
    home = "home:" if slot.home else ""
    return f"{company_id}:{branch}:{home}{slot.day.isoformat()}:{slot.half}:"


async def ended(session: AsyncSession, id: str | None, at: datetime, *, gives_back: bool) -> MeterVisit | None:
    """A visit is over; `gives_back`: it was cancelled, and its seat is free. None where there is no such visit."""
    visit = await session.get(MeterVisit, id, with_for_update=True) if id else None
    if visit is not None:
        visit.ended_at = at
        visit.seat = None if gives_back else visit.seat
    return visit
