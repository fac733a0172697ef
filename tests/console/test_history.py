"""The history page: the same figures as the wallboard, folded by day, hour, queue and agent; and as a file."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from playwright.async_api import Page, expect

from agent_console.calls.history_table import (
    HEADINGS,
    Fold,
    HistoryQuery,
    HistoryRow,
    HistoryTable,
    in_csv,
    read,
    table,
)
from agent_console.people import people
from agent_console.people.models import Role, User
from agent_console.wallboard.live import LIVE
from gridline.companies import Companies, Company
from gridline.errors import InvalidInput
from gridline.settings import HOUSE
from ivr.desk.models import AgentEvent, Left
from ivr.figures.figures import Figures
from tests.console.conftest import CHEAP, COMPANY, OTHER_COMPANY, PASSWORD, Axe, ClientOf, ConsoleApp, sign_in
from tests.console.test_wallboard import HOTLINE, OFFICE, store, visit

expect.set_options(timeout=20_000)


@pytest.fixture(scope="module")
def skek() -> Company:
    """The company as it is shipped."""
    return Companies.load(HOUSE / "dialplan/companies").by_id(COMPANY)


FORMULA = '=HYPERLINK("x")'


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of November by the clock of Novokuznetsk, seven hours ahead of UTC."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC) - timedelta(hours=7)


def did(
    moment: datetime,
    kind: str,
    *,
    seconds: int | None = None,
    detail: str = "",
    agent: str = "101",
    queue: str = HOTLINE,
) -> AgentEvent:
    return AgentEvent(
        at=moment,
        agent=agent,
        user_id="u",
        company_id=COMPANY,
        kind=kind,
        queue=queue,
        seconds=seconds,
        detail=detail,
    )


async def week(made: ConsoleApp) -> None:
    """Two days of calls: the first ends at midnight in Novokuznetsk, not in Greenwich."""
    await store(
        made,
        visit(at(9, 23, 50), 10, Left.ANSWERED),
        visit(at(10, 0, 10), 10, Left.ANSWERED),
        visit(at(10, 10, 5), 20, Left.ANSWERED),
        visit(at(10, 10, 35), 40, Left.ANSWERED, OFFICE),
        visit(at(10, 10, 40), 90, Left.ABANDONED),
        visit(at(10, 10, 45), 90, Left.UNKNOWN),
    )
    async with made.console.db.write() as session:
        session.add_all(
            [
                did(at(10, 9), "signed-on"),
                did(at(10, 9, 1), "ready", seconds=60),
                did(at(10, 10, 8), "completed", seconds=120),
                did(at(10, 10, 9), "paused", seconds=60, detail="обед"),
                did(at(10, 10, 39), "ready", seconds=1800, detail="обед"),
                did(at(10, 11), "signed-off"),
            ]
        )


async def counted(made: ConsoleApp, by: str, since: str = "2026-11-09", until: str = "2026-11-10") -> HistoryTable:
    company = made.console.companies.by_id(COMPANY)
    async with made.console.db.read() as session:
        agents = await people.agents(session, COMPANY)
        asked = read({"by": by, "since": since, "until": until}, company, agents, date(2026, 11, 22))
        return await table(session, company, asked, agents, at(22, 12), within_s=30)


async def test_days_and_hours_are_the_companys(console_app: ConsoleApp) -> None:
    await week(console_app)
    days = await counted(console_app, "day", since="2026-11-08")
    assert [(row.name, row.figures.offered, row.figures.lost) for row in days.rows] == [
        ("8 ноября", 0, 0),
        ("9 ноября", 1, 0),
        ("10 ноября", 4, 1),
    ]
    assert days.whole.figures.service_level == 60.0
    assert days.points[2] == (int(at(10, 0).timestamp()), 3, 1, 50)
    hours = await counted(console_app, "hour")
    assert {row.name: row.figures.offered for row in hours.rows if row.figures.offered} == {
        "00:00 — 01:00": 1,
        "10:00 — 11:00": 3,
        "23:00 — 00:00": 1,
    }
    assert hours.whole == days.whole


async def test_queues_and_agents(console_app: ConsoleApp) -> None:
    await week(console_app)
    async with console_app.console.db.write() as session:  # came by a transfer, in the pause of lunch
        session.add(did(at(10, 10, 20), "completed", seconds=0, queue=""))
    queues = await counted(console_app, "queue")
    assert [(row.name, row.figures.offered, row.figures.unknown, row.figures.talks) for row in queues.rows] == [
        ("Горячая линия", 4, 1, 1),
        ("Офис обслуживания", 1, 0, 0),
        ("Вне очереди: переводы и возвраты", 0, 0, 1),
    ]
    agents = await counted(console_app, "agent")
    (row,) = agents.rows
    assert (row.name, row.agent, row.figures.answered, row.figures.lost) == ("Ольга Смирнова", "101", 4, 0)
    assert row.presence is not None
    assert (row.presence.on_shift_s, row.presence.paused) == (7200, {"": (1, 60), "обед": (1, 1800)})
    assert [(name, round(part, 2)) for name, part in row.shares] == [
        ("talk", 1.67),
        ("wrap-up", 0.83),
        ("pause", 25.83),
    ]
    assert agents.whole.figures == queues.whole.figures  # the lost are nobody's, and still there


async def test_history_and_wallboard_cannot_differ(console_app: ConsoleApp) -> None:
    now = console_app.console.clock.now()
    company = console_app.console.companies.by_id(COMPANY)
    await store(console_app, visit(now, 5, Left.ANSWERED), visit(now, 31, Left.ANSWERED), visit(now, 8, Left.ABANDONED))
    told = await console_app.app[LIVE].look(company)
    assert told.today is not None
    day = now.astimezone(company.zone).date()
    async with console_app.console.db.read() as session:
        asked = HistoryQuery(since=day, until=day, by=Fold.QUEUE, company=COMPANY)
        past = await table(session, company, asked, {}, now + timedelta(seconds=1), within_s=30)
    assert past.whole.figures == told.today.whole
    assert past.whole.figures.offered == 3


@pytest.mark.parametrize(
    "query",
    [
        {"by": "1; DROP TABLE calls"},
        {"queue": "x' OR '1'='1"},
        {"queue": "mrsk-hotline"},
        {"agent": "999"},
        {"since": "вчера"},
        {"since": "2020-01-01", "until": "2026-01-01"},
    ],
)
def test_what_cannot_be_asked_is_refused(skek: Company, query: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        read(query, skek, {"101": "Ольга"}, date(2026, 11, 22))


async def test_a_file_holds_the_rows_and_nothing_that_runs(console_app: ConsoleApp, client_of: ClientOf) -> None:
    now = console_app.console.clock.now()
    async with console_app.console.db.write() as session:
        session.add(
            User(
                login="clever",
                name=FORMULA,
                password_hash=CHEAP.hash(PASSWORD),
                one_time=False,
                role=Role.AGENT,
                company_id=COMPANY,
                branch="",
                agent="177",
                created_at=now,
            )
        )
        session.add(did(now - timedelta(hours=1), "signed-on", agent="177"))
        session.add(did(now - timedelta(minutes=1), "completed", seconds=42, agent="177"))
    client = await client_of(Role.SUPERVISOR)
    answer = await client.get("/history.csv?by=agent")
    assert answer.status == 200
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="history-skek-agent-')
    rows = list(csv.reader(io.StringIO(await answer.text("utf-8-sig")), delimiter=";"))
    assert rows[1][0] == f"'{FORMULA} (177)"
    assert rows[1][12:14] == ["1", "42,0"]
    assert len(rows) == 3
    page = await (await client.get("/history?by=agent")).text()
    assert "=HYPERLINK(&#34;x&#34;)" in page


async def test_another_companys_history_is_not_shown(console_app: ConsoleApp, client_of: ClientOf) -> None:
    now = console_app.console.clock.now()
    await store(console_app, *(visit(now, 5, Left.ANSWERED, "mrsk-hotline", OTHER_COMPANY) for _ in range(7)))
    client = await client_of(Role.SUPERVISOR)
    assert (await client.get(f"/history?by=queue&company={OTHER_COMPANY}")).status == 404
    client = await client_of(Role.ADMIN)
    assert "mrsk" in await (await client.get(f"/history?by=queue&company={OTHER_COMPANY}")).text()


def test_the_file_has_a_heading_for_every_column() -> None:
    row = HistoryRow("Всего", Figures())
    assert {len(line) for line in in_csv(HistoryTable((row,), row))} == {len(HEADINGS)}


async def test_the_page_reads_well(page: Page, console_app: ConsoleApp, axe: Axe) -> None:
    await week(console_app)
    await sign_in(page, console_app.base, Role.SUPERVISOR, "/history?since=2026-11-08")
    await expect(page.locator(".chart canvas")).to_be_visible()
    assert await axe(page) == []
    await page.get_by_role("link", name="По операторам").click()
    await expect(page.locator("svg.shares")).to_be_visible()
    await page.emulate_media(color_scheme="dark")
    await page.set_viewport_size({"width": 1024, "height": 768})
    assert await axe(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
