"""`/quality`: what reviews come to by agent, queue and point, and who needs help; on the page, in XLSX and in CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar, Final
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.console import Console, actor_of, console_of
from agent_console.people import people
from agent_console.people.permissions import Permission
from agent_console.web.company import companies_of, company_asked
from agent_console.web.downloads import disposition
from agent_console.web.query_string import PageQuery, QueryString
from agent_console.web.render import render
from agent_console.web.routes import MenuEntry, add, add_entry
from appeals.reports.tally import ReportTable
from appeals.taxonomy import shipped
from gridline.calendar import days
from gridline.companies import Company
from gridline.errors import InvalidInput
from gridline.scope import Scope
from ivr.figures import surveys
from ivr.figures.surveys import Surveyed, SurveyedBy
from quality.reviews import figures
from quality.reviews.codes import CALLED_OUT
from quality.reviews.figures import JudgedBy, JudgedPeriod
from quality.reviews.report import VIEW_TITLES, JudgedView, as_file, topic_table, trend_table, weak_table

LONGEST_DAYS: Final = 366
USUAL_DAYS: Final = 28
KINDS: Final[Mapping[str, str]] = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedQuery(PageQuery):
    """What the page is asked, as its address holds it."""

    PATH: ClassVar[str] = "/quality"

    since: date
    until: date
    """Both counted in."""
    by: JudgedView = JudgedView.AGENT
    company: str = ""


@dataclass(frozen=True, slots=True)
class JudgedReport:
    """The table, and where each of its rows leads (empty: nowhere)."""

    asked: JudgedQuery
    company: Company
    table: ReportTable
    urls: Sequence[str]


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    add(app, "GET", "/quality", page, permission=Permission.QUALITY_READ)
    for kind in KINDS:
        add(app, "GET", f"/quality.{kind}", download, permission=Permission.QUALITY_READ)
    add_entry(app, MenuEntry(42, "Итоги оценок", "/quality", "report", Permission.QUALITY_READ, key="i"))


async def page(request: web.Request) -> web.Response:
    """The table."""
    report = await _made(request)
    today = days.day_of(console_of(request).clock.now(), report.company.zone)
    periods = {
        "7 дней": days.last(7, today),
        "4 недели": days.last(USUAL_DAYS, today),
        "12 недель": days.last(84, today),
    }
    return render(
        request,
        "quality/figures.html",
        title="Итоги оценок",
        company=report.company,
        choices=companies_of(console_of(request), actor_of(request)),
        asked=report.asked,
        table=report.table,
        urls=report.urls,
        views=VIEW_TITLES,
        periods=periods,
    )


async def download(request: web.Request) -> web.Response:
    """The same table as a file."""
    report, kind = await _made(request), request.path.rpartition(".")[2]
    name = f"quality-{report.asked.company}-{report.asked.by}-{report.asked.since}-{report.asked.until}.{kind}"
    body = await as_file(report.table, name)
    return web.Response(body=body, content_type=KINDS[kind], headers={"Content-Disposition": disposition(name)})


async def _made(request: web.Request) -> JudgedReport:
    console, company, scope = console_of(request), company_asked(request), actor_of(request).judging_scope
    asked = _read(request.query, company, days.day_of(console.clock.now(), company.zone))
    period = JudgedPeriod(asked.since, asked.until, company.zone)
    async with console.db.read() as session:
        if asked.by is JudgedView.WEAK:
            table, urls = await _weak(session, console, company, period, scope)
            return JudgedReport(asked, company, table, urls)
        names = await _names(session, console, company, asked.by)
        said: dict[str, Surveyed] = {}
        if asked.by is not JudgedView.POINT:
            folded, moments = SurveyedBy(asked.by), (period.begins, period.ends)
            said = await surveys.means(session, company.id, *moments, folded, visible_to=scope)
            if asked.by is JudgedView.QUEUE:
                said.pop("", None)  # of whom the queue was not seen: nobody who was called is asked
        if asked.by is JudgedView.TOPIC:
            table = topic_table(said, names, period, company.name)
        else:
            rows = await figures.trend(session, company.id, period, JudgedBy(asked.by), visible_to=scope)
            table = trend_table(asked.by, rows, said, names, period, company.name)
            if asked.by is not JudgedView.POINT:
                return JudgedReport(asked, company, table, [listed(asked, row.key) for row in rows])
    return JudgedReport(asked, company, table, [""] * len(table.rows))


def listed(asked: JudgedQuery, key: str) -> str:
    """The address of the reviews behind a row of agents or queues."""
    period = {"since": asked.since, "until": asked.until, "company": asked.company}
    return f"/quality/reviews?{urlencode({str(asked.by): key or CALLED_OUT, **period})}"


async def _weak(
    session: AsyncSession, console: Console, company: Company, period: JudgedPeriod, scope: Scope
) -> tuple[ReportTable, list[str]]:
    weak = await figures.weak_points(session, company.id, period, visible_to=scope)
    agents = await people.agents(session, company.id)
    table = weak_table(weak, agents, _points(console), period, company.name)
    return table, [f"/judging/{one.review_id}" for one in weak]


async def _names(session: AsyncSession, console: Console, company: Company, view: JudgedView) -> Mapping[str, str]:
    match view:
        case JudgedView.AGENT:
            return await people.agents(session, company.id)
        case JudgedView.QUEUE:
            return {queue: company.queue_name(queue) for queue in company.queues} | {"": "Исходящие звонки"}
        case JudgedView.TOPIC:
            return {code: topic.title for code, topic in shipped().topics.items()}
        case _:
            return _points(console)


def _points(console: Console) -> dict[str, str]:
    """By `card/point`, the words of the cards in force."""
    return {
        f"{card.code}/{point.code}": f"{card.title}: {point.text}"
        for card in console.judging.cards
        for point in card.points
    }


def _read(query: Mapping[str, str], company: Company, today: date) -> JudgedQuery:
    given = QueryString(query)
    until = given.day("until") or today
    since = given.day("since") or until - timedelta(days=USUAL_DAYS - 1)
    since, until = min(since, until), max(since, until)
    if (until - since).days >= LONGEST_DAYS:
        raise InvalidInput(f"Период длиннее {LONGEST_DAYS} дней. Сократите его.")
    view = JudgedView(given.code("by", list(JudgedView), "Разрез") or JudgedView.AGENT)
    return JudgedQuery(since=since, until=until, by=view, company=company.id)
