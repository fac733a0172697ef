"""The wallboard: what it counts, whom it obeys, how fast and how rightly it changes."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select

from agent_console.people.models import AuditEntry, Role
from agent_console.wallboard.live import LIVE, Live
from agent_console.wallboard.wall import Activity, Wall, wall
from agent_console.web.render import TEMPLATES
from appeals.casework.promises import new as promise
from appeals.codes import PromiseKind
from appeals.intake.intake import accept
from gridline.clock import SystemClock
from gridline.companies import Companies
from gridline.db import new_id
from gridline.errors import Unavailable
from gridline.settings import HOUSE
from ivr.desk.models import Left, QueueVisit
from ivr.desk.shift import Shift, ShiftState
from ivr.live.board import Board
from tests.console.conftest import COMPANY, OTHER_COMPANY, Axe, ClientOf, ConsoleApp, sign_in
from tests.console.floor import FREE, GONE, RINGING, Floor
from worklist.codes import ItemKind
from worklist.worklist import Matter

expect.set_options(timeout=20_000)

HOTLINE, OFFICE = "skek-hotline", "skek-office"
NASTY = "<img src=x onerror=alert(1)>\"'"


def floor_of(made: ConsoleApp) -> Floor:
    return Floor(made.console.board, made.console.clock, COMPANY)


def tell(made: ConsoleApp, floor: Floor) -> None:
    """What the controller does with every change of the board."""
    for changes in floor.changes:
        made.app[LIVE].changed(changes)
    floor.changes.clear()


def seen(made: ConsoleApp, floor: Floor) -> Wall:
    company = made.console.companies.by_id(COMPANY)
    return wall(company, made.console.board, made.console.desk.shifts(), Wall(), made.console.clock.now())


async def signed_on(made: ConsoleApp, client_of: ClientOf) -> str:
    """The agent of COMPANY on shift in the hotline; no Asterisk hears of it, and that is all right."""
    await (await client_of(Role.AGENT)).post("/desk/sign-on", data={"queue": HOTLINE})
    agent = made.users[Role.AGENT].agent
    assert agent is not None
    return agent


async def store(made: ConsoleApp, *visits: QueueVisit) -> None:
    async with made.console.db.write() as session:
        session.add_all(visits)


def visit(at: datetime, waited_s: float, outcome: Left, queue: str = HOTLINE, company: str = COMPANY) -> QueueVisit:
    agent = "101" if outcome is Left.ANSWERED else ""
    return QueueVisit(
        id=new_id(),
        call_id=new_id(),
        company_id=company,
        queue=queue,
        priority=0,
        entered_at=at,
        left_at=at + timedelta(seconds=waited_s),
        waited_s=waited_s,
        outcome=outcome,
        agent=agent,
        rang_s=None,
        missed=0,
    )


async def test_who_waits_and_who_is_free(console_app: ConsoleApp, client_of: ClientOf) -> None:
    floor = floor_of(console_app)
    agent = await signed_on(console_app, client_of)
    floor.agent(f"{agent}-web", agent, HOTLINE)
    floor.agent("150", "Настольный", HOTLINE, OFFICE)
    floor.agent("151", "Выключенный", HOTLINE, status=GONE)
    first = floor.caller(HOTLINE, waits_s=40)
    floor.caller(HOTLINE, waits_s=5)
    floor.caller(HOTLINE, waits_s=20, priority=10)
    floor.caller(OFFICE, waits_s=90)
    one = seen(console_app, floor)
    assert (one.waiting, one.danger) == (4, 1)
    assert [(row.queue, row.live.waiting if row.live else None) for row in one.queues] == [
        (HOTLINE, 3),
        (OFFICE, 1),
        ("skek-water", None),
    ]
    assert one.longest_since == one.queues[1].live.longest_since  # type: ignore[union-attr]
    assert {(it.agent, it.doing, it.reason) for it in one.agents} == {
        (agent, Activity.PAUSED, "ещё не на линии"),
        ("150", Activity.FREE, ""),
    }
    floor.answers("150", first)
    assert seen(console_app, floor).states == {Activity.PAUSED: 1, Activity.TALKING: 1}


def test_what_an_agent_is_doing() -> None:
    clock = SystemClock()
    now, company = clock.now(), Companies.load(HOUSE / "dialplan/companies").by_id(COMPANY)
    for state, reason, phone, doing in (
        (ShiftState.READY, "", FREE, Activity.FREE),
        (ShiftState.READY, "", RINGING, Activity.RINGING),
        (ShiftState.READY, "", GONE, Activity.AWAY),
        (ShiftState.PAUSED, "обед", FREE, Activity.PAUSED),
        (ShiftState.PAUSED, "обед", GONE, Activity.PAUSED),
        (ShiftState.WRAP_UP, "", FREE, Activity.WRAP_UP),
    ):
        board = Board("node1")
        floor = Floor(board, clock, COMPANY)
        floor.agent("101-web", "101", HOTLINE, status=phone)
        shift = Shift("101", "u", "Ольга", COMPANY, (HOTLINE,), state, reason, now - timedelta(minutes=5))
        before = wall(company, board, [shift], Wall(), now)
        assert [(one.doing, one.reason) for one in before.agents] == [(doing, reason)]
        later = wall(company, board, [shift], before, now + timedelta(seconds=30))
        assert later.agents == before.agents, doing  # what lasts keeps the moment it began
        floor.phone("101-web", 2)
        talking = wall(company, board, [shift], later, now + timedelta(seconds=40)).agents[0]
        assert (talking.doing, talking.since) == (Activity.TALKING, now + timedelta(seconds=40))


async def test_the_figures_of_today_are_the_same_after_a_restart(console_app: ConsoleApp) -> None:
    console = console_app.console
    company, now = console.companies.by_id(COMPANY), console.clock.now()
    midnight = now.astimezone(company.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    await store(
        console_app,
        visit(now, 10, Left.ANSWERED),
        visit(now, 29, Left.ANSWERED),
        visit(now, 31, Left.ANSWERED, OFFICE),
        visit(now, 12, Left.ABANDONED),
        visit(max(midnight, now - timedelta(hours=20)), 5, Left.ANSWERED),
        visit(midnight - timedelta(seconds=1), 5, Left.ABANDONED),  # yesterday
        visit(now, 5, Left.ANSWERED, "mrsk-hotline", OTHER_COMPANY),
    )
    before = await console_app.app[LIVE].look(company)
    assert before.today is not None
    whole = before.today.whole
    assert (whole.offered, whole.answered, whole.in_time, whole.lost) == (5, 4, 3, 1)
    assert whole.service_level == 60.0
    assert before.today.queues[OFFICE].offered == 1
    assert sum(one.answered + one.lost for one in before.today.half_hours) == 5
    console_anew = Live(console, console_app.app[TEMPLATES])
    after = await console_anew.look(company)
    assert after == before


async def test_promises_are_shown_without_those_of_the_trust_line(console_app: ConsoleApp) -> None:
    console, now = console_app.console, console_app.console.clock.now()
    intake = {
        "company_id": COMPANY,
        "channel": "phone",
        "kind": "trust",
        "topic": "service",
        "applicant_kind": "person",
        "text": "Вымогают деньги",
        "answer_way": "none",
        "actor": "test",
        "idempotency_key": "trust-1",
    }
    appeal = await console.register.register(accept(intake))
    made, signature = now - timedelta(hours=1), console_app.users[Role.SUPERVISOR].signature
    soon, late, far = now + timedelta(minutes=5), now - timedelta(minutes=1), now + timedelta(hours=3)
    async with console.db.write() as session:
        session.add_all(
            [
                promise(COMPANY, PromiseKind.VISIT, owner="РЭС", made_at=made, due_at=late),
                promise(
                    COMPANY, PromiseKind.TASK, owner="secret", made_at=made, due_at=soon, appeal_id=appeal.appeal_id
                ),
            ]
        )
    for company, due_at in ((COMPANY, soon), (COMPANY, far), (OTHER_COMPANY, soon)):
        owed = Matter(ItemKind.CALLBACK, company, f"callback:{due_at}", phone="+79131203401", due_at=due_at)
        item = await console.worklist.open(owed)
        await console.worklist.take(item.id, signature)
    told = await console_app.app[LIVE].look(console.companies.by_id(COMPANY))
    assert told.today is not None
    assert [(one.title, one.owner) for one in told.today.owed] == [
        ("приехать", "РЭС"),
        ("перезвонить", console_app.users[Role.SUPERVISOR].name),
    ]


@asynccontextmanager
async def following(made: ConsoleApp, topic: str) -> AsyncIterator[list[str]]:
    """What a page that follows the topic is told until the end of the block."""
    heard: list[str] = []
    with made.console.push.listen([topic]) as listener:
        await listener.take(within_s=10)  # hello
        yield heard
        heard.append((await listener.take(within_s=15)).decode())


async def test_a_change_is_told_at_once_and_only_what_changed(console_app: ConsoleApp, client_of: ClientOf) -> None:
    floor = floor_of(console_app)
    floor.agent("150", "Настольный", HOTLINE, OFFICE)
    company = console_app.console.companies.by_id(COMPANY)
    await console_app.app[LIVE].look(company)
    floor.changes.clear()
    async with following(console_app, f"wallboard:{COMPANY}") as heard:
        floor.caller(OFFICE)
        floor.caller(OFFICE)
        tell(console_app, floor)
    assert heard[0].count("event: morph") == 1  # two callers of one moment, one message
    ids = set(re.findall(r'id="(wb-[a-z0-9-]+)"', heard[0]))
    assert ids == {"wb-waiting", "wb-waiting-count", f"wb-queue-{OFFICE}"}
    async with following(console_app, f"queue:{OFFICE}") as heard:
        floor.caller(OFFICE)
        tell(console_app, floor)
    assert f'<td class="num" id="q-waiting-{OFFICE}">3</td>' in heard[0]
    text = await (await (await client_of(Role.AGENT)).get("/desk")).text()
    assert f'<td class="num" id="q-waiting-{OFFICE}">3</td>' in text  # the cells of the agent's own page
    assert f"queue:{OFFICE}" in text


async def test_names_are_only_text(console_app: ConsoleApp) -> None:
    floor = floor_of(console_app)
    company = console_app.console.companies.by_id(COMPANY)
    await console_app.app[LIVE].look(company)
    async with following(console_app, f"wallboard:{COMPANY}") as heard:
        floor.agent("150", NASTY, HOTLINE)
        tell(console_app, floor)
    assert "wb-agent-150" in heard[0]
    assert "<img" not in heard[0]


async def test_a_supervisor_changes_the_state_of_others_and_it_is_written_down(
    console_app: ConsoleApp, client_of: ClientOf
) -> None:
    agent = await signed_on(console_app, client_of)
    client, desk = await client_of(Role.SUPERVISOR), console_app.console.desk
    assert "Закончить его смену" in await (await client.get(f"/wallboard/agents/{agent}")).text()
    answer = await client.post(f"/wallboard/agents/{agent}/pause", data={"reason": "просто так"})
    assert answer.status == 422
    for deed, data, state in (
        ("ready", {}, ShiftState.READY),
        ("pause", {"reason": "обучение"}, ShiftState.PAUSED),
        ("sign-off", {}, None),
    ):
        await client.post(f"/wallboard/agents/{agent}/{deed}", data=data)
        shift = desk.shift(agent)
        assert (shift.state if shift else None) == state
    async with console_app.console.db.read() as session:
        query = select(AuditEntry.action, AuditEntry.subject, AuditEntry.detail).where(
            AuditEntry.action.startswith("agent.")
        )
        kept = [tuple(row) for row in await session.execute(query.order_by(AuditEntry.at))]
    name = console_app.users[Role.AGENT].name
    assert kept == [
        ("agent.readied", f"agent:{agent}", name),
        ("agent.paused", f"agent:{agent}", f"{name}: обучение"),
        ("agent.signed-off", f"agent:{agent}", name),
    ]
    assert (await client.get(f"/wallboard/agents/{agent}")).status == 404


async def test_an_agent_of_another_company_is_not_there(console_app: ConsoleApp, client_of: ClientOf) -> None:
    desk = console_app.console.desk
    with pytest.raises(Unavailable):  # no Asterisk here; the shift begins all the same
        await desk.sign_on("301", user_id="x", name="Чужая смена", company_id=OTHER_COMPANY, queues=["mrsk-hotline"])
    client = await client_of(Role.SUPERVISOR)
    assert (await client.get("/wallboard/agents/301")).status == 404
    for deed in ("ready", "pause", "sign-off"):
        answer = await client.post(f"/wallboard/agents/301/{deed}", data={"reason": "обед"})
        assert answer.status == 404, deed
    assert desk.shift("301") is not None
    page = await (await client.get(f"/wallboard?company={OTHER_COMPANY}")).text()
    assert "Чужая смена" not in page
    client = await client_of(Role.ADMIN)
    assert "Чужая смена" in await (await client.get(f"/wallboard?company={OTHER_COMPANY}")).text()


async def test_the_board_stands_without_a_database(console_app: ConsoleApp) -> None:
    floor = floor_of(console_app)
    floor.caller(HOTLINE)
    company = console_app.console.companies.by_id(COMPANY)
    live = Live(console_app.console, console_app.app[TEMPLATES])
    file = console_app.console.settings.var / "gridline.db"
    file.rename(file.with_suffix(".away"))
    told = await live.look(company)
    file.with_suffix(".away").rename(file)
    assert told.today is None
    assert told.wall.waiting == 1


async def test_a_storm_on_the_wall_and_the_morning_after(
    page: Page, console_app: ConsoleApp, client_of: ClientOf, axe: Axe
) -> None:
    """A supervisor watches: callers come, one in danger, an agent answers and is sent to lunch; it reads everywhere."""
    floor, now = floor_of(console_app), console_app.console.clock.now()
    await store(console_app, visit(now, 5, Left.ANSWERED), visit(now, 5, Left.ANSWERED), visit(now, 50, Left.ABANDONED))
    agent = await signed_on(console_app, client_of)
    floor.agent(f"{agent}-web", agent, HOTLINE)
    await sign_in(page, console_app.base, Role.SUPERVISOR, "/wallboard")
    await expect(page.locator("#wb-level b")).to_have_text("67 %")
    await expect(page.locator("#link-state")).to_have_attribute("data-state", "up")
    await expect(page.locator(".chart canvas")).to_be_visible()

    first = floor.caller(HOTLINE)
    tell(console_app, floor)
    await expect(page.locator("#wb-waiting-count")).to_have_text("1")
    await expect(page).to_have_title(re.compile(r"^\(1\) Табло"))
    await page.evaluate(
        """() => {
            window.seen = [];
            const look = () => seen.push(document.querySelector("#wb-waiting time")?.textContent ?? "");
            new MutationObserver(() => requestAnimationFrame(look)).observe(document.querySelector("[data-wall]"),
                {childList: true, subtree: true, characterData: true});
        }"""
    )
    danger = floor.caller(HOTLINE, priority=10)
    tell(console_app, floor)
    await expect(page.locator("#wb-danger")).to_contain_text("Опасность: ждёт 1 человек")
    seen = await page.evaluate("new Promise(done => requestAnimationFrame(() => done(window.seen)))")
    assert seen  # a time that ticks is never painted in the server's words
    assert all(re.fullmatch(r"\d+:\d\d", text) for text in seen), seen
    floor.answers(f"{agent}-web", danger)
    tell(console_app, floor)
    await expect(page.locator("#wb-danger")).to_be_empty()
    await expect(page.locator(f"#wb-agent-{agent}")).to_contain_text("говорит")
    await expect(page.locator(f"#wb-agent-{agent} time")).to_have_text(re.compile(r"^0:\d\d$"))
    floor.leaves(danger)
    floor.leaves(first)
    floor.phone(f"{agent}-web", FREE)
    tell(console_app, floor)
    await expect(page.locator("#wb-waiting-count")).to_have_text("0")
    assert await axe(page) == []

    await page.get_by_role("button", name="Изменить состояние").click()
    await page.get_by_label("Причина паузы").select_option("обед")
    await page.get_by_role("button", name="Поставить на паузу").click()
    console_app.app[LIVE].shift_changed()
    await expect(page.locator(f"#wb-agent-{agent}")).to_contain_text("обед")
    await page.keyboard.press("Escape")  # it stays open, for Asterisk could not be told

    await page.emulate_media(color_scheme="dark")
    await page.set_viewport_size({"width": 1024, "height": 768})
    assert await axe(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.get_by_role("link", name="На стену").click()
    await expect(page.locator(".wall.big")).to_be_visible()
    await expect(page.locator(".side")).to_be_hidden()
    assert await axe(page) == []
