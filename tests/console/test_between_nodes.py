"""What happens on one node shows on a page that is open on the other: two real controllers on one PostgreSQL."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Browser, Page, expect
from sqlalchemy import select, text

from agent_console.people.models import Role
from agent_console.web.public import seals
from appeals.intake.intake import accept
from appeals.numbering import written
from appeals.register import Register
from carrier.stories.installation import Installation
from grid.outages.models import OutageReport
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import SystemClock
from gridline.processes.models import NewsRow
from tests.console.conftest import COMPANY, Client, sign_in
from tests.console.softphone_agent import hire
from tests.console.test_public_forms import NEW, blank, send
from tests.faults.injury import until_known
from tests.store.test_news import cut
from worklist.codes import ItemKind
from worklist.models import WorkItem

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(240)]

NEWS = 100
WITHIN_MS = 300.0
WATCH = """id => {
  window.seen = [];
  const look = () => {
    const owner = document.getElementById(id)?.dataset.owner;
    if (owner !== undefined && window.seen.at(-1)?.owner !== owner) window.seen.push({owner, at: Date.now()});
  };
  look();
  new MutationObserver(look).observe(document.body, {subtree: true, childList: true, attributes: true});
}"""
ROLES = (Role.DISPATCHER, Role.CLERK, Role.SUPERVISOR)


class Nodes:
    """Two controllers, each with its console; `a` is where things happen, `b` where people look."""

    def __init__(self, folder: Path, url: str) -> None:
        self.a, self.b = (
            Installation(
                folder / node,
                {"database_url": url, "node": node, "node_series": series, "asterisk": "external", "least_free_mb": 1},
            )
            for series, node in enumerate(("a", "b"), 1)
        )

    async def start(self) -> None:
        for node in (self.a, self.b):
            await node.serve()
        for node in (self.a, self.b):
            await until_known(partial(self._answers, node), f"the console of {node.settings.node}", 60)
        await until_known(self._hear, "both hear each other's news")

    async def stop(self) -> None:
        for node in (self.a, self.b):
            await node.stop()

    async def listeners(self) -> int:
        """Connections of the news."""
        query = text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND application_name = 'gridline-news' AND query LIKE '%FROM news%'"
        )
        async with self.a.db.read() as session:
            return int(await session.scalar(query) or 0)

    async def _answers(self, node: Installation) -> bool:
        return (await node.http("/healthz"))[0] != 0

    async def _hear(self) -> bool:
        return await self.listeners() == 2


@pytest.fixture
async def nodes(postgres_url: str, tmp_path: Path) -> AsyncIterator[Nodes]:
    """Both, running, with people of some roles."""
    made = Nodes(tmp_path, postgres_url)
    for role in ROLES:
        await hire(made.a, role.value, None, role=role)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def on_a(nodes: Nodes) -> AsyncIterator[dict[Role | None, Client]]:
    """People who work on node a; None is a visitor of the public pages."""
    sessions, clients = [], {}
    for role in (None, *ROLES):
        sessions.append(aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)))
        clients[role] = Client(sessions[-1], nodes.a.base)
        if role is not None:
            assert (await clients[role].sign_in(role.value)).status == 303
    yield clients
    for session in sessions:
        await session.close()


async def only(nodes: Nodes, model: type[Any]) -> Any:
    async with nodes.a.db.read() as session:
        return (await session.scalars(select(model))).one()


async def reported(visitor: Client) -> None:
    """Somebody says on node a's public page that the light is off."""
    hidden = await blank(visitor, "/report")
    await asyncio.sleep(seals.LEAST.total_seconds())  # a form that comes back sooner was sent by no person
    status, page = await send(visitor, "/report", NEW, hidden)
    assert status == 200, page


async def new_page(browser: Browser, nodes: Nodes, role: Role, path: str) -> Page:
    context = await browser.new_context(locale="ru-RU")
    page = await context.new_page()
    await sign_in(page, nodes.b.base, role, path)
    return page


