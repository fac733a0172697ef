"""The console for tests: a real application on a real SQLite with sample data, people of every role, a real browser."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import aiohttp
import pytest
from aiohttp import web
from argon2 import PasswordHasher
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from agent_console.api.clients import Clients, add_client
from agent_console.app import make_app
from agent_console.calls.forgetting import Forgetting
from agent_console.console import Console
from agent_console.people.leavers import Leavers
from agent_console.people.models import Role, User
from agent_console.people.passwords import Passwords
from agent_console.people.permissions import Actor
from agent_console.people.sessions import csrf_token
from agent_console.phone import Phones
from agent_console.push import Push
from agent_console.web.scripts import FRONTEND, build
from agent_console.web.security import CSRF_HEADER
from agent_console.worklist.call_bands import BANDS
from appeals.answers import post_room
from appeals.casework.casework import Casework
from appeals.casework.endings import Endings
from appeals.casework.promises import Promises
from appeals.register import Register
from asterisk_conf.logs import Logs
from grid.feeds.intake import FeedIntake
from grid.numbering.numbering import Numbering
from grid.offices.book import OfficeBook
from grid.outages import thresholds
from grid.reference.shelf import ReferenceShelf
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import SystemClock
from gridline.companies import Companies
from gridline.db import Database
from gridline.settings import HOUSE, Settings
from ivr.desk.desk import Desk
from ivr.desk.reconnect import Reconnect
from ivr.desk.recording_pause import RecordingPause
from ivr.desk.whisper import Whispers
from ivr.live.board import Board
from ivr.live.view import CallKey
from ivr.menus.editions.calendar_days import CalendarDays
from ivr.menus.editions.checking import Checking, editions_settings
from ivr.menus.editions.editions import Editions
from ivr.menus.flows import Flows
from ivr.outbound.agents_calls import AgentsCalls
from ivr.storm.announcer import Announcer
from ivr.storm.limits import of_installation
from ivr.storm.storm import Storm
from ivr.telephony.ami import Ami
from ivr.voice.prompts import PromptBook
from ivr.voice.voice import Voice
from outreach import quiet
from outreach.messages import Messages
from outreach.senders.of_settings import senders
from outreach.senders.outbox import OUTBOX
from outreach.senders.port import Receipts
from quality.judging import Judging
from quality.measures import rules
from recordings.disk import Disk
from recordings.incoming import Incoming
from recordings.store import Store
from service.cli.menus import vocabulary_by_book
from service.controller import CHECK
from tests.table_ears import TableEars
from worklist import clocks
from worklist.callbacks import Callbacks
from worklist.outage_desk import OutageDesk
from worklist.steps.call_outs import CallOuts
from worklist.worklist import Worklist

AXE = FRONTEND / "node_modules/axe-core/axe.min.js"
CHROMIUM = "/usr/bin/chromium"
CHROMIUM_FLAGS = [
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
    "--no-sandbox",
    "--disable-background-networking",
]
PASSWORD = "correct horse battery"
COMPANY, OTHER_COMPANY = "skek", "mrsk-centra"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""The real algorithm with its smallest parameters: a test signs in some twenty people."""


class Line:
    """Whether Asterisk is said to be connected."""

    up = True


@dataclass
class ConsoleApp:
    """The running application and what stands behind it."""

    app: web.Application
    console: Console
    base: str
    line: Line
    api_token: str
    users: dict[Role, Actor] = field(default_factory=dict)
    """One person of each role in COMPANY; his login is his role, his password PASSWORD."""


class Client:
    """A browser without a screen: cookies, Origin and CSRF token as our pages send them."""

    def __init__(self, session: aiohttp.ClientSession, base: str) -> None:
        self.session = session
        self.base = base
        self.csrf = ""

    async def sign_in(self, login: str, password: str = PASSWORD) -> aiohttp.ClientResponse:
        """Sign in as the page does; the answer, whatever it is."""
        answer = await self.post("/signin", data={"login": login, "password": password})
        cookie = next((one for one in self.session.cookie_jar if one.key == "gridline"), None)
        self.csrf = csrf_token(cookie.value) if cookie is not None else ""
        return answer

    async def get(self, path: str, **options: Any) -> aiohttp.ClientResponse:
        """GET, without following redirects."""
        return await self.request("GET", path, **options)

    async def post(self, path: str, **options: Any) -> aiohttp.ClientResponse:
        """POST with Origin and CSRF token, without following redirects."""
        return await self.request("POST", path, **options)

    async def request(self, method: str, path: str, **options: Any) -> aiohttp.ClientResponse:
        """Any request; `headers` win over ours. The body is read."""
        own = {} if method in ("GET", "HEAD") else {"Origin": self.base, CSRF_HEADER: self.csrf}
        options["headers"] = own | options.pop("headers", {})
        async with self.session.request(method, self.base + path, allow_redirects=False, **options) as answer:
            await answer.read()
            return answer


