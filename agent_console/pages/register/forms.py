"""`/forms`: the forms for the regulator and the figures behind them, on screen, as files, cell by cell."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import urlencode

from aiohttp import web

from agent_console.calls.calls import CallResult
from agent_console.console import actor_of, console_of
from agent_console.people.permissions import Permission
from agent_console.register import reporting, rows
from agent_console.register.reporting import BY, DIMENSIONED, TITLES, Report, ReportOrder
from agent_console.web.company import company_asked
from agent_console.web.downloads import send_made
from agent_console.web.query_string import QueryString
from agent_console.web.render import render, wants_part
from agent_console.web.routes import MenuEntry, add, add_entry
from appeals import numbering
from appeals.reports.tally import Dimension
from gridline.calendar import days
from gridline.companies import Company
from gridline.errors import InvalidInput, Unavailable
from ivr.figures import form42, form43

AT_ONCE = 2
WAITING = 8
"""Reports that wait for their turn; beyond that a person is asked to come back."""
SHOWN = 500
"""Appeals behind a cell that a page lists; the file has them all."""
CALLS_BEHIND: Final[Mapping[str, CallResult]] = {
    form43.ALL: CallResult.IN,
    form43.ANSWERED: CallResult.ANSWERED,
    form43.BY_MENU: CallResult.SERVED,
    form43.WAIT: CallResult.ANSWERED,
    form43.HANDLING: CallResult.ANSWERED,
    form43.LOST: CallResult.LOST,
    form43.GIVEN_UP: CallResult.GIVEN_UP,
    form43.UNSEEN: CallResult.END_UNSEEN,
}
"""Rows of form 4.3, and what the list of calls names the calls they are counted from."""
KINDS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


class Turns:
    """Who makes a report now: two at a time, so that the calls keep their processors."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def __aenter__(self) -> None:
        if self._waiting >= WAITING:
            raise Unavailable("Сейчас составляется слишком много отчётов. Повторите через минуту.")
        self._waiting += 1
        try:
            await self._turn.acquire()
        finally:
            self._waiting -= 1

    async def __aexit__(self, *_: object) -> None:
        self._turn.release()


TURNS: web.AppKey[Turns] = web.AppKey("report_turns")


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    app[TURNS] = Turns()
    add(app, "GET", "/forms", page, permission=Permission.REPORT_READ)
    add(app, "GET", "/forms/table", table, permission=Permission.REPORT_READ)
    add(app, "GET", "/forms/file", file, permission=Permission.REPORT_READ)
    add(app, "GET", "/forms/behind", behind, permission=Permission.REPORT_READ)
    add_entry(app, MenuEntry(40, "Отчёты", "/forms", "report", Permission.REPORT_READ, key="f"))


async def page(request: web.Request) -> web.Response:
    """What may be chosen, and the place where the table will come."""
    console, actor = console_of(request), actor_of(request)
    company = company_asked(request)
    order = _order(request, company)
    now = console.clock.now().astimezone(company.zone)
    return render(
        request,
        "forms.html",
        title="Отчёты",
        order=order,
        titles=TITLES,
        by=BY,
        dimensioned=DIMENSIONED,
        of_company=company,
        zone=company.zone,
        day=request.query.get("as_of", ""),
        companies=list(console.companies) if actor.company_id is None else [],
        years=range(now.year, now.year - 6, -1),
        today=now.date(),
        query=_query(request, order),
    )


async def table(request: web.Request) -> web.Response:
    """The table itself, made in a process of its own."""
    company = company_asked(request)
    order = _order(request, company)
    if not wants_part(request):
        raise web.HTTPSeeOther(f"/forms?{_query(request, order)}")
    if order.report is Report.FORM49:
        raise InvalidInput("Форма 4.9 — строка на обращение: скачайте её файлом.")
    answer = await _made(request, order)
    query = _query(request, order)
    return render(
        request,
        "forms.html",
        block="report",
        title="Отчёты",
        order=order,
        table=answer["table"],
        days=json.dumps(answer.get("days", [])),
        journal=answer["journal"],
        of_company=company,
        zone=company.zone,
        as_of=datetime.fromisoformat(order.as_of),
        calls_behind=_calls_behind(request, order, company) if order.report is Report.FORM43 else {},
        visits_behind=_visits_behind(request, order, company, answer.get("offices", [])),
        query=query,
    )


