"""Form 4.2 of order № 186: the offices of a company and how visitors were served there in a year.

What an office is comes from the company's file of offices, how it served from the visits that were booked by telephone:
people who came without a booking are not known here, and every paper and page says so. Columns 1-7 were seen in the
order's form, 8-11 are from memory until somebody compares them; 12-15 are our own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import fmean
from typing import Final

from sqlalchemy import select

from appeals.reports.rows import Value
from appeals.reports.source import Source
from appeals.reports.tally import Cell, ReportTable
from grid.offices import numbers, visits
from grid.offices.models import Appointment, VisitState
from grid.offices.offices import Office, Offices
from gridline.calendar import days
from gridline.companies import Company
from gridline.errors import InvalidInput
from gridline.numbers.phones import parse
from gridline.scope import Scope

TITLE: Final = "4.2. Информация о деятельности офисов обслуживания потребителей"
BY_MEMORY: Final = (
    "Столбцы 1–7 — по приказу № 186, 8–11 — по памяти, с текстом приказа не сверены: принято у нас до сверки. "
    "Посетители — только записанные по телефону"
)
SERVED, BOOKED, MISSED, LATE, CANCELLED = "served", "booked", "missed", "late", "cancelled"
HEADINGS: Final = (
    *("N", "Офис обслуживания потребителей", "Тип офиса", "Адрес местонахождения"),
    *("Номер телефона, адрес электронной почты", "Режим работы", "Предоставляемые услуги"),
    "Количество потребителей, обратившихся очно в отчётном периоде",
    "Среднее время на обслуживание потребителя, мин.",
    "Среднее время ожидания потребителя в очереди, мин.",
    "Сторонние организации на территории офиса",
    *("В форму не входит: записано", "В форму не входит: не пришли", "В форму не входит: отменили"),
    "В форму не входит: очередь и обслуживание дольше нормы",
)
COLUMNS: Final = (*[None] * 7, SERVED, None, None, None, BOOKED, MISSED, CANCELLED, LATE)
"""The cells that lead to visits."""
WIDTHS: Final = (5, 24, 10, 36, 28, 40, 44, 18, 18, 18, 24, 16, 16, 16, 18)
_UNKNOWN: Final = "в файле офисов нет"


@dataclass(slots=True)
class OfficeYear:
    """What came of the visits of one office."""

    numbers: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """By column: the visits it counts, by time."""
    waits_min: list[float] = field(default_factory=list)
    services_min: list[float] = field(default_factory=list)


def waited_from(visit: Appointment) -> datetime:
    """Since when a visitor has been kept waiting: nobody is, before the time they were given."""
    assert visit.arrived_at is not None
    return max(visit.arrived_at, visit.starts_at)


def longer_than(visit: Appointment, norm: timedelta, now: datetime) -> bool:
    """Whether queue and service together took, or take by now, longer than the norm (R18)."""
    return visit.arrived_at is not None and (visit.served_at or now) - waited_from(visit) > norm


def columns_of(visit: Appointment, norm: timedelta, now: datetime) -> list[str]:
    """The columns in which a visit counts."""
    if visit.state is VisitState.CANCELLED:
        return [CANCELLED]
    kept = {VisitState.SERVED: [SERVED], VisitState.MISSED: [MISSED]}.get(visit.state, [])
    late = visit.state is VisitState.SERVED and longer_than(visit, norm, now)
    return [BOOKED, *kept, *([LATE] if late else [])]


async def count(source: Source, year: int, told: Offices) -> dict[str, OfficeYear]:
    """By office id. A visit counts in the year (company's zone) for which it was booked, once that time has come."""
    norm = timedelta(minutes=told.booking.norm_min)
    found: dict[str, OfficeYear] = defaultdict(OfficeYear)
    for visit in await _visits(source, year):
        office = found[visit.office_id]
        for column in columns_of(visit, norm, source.as_of):
            office.numbers[column].append(numbers.written(visit.number))
        if visit.state is VisitState.SERVED and visit.arrived_at and visit.served_at:
            called = visit.called_at or visit.served_at
            office.waits_min.append(max(timedelta(), called - waited_from(visit)) / timedelta(minutes=1))
            if visit.called_at:
                office.services_min.append((visit.served_at - visit.called_at) / timedelta(minutes=1))
    return dict(found)


async def _visits(source: Source, year: int) -> list[Appointment]:
    zone = source.company.zone
    first, last = days.begins(date(year, 1, 1), zone), days.ends(date(year, 12, 31), zone)
    query = select(Appointment).where(
        Appointment.company_id == source.company.id,
        Appointment.starts_at >= first,
        Appointment.starts_at < last,
        Appointment.starts_at <= source.as_of,
        Appointment.state != VisitState.SUPERSEDED,
        visits.visible(Scope(source.company.id, source.branch)),
    )
    return list(await source.session.scalars(query.order_by(Appointment.starts_at, Appointment.id)))


async def behind(source: Source, year: int, cell: Cell, told: Offices) -> list[str]:
    """Numbers of the visits that a cell (office id, column) counts. Raises InvalidInput for a cell that counts none."""
    office, column = cell
    known = [one for one in COLUMNS if one]
    if column not in known:
        raise InvalidInput(f"За столбцом «{column}» записей нет. Есть за столбцами: {', '.join(known)}.")
    found = (await count(source, year, told)).get(office)
    return list(found.numbers[column]) if found else []


def rows_of(found: Mapping[str, OfficeYear], told: Offices, branch: str = "") -> list[str]:
    """The ids of the offices, in the order of the form's rows: the file's own, then those that it has lost."""
    known = [office.id for office in told.of_branch(branch)]
    return [*known, *sorted(found.keys() - set(told.by_id))]


def table(found: Mapping[str, OfficeYear], told: Offices, company: Company, year: int, branch: str = "") -> ReportTable:
    """The form."""
    rows: list[list[Value]] = []
    for number, id in enumerate(rows_of(found, told, branch), start=1):
        figures, office = found.get(id, OfficeYear()), told.by_id.get(id)
        rows.append([str(number), *_facts(id, office, told, company), *_figures(figures, office)])
    return ReportTable(
        titles=(f"{company.name}, {year} год", TITLE, BY_MEMORY),
        groups=(),
        headings=HEADINGS,
        rows=rows,
        widths=WIDTHS,
        columns=COLUMNS,
    )


def _facts(id: str, office: Office | None, told: Offices, company: Company) -> list[Value]:
    if office is None:
        return [id, _UNKNOWN, "", "", "", ""]
    contacts = ", ".join(filter(None, (_phone(office.phone), office.email)))
    services = "; ".join(company.topics[code].name for code in office.services)
    return [
        office.name,
        f"категория {office.category}",
        office.address,
        contacts,
        told.schedule(office).spoken,
        services,
    ]


def _figures(figures: OfficeYear, office: Office | None) -> list[Value]:
    counts = {column: len(figures.numbers.get(column, ())) for column in (SERVED, BOOKED, MISSED, CANCELLED, LATE)}
    return [
        counts.pop(SERVED),
        _mean(figures.services_min),
        _mean(figures.waits_min),
        ", ".join(office.third_parties) if office else "",
        *counts.values(),
    ]


def _mean(minutes: list[float]) -> float | None:
    return round(fmean(minutes), 1) if minutes else None


def _phone(e164: str) -> str:
    known = parse(e164)
    return known.shown if known is not None else e164