class ClientOf(Protocol):
    """Makes a client that is signed in with this role, or as nobody."""

    async def __call__(self, role: Role | None) -> Client: ...


Axe = Callable[[Page], Awaitable[list[str]]]


@pytest.fixture
async def console_app(sample_template: Path, tmp_path: Path) -> AsyncIterator[ConsoleApp]:
    """The application with the sample data in SQLite; no Asterisk behind it."""
    shutil.copyfile(sample_template, tmp_path / "gridline.db")
    async with opened(Database(f"sqlite+aiosqlite:///{tmp_path / 'gridline.db'}"), tmp_path) as made:
        yield made


@asynccontextmanager
async def opened(db: Database, tmp_path: Path) -> AsyncIterator[ConsoleApp]:
    """The application on a free port of the loopback address inside the block; the database is closed at its end."""
    clock, calendar = SystemClock(), ProductionCalendar()
    settings = Settings(var=tmp_path, database_url=db.url.render_as_string())
    companies = Companies.load(HOUSE / "dialplan/companies")
    ami = Ami("127.0.0.1", 1, "nobody", "", on_event=lambda _: None, on_resync=lambda _: None, clock=clock)
    casework, endings = Casework(db, clock, companies, calendar), Endings(db, clock, companies)
    worklist = Worklist(db, clock, clocks.of_installation(settings.dialplan))
    register = Register(db, clock, companies, calendar)
    line, voice, board, disk = Line(), Voice.of(settings), Board(settings.node), Disk()
    reconnect = Reconnect(ami, board, clock, on_over=lambda agent: desk.tell_again(agent))
    desk = Desk(ami, db, clock, board, lambda _: None, is_parked=reconnect.is_parked)
    phones = Phones(settings, clock)
    receipts: Receipts = asyncio.Queue()
    sms = senders(settings, clock, receipts)
    own = tmp_path / "dialplan"
    shutil.copytree(settings.dialplan, own)
    checking = Checking(own, tmp_path, CHECK, editions_settings(settings))
    console = Console(
        db=db,
        clock=clock,
        companies=companies,
        calendar=calendar,
        register=register,
        worklist=worklist,
        callbacks=Callbacks(db, clock, worklist),
        call_outs=CallOuts(db, clock, calendar, companies, register, worklist),
        feeds=FeedIntake(db, clock),
        outage_desk=OutageDesk(db, clock, companies, worklist, thresholds.of_installation(settings.dialplan)),
        messages=Messages(db, clock, companies, quiet.of_installation(settings.dialplan), sms, receipts),
        casework=casework,
        endings=endings,
        dispatch=post_room.dispatch(settings, db, clock, companies, casework, endings),
        promises=Promises(db, clock),
        board=board,
        desk=desk,
        phones=phones,
        leavers=Leavers(db, phones, desk.dismiss),
        reconnect=reconnect,
        recording_pause=RecordingPause(ami, board, clock, desk.remember, lambda _: None, is_parked=reconnect.is_parked),
        agents_calls=AgentsCalls(clock, lambda id: id, lambda agent: made.app[BANDS].call_changed(agent)),
        flows=_flows(),
        editions=Editions(db, clock, own, tmp_path, None, checking),
        calendar_days=CalendarDays(db, clock, tmp_path, calendar),
        voice=voice,
        settings=settings,
        push=Push(clock),
        storm=Storm(db, clock, of_installation(settings.dialplan), settings.node),
        announcer=Announcer(db, clock, voice, tmp_path / "announced", disk),
        numbering=Numbering(db),
        offices=OfficeBook(own / "offices", companies),
        shelf=ReferenceShelf(own, companies),
        judging=Judging.of(settings.dialplan, db, clock, companies, calendar, worklist),
        incoming=Incoming(tmp_path / "incoming", clock, least_free=0),
        recordings=tmp_path / "recordings",
        store=Store.in_folder(tmp_path / "recordings"),
        ears=TableEars({}, available=False),
        talk_rules=rules.of_installation(settings.dialplan),
        line_up=lambda: line.up,
    )
    logs = Logs(tmp_path / "asterisk/var/log", settings.asterisk_logs_mb)
    forgetting = Forgetting(
        db,
        clock,
        node=settings.node,
        board=board,
        ami=ami,
        push=console.push,
        incoming=console.incoming,
        whispers=Whispers(db, clock, board, voice, tmp_path / "whispers", key_of=lambda _: CallKey("", "", "")),
        logs=logs,
        outbox=tmp_path / OUTBOX,
        tell=worklist.tell,
    )
    console.register.on_shutting.append(forgetting.in_transaction)
    console.register.on_shut.append(forgetting.at_once)
    token = add_client(tmp_path / "clients.json", "site", frozenset({COMPANY}))

    async def health() -> dict[str, bool]:
        return {"database": True, "asterisk": line.up}

    clients = Clients.load(tmp_path / "clients.json")
    build()
    app = make_app(console, health, api_clients=clients, passwords=Passwords(CHEAP))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    made = ConsoleApp(app, console, f"http://127.0.0.1:{port}", line, token)
    await _people(made)
    yield made
    await runner.cleanup()
    await voice.close()
    await disk.close()
    await db.close()