async def file(request: web.Request) -> web.StreamResponse:
    """The report as a file: written by its own process, sent piece by piece, removed."""
    company = company_asked(request)
    order, kind = _order(request, company), request.query.get("format", "")
    if kind not in KINDS:
        raise InvalidInput(f"Вид файла: {', '.join(KINDS)}.")
    with tempfile.TemporaryDirectory(prefix="report-", dir=console_of(request).settings.var) as folder:
        out = Path(folder).absolute() / f"{order.report}-{company.id}-{order.year}.{kind}"
        await _made(request, order, out=str(out))
        return await send_made(request, out, KINDS[kind])


async def behind(request: web.Request) -> web.Response:
    """The appeals one cell counts."""
    console, actor = console_of(request), actor_of(request)
    company = company_asked(request)
    order, cell = _order(request, company), request.query.get("cell", "")
    if not all(cell.partition("/")):
        raise InvalidInput("Ячейка указана неверно.")
    found = (await _made(request, order, cell=cell))["behind"]
    numbers = [one for one in dict.fromkeys(found) if len(one) == len("26-000123-3")]
    async with console.db.read() as session:
        digits = [numbering.read(one).digits for one in numbers[:SHOWN]]
        lines = await rows.shown(session, digits, actor, company, console.clock.now())
    return render(
        request,
        "behind.html",
        title="Что за цифрой",
        order=order,
        cell=cell,
        count=len(found),
        rows=lines,
        shown=SHOWN,
        of_company=company,
        zone=company.zone,
        query=_query(request, order),
        titles=TITLES,
        hidden=len(numbers[:SHOWN]) - len(lines),
        loose=len(found) - len(numbers),
    )


async def _made(request: web.Request, order: ReportOrder, *, out: str = "", cell: str = "") -> dict[str, Any]:
    config = console_of(request).settings
    from_page = ReportOrder(order.report, order.company, order.year, order.as_of, order.by, order.branch, cell, out)
    async with request.app[TURNS]:
        return await reporting.made(from_page, db_url=config.db_url, dialplan=config.dialplan)


def _calls_behind(request: web.Request, order: ReportOrder, company: Company) -> dict[str, str]:
    """By row of form 4.3, the list of the calls it counts; empty for whoever may not read calls."""
    if not actor_of(request).may(Permission.CALL_READ):
        return {}
    last = min(date(order.year, 12, 31), days.day_of(datetime.fromisoformat(order.as_of), company.zone))
    period = {"company": company.id, "since": f"{order.year}-01-01", "until": last.isoformat()}
    return {row: "/calls?" + urlencode(period | {"result": result}) for row, result in CALLS_BEHIND.items()}


def _visits_behind(
    request: web.Request, order: ReportOrder, company: Company, offices: Sequence[str]
) -> dict[tuple[str, str], str]:
    """By row and column of form 4.2, the list of the visits it counts; empty for whoever may not read them."""
    if not actor_of(request).may(Permission.APPOINTMENT_READ):
        return {}
    last = min(date(order.year, 12, 31), days.day_of(datetime.fromisoformat(order.as_of), company.zone))
    period = {"company": company.id, "since": f"{order.year}-01-01", "until": last.isoformat()}
    return {
        (str(number), column): "/appointments?" + urlencode(period | {"office": office, "what": column})
        for number, office in enumerate(offices, start=1)
        for column in form42.COLUMNS
        if column
    }


def _order(request: web.Request, company: Company) -> ReportOrder:
    """What was chosen. Raises InvalidInput for anything that is not on the lists."""
    now, given = console_of(request).clock.now(), QueryString(request.query)
    day = given.day("as_of")
    as_of = min(now, days.last_moment(day, company.zone)) if day else now
    return ReportOrder(
        report=Report(given.code("report", list(Report), "Отчёт") or Report.OVERVIEW),
        company=company.id,
        year=given.year("year") or days.day_of(now, company.zone).year,
        as_of=as_of.astimezone(UTC).isoformat(),
        by=cast(Dimension, given.code("by", list(BY), "Строки отчёта") or "topic"),
        branch=actor_of(request).branch,
    )


def _query(request: web.Request, order: ReportOrder) -> str:
    """The same choice as an address, to add to."""
    given = {"report": order.report, "year": str(order.year), "by": order.by, "as_of": request.query.get("as_of", "")}
    if actor_of(request).company_id is None:
        given["company"] = order.company
    return urlencode({name: value for name, value in given.items() if value})