async def test_what_happens_on_one_node_is_seen_on_the_other(
    nodes: Nodes, on_a: dict[Role | None, Client], browser: Browser, capsys: pytest.CaptureFixture[str]
) -> None:
    loaded: list[str] = []
    work = await new_page(browser, nodes, Role.DISPATCHER, "/worklist")
    dispatch = await new_page(browser, nodes, Role.DISPATCHER, "/dispatch")
    storm = await new_page(browser, nodes, Role.SUPERVISOR, "/storm")
    for page in (work, dispatch, storm):
        page.on("load", lambda opened: loaded.append(opened.url))

    await reported(on_a[None])
    report, item = await only(nodes, OutageReport), await only(nodes, WorkItem)
    assert item.kind is ItemKind.OUTAGE_REPORT
    await expect(work.locator(f"#work-{item.id}")).to_be_visible(timeout=2000)
    await expect(dispatch.locator(f"#report-{report.id}")).to_be_visible(timeout=2000)

    answer = await on_a[Role.SUPERVISOR].post("/storm/mode", data={"on": "1", "company": COMPANY})
    assert answer.status < 400
    await expect(storm.get_by_text("включён").first).to_be_visible(timeout=1500)

    await _an_appeal(nodes, on_a[Role.CLERK], browser)

    took = await measured(nodes, on_a[Role.DISPATCHER], work, item.id)
    assert loaded == []
    p50, p95, p99 = (took[int(len(took) * share) - 1] for share in (0.5, 0.95, 0.99))
    with capsys.disabled():
        print(f"\nnews between nodes, in ms: p50 {p50:.0f}, p95 {p95:.0f}, p99 {p99:.0f}, most {took[-1]:.0f}")
    assert p95 <= WITHIN_MS  # of the last few the machine decides, which other tests have as well: they are printed


async def measured(nodes: Nodes, dispatcher: Client, page: Page, item_id: str) -> list[float]:
    """Milliseconds from the transaction on node a to the page on node b, of NEWS changes, sorted."""
    await page.evaluate(WATCH, f"work-{item_id}")
    for one in range(NEWS):
        step = "release" if one % 2 else "take"
        assert (await dispatcher.post(f"/worklist/{item_id}/{step}")).status < 400
        await page.wait_for_function("count => window.seen.length === count", arg=one + 2, timeout=5000)
    seen = [one["at"] for one in await page.evaluate("window.seen")][1:]
    async with nodes.a.db.read() as session:
        own = (NewsRow.subject == f"outage-report:{item_id}", NewsRow.node == "a")
        told = list(await session.scalars(select(NewsRow.at).where(*own).order_by(NewsRow.id)))[-NEWS:]
    return sorted(at - begun.timestamp() * 1000 for at, begun in zip(seen, told, strict=True))


async def _an_appeal(nodes: Nodes, clerk: Client, browser: Browser) -> None:
    """An appeal that is open on node b is taken by somebody on node a: the page says who."""
    register = Register(nodes.a.db, SystemClock(), nodes.a.companies, ProductionCalendar())
    intake = {"company_id": COMPANY, "channel": "office", "kind": "complaint", "topic": "service", "text": "Грубили."}
    intake |= {"applicant_kind": "person", "name": "Ким", "phone": "+79135550102", "actor": "user:clerk"}
    number = written((await register.register(accept(intake))).number)
    page = await new_page(browser, nodes, Role.SUPERVISOR, f"/appeals/{number}")
    notice = page.locator("[data-changed]")
    await expect(notice).to_be_hidden()
    version = await notice.get_attribute("data-version")
    answer = await clerk.post(f"/appeals/{number}/take", data={"version": version})
    assert answer.status < 400, await answer.text()
    await expect(notice).to_be_visible(timeout=2000)
    await expect(notice).to_contain_text("изменил другой: Clerk")


async def test_a_lost_connection_makes_every_open_page_look_again(
    nodes: Nodes, on_a: dict[Role | None, Client], browser: Browser
) -> None:
    page = await new_page(browser, nodes, Role.DISPATCHER, "/worklist")
    async with page.expect_request(lambda asked: asked.url.endswith("/worklist"), timeout=10_000):
        await cut(nodes.a.db)
    await until_known(lambda: _is(nodes, 2), "both listen again")
    began = time.monotonic()
    await reported(on_a[None])
    item = await only(nodes, WorkItem)
    await expect(page.locator(f"#work-{item.id}")).to_be_visible(timeout=2000)
    assert time.monotonic() - began < 10


async def _is(nodes: Nodes, count: int) -> bool:
    return await nodes.listeners() == count