@cache
def _flows() -> Flows:
    """The menus the product ships; no test of the console changes them."""
    book = PromptBook.load(HOUSE / "dialplan" / "prompts.ru.yaml")
    companies = Companies.load(HOUSE / "dialplan" / "companies")
    return Flows(companies, HOUSE / "dialplan" / "menus", lambda company: vocabulary_by_book(company, book))


async def _people(made: ConsoleApp) -> None:
    """One person of each role in COMPANY, each with PASSWORD; the administrator sees every company."""
    hashed = CHEAP.hash(PASSWORD)
    async with made.console.db.write() as session:
        for role in Role:
            user = User(
                login=role.value,
                name=NAMES[role],
                password_hash=hashed,
                one_time=False,
                role=role,
                company_id=None if role is Role.ADMIN else COMPANY,
                branch="",
                agent={Role.AGENT: "101", Role.SUPERVISOR: "102"}.get(role),
                created_at=made.console.clock.now(),
                disabled_at=None,
            )
            session.add(user)
            await session.flush()
            made.users[role] = Actor.of(user)


NAMES = {
    Role.AGENT: "Ольга Смирнова",
    Role.SUPERVISOR: "Игорь Петров",
    Role.QA: "Анна Ким",
    Role.QA_BRANCHES: "Лев Абрамов",
    Role.QA_HEAD: "Нина Белова",
    Role.DISPATCHER: "Павел Орлов",
    Role.MANAGER: "Ирина Котова",
    Role.CLERK: "Мария Лебедева",
    Role.SECURITY: "Сергей Ильин",
    Role.ADMIN: "Вера Соколова",
}


@pytest.fixture
async def client_of(console_app: ConsoleApp) -> AsyncIterator[ClientOf]:
    """Makes signed-in HTTP clients: `agent = await client_of(Role.AGENT)`; None is nobody."""
    opened: list[aiohttp.ClientSession] = []

    async def make(role: Role | None) -> Client:
        session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        opened.append(session)
        client = Client(session, console_app.base)
        if role is not None:
            assert (await client.sign_in(role.value)).status == 303
        return client

    yield make
    for session in opened:
        await session.close()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Headless Chromium with a microphone that beeps; skipped, saying so, where there is none."""
    if not Path(CHROMIUM).exists():
        pytest.skip("нет /usr/bin/chromium: gridline setup --tests")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """One person's browser window at 1366x768."""
    context = await browser.new_context(viewport={"width": 1366, "height": 768}, locale="ru-RU")
    context.set_default_timeout(15_000)
    yield context
    await context.close()


@pytest.fixture
async def page(context: BrowserContext) -> AsyncIterator[Page]:
    """A page whose script errors fail the test: a refused inline script, a missing file, an exception."""
    page = await context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: problems.append(said.text) if "Content Security Policy" in said.text else None)
    yield page
    assert not problems, problems


async def sign_in(page: Page, base: str, role: Role, path: str = "/") -> None:
    """Sign in by hand, and be at `path`."""
    await page.goto(f"{base}/signin?next={path}")
    await page.get_by_label("Логин").fill(role.value)
    await page.get_by_label("Пароль", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Войти").click()
    await page.wait_for_url(f"{base}{path}")


@pytest.fixture
def axe() -> Axe:
    """Findings of axe on a page that matter: serious and critical ones, each in a line."""

    async def check(page: Page) -> list[str]:
        # By the page's own evaluate: the policy forbids a script tag of foreign text, and that stays so.
        await page.evaluate(AXE.read_text(encoding="utf-8"))
        found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{one['id']}: {one['help']}: {', '.join(node['html'][:120] for node in one['nodes'])}"
            for one in found["violations"]
            if one["impact"] in ("serious", "critical")
        ]

    return check
