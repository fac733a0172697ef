"""Form 4.3 of order № 186: how a company serves by telephone in a year, counted from stored calls.

The order's text of this form was not at hand: its title is known, its rows are from memory, and every paper and page
says so until somebody compares them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, func, select

from appeals.reports.rows import Value
from appeals.reports.source import Source
from appeals.reports.tally import Cell, ReportTable
from gridline.calendar import days
from gridline.companies import Company, priorities
from gridline.errors import InvalidInput
from gridline.scope import Scope
from ivr.desk.models import Left, QueueVisit
from ivr.figures.callers import CallerEnd, came_to
from ivr.figures.figures import Period
from ivr.figures.history import Epoch
from ivr.figures.menu import MenuQuestion, calls_asked
from ivr.journal.models import CallLeg, CallRecord, LegKind

TITLE: Final = "4.3. Информация о заочном обслуживании потребителей посредством телефонной связи"
BY_MEMORY: Final = "Строки — по памяти, с текстом приказа № 186 не сверены: принято у нас до сверки"
NUMBERS, ALL, ANSWERED, BY_MENU, WAIT, HANDLING = "1", "2", "2.1", "2.2", "3", "4"
LOST, GIVEN_UP, UNSEEN = "справочно 1", "справочно 2", "справочно 3"
COLUMN: Final = "N"
ROWS: Final[Mapping[str, tuple[str, str]]] = {
    NUMBERS: ("Номера телефонов, выделенные для обслуживания потребителей", "номер телефона"),
    ALL: ("Общее число телефонных вызовов от потребителей по выделенным номерам", "единицы"),
    ANSWERED: ("в том числе на которые ответил оператор", "единицы"),
    BY_MENU: ("в том числе обработанных автоматически голосовым меню", "единицы"),
    WAIT: ("Среднее время ожидания ответа потребителем", "мин."),
    HANDLING: ("Среднее время обработки телефонного вызова", "мин."),
    LOST: ("В форму не входит: не дождались оператора", "единицы"),
    GIVEN_UP: ("В форму не входит: положили трубку в меню, не получив ответа", "единицы"),
    UNSEEN: ("В форму не входит: конец звонка не виден", "единицы"),
}
"""Code -> the row's name and unit."""
ENDS: Final[Mapping[str, CallerEnd]] = {
    ANSWERED: CallerEnd.PERSON,
    BY_MENU: CallerEnd.SERVED,
    LOST: CallerEnd.WAITED,
    GIVEN_UP: CallerEnd.GIVEN_UP,
    UNSEEN: CallerEnd.UNSEEN,
}
"""What the calls of a row came to."""


async def count(source: Source, year: int) -> dict[str, Value]:
    """The rows' figures. Calls count in the year (company's zone) in which they began, once they are over.

    A wait is from coming to the queue to the answer, of answered calls; handling is all talk of a call with agents, its
    transfers too, of calls whose talks are stored. Both are means in minutes; None without any.
    """
    session, conditions = source.session, _conditions(source, year)
    end = came_to().label("end")
    calls = select(end).where(*conditions).subquery()
    ended = await session.execute(select(calls.c.end, func.count()).group_by(calls.c.end))
    by_end = {CallerEnd(name): number for name, number in ended}
    found: dict[str, Value] = {row: by_end.get(one, 0) for row, one in ENDS.items()}
    wait_s = await session.scalar(
        _of_calls(func.avg(QueueVisit.waited_s), QueueVisit.call_id, conditions).where(
            QueueVisit.outcome == Left.ANSWERED, QueueVisit.priority != priorities.FRONT
        )
    )
    talk_s = func.sum(Epoch(CallLeg.ended_at) - Epoch(CallLeg.began_at))
    talks = _of_calls(talk_s.label("talk_s"), CallLeg.call_id, conditions).where(CallLeg.kind != LegKind.CALLBACK)
    each = talks.group_by(CallLeg.call_id).subquery()
    handling_s = await session.scalar(select(func.avg(each.c.talk_s)))
    return found | {
        NUMBERS: ", ".join(map(_phone, source.company.dids)),
        ALL: sum(by_end.values()),
        WAIT: _minutes(wait_s),
        HANDLING: _minutes(handling_s),
    }


async def behind(source: Source, year: int, cell: Cell) -> list[str]:
    """The ids of the calls that a cell counts, the earliest first. Raises InvalidInput for a cell that counts none."""
    row = cell[0]
    if row not in ENDS and row != ALL:
        raise InvalidInput(f"За строкой {row} нет звонков. Есть за строками: {ALL}, {', '.join(ENDS)}.")
    query = select(CallRecord.id).where(*_conditions(source, year))
    if row in ENDS:
        query = query.where(came_to() == ENDS[row].value)
    return list(await source.session.scalars(query.order_by(CallRecord.started_at, CallRecord.id)))


def table(found: Mapping[str, Value], company: Company, year: int) -> ReportTable:
    """The form."""
    return ReportTable(
        titles=(f"{company.name}, {year} год", TITLE, BY_MEMORY),
        groups=(),
        headings=("N", "Показатель", "Единица измерения", f"{year}"),
        rows=[[code, name, unit, found[code]] for code, (name, unit) in ROWS.items()],
        widths=(14, 70, 18, 40),
        columns=(None, None, None, COLUMN),
    )


def _conditions(source: Source, year: int) -> list[ColumnElement[bool]]:
    zone = source.company.zone
    first, last = days.begins(date(year, 1, 1), zone), days.ends(date(year, 12, 31), zone)
    asked = MenuQuestion(source.company.id, Period(first, last))
    until: datetime = source.as_of
    return [*calls_asked(asked, Scope(source.company.id, source.branch)), CallRecord.ended_at <= until]


def _of_calls(what: ColumnElement[Any], call_id: Any, conditions: list[ColumnElement[bool]]) -> Select[Any]:
    return select(what).select_from(CallRecord).join(call_id.class_, call_id == CallRecord.id).where(*conditions)


def _phone(did: str) -> str:
    return f"+{did[0]} {did[1:4]} {did[4:7]}-{did[7:9]}-{did[9:]}"


def _minutes(seconds: float | None) -> float | None:
    return None if seconds is None else round(float(seconds) / 60, 1)
