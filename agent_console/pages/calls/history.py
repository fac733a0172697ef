"""`/history`: how queues and agents worked in a period, as a table, a chart and a file."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from aiohttp import web

from agent_console.calls import history_table
from agent_console.calls.history_table import FOLDS, HEADINGS, HistoryQuery, HistoryTable
from agent_console.console import actor_of, console_of
from agent_console.people import people
from agent_console.people.permissions import Permission
from agent_console.wallboard.today import ServiceLevel
from agent_console.web.company import companies_of, company_asked
from agent_console.web.downloads import disposition
from agent_console.web.render import render
from agent_console.web.routes import MenuEntry, add, add_entry
from appeals.reports.rows import CsvRows
from gridline.calendar import days
from gridline.companies import Company


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    add(app, "GET", "/history", page, permission=Permission.HISTORY_READ)
    add(app, "GET", "/history.csv", download, permission=Permission.HISTORY_READ)
    add_entry(app, MenuEntry(60, "История", "/history", "history", Permission.HISTORY_READ, key="h"))


async def page(request: web.Request) -> web.Response:
    """The table with its chart."""
    company, asked, table, agents = await _counted(request)
    today = days.day_of(console_of(request).clock.now(), company.zone)
    periods = {
        "Сегодня": days.last(1, today),
        "Вчера": days.last(1, days.day_before(today)),
        "7 дней": days.last(7, today),
        "Месяц": (today.replace(day=1), today),
    }
    return render(
        request,
        "history.html",
        title="История",
        zone=company.zone,
        company=company,
        choices=companies_of(console_of(request), actor_of(request)),
        asked=asked,
        table=table,
        agents=agents,
        folds=FOLDS,
        queues={queue: company.queue_name(queue) for queue in sorted(company.queues)},
        periods=periods,
        rule=ServiceLevel.of(console_of(request).settings),
    )


async def download(request: web.Request) -> web.Response:
    """The same rows as a CSV file."""
    _, asked, table, _ = await _counted(request)
    name = f"history-{asked.company}-{asked.by}-{asked.since}-{asked.until}.csv"
    headers = {"Content-Disposition": disposition(name)}
    return web.Response(body=_csv(table), content_type="text/csv", charset="utf-8", headers=headers)


async def _counted(request: web.Request) -> tuple[Company, HistoryQuery, HistoryTable, dict[str, str]]:
    console, company = console_of(request), company_asked(request)
    now = console.clock.now()
    async with console.db.read() as session:
        agents = await people.agents(session, company.id)
        asked = history_table.read(request.query, company, agents, days.day_of(now, company.zone))
        table = await history_table.table(
            session, company, asked, agents, now, within_s=console.settings.answer_within_s
        )
    return company, asked, table, agents


def _csv(table: HistoryTable) -> bytes:
    with TemporaryDirectory() as folder:
        with CsvRows(Path(folder) / "history.csv") as file:
            file.headings(HEADINGS)
            for row in history_table.in_csv(table):
                file.row(row)
        return file.file.read_bytes()
