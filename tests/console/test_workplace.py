"""The agent's place: shifts by HTTP where Asterisk is away, and how the page looks and reads."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from agent_console.pages.workplace import show_place
from agent_console.people.models import Role, User
from tests.console.conftest import COMPANY, Axe, ClientOf, ConsoleApp, sign_in
from tests.console.floor import GONE, Floor


async def test_a_shift_begins_paused_and_outlives_an_absent_asterisk(
    console_app: ConsoleApp, client_of: ClientOf
) -> None:
    client = await client_of(Role.AGENT)
    agent = console_app.users[Role.AGENT].agent
    assert agent is not None
    answer = await client.post("/desk/sign-on", data={"queue": "skek-hotline"})
    assert answer.status == 503  # nobody can be told now: said so, and told as soon as the line is up
    shift = console_app.console.desk.shift(agent)
    assert shift is not None
    assert (shift.queues, shift.state) == (("skek-hotline",), "paused")
    text = await (await client.get("/desk")).text()
    assert "На линию" in text
    assert "Закончить смену" in text


async def test_somebody_without_a_telephone_begins_with_their_own_work_and_reads_why(
    page: Page, console_app: ConsoleApp, axe: Axe
) -> None:
    """Case C26."""
    async with console_app.console.db.write() as session:
        (await session.get_one(User, console_app.users[Role.SUPERVISOR].user_id)).agent = None
    await sign_in(page, console_app.base, Role.SUPERVISOR, "/account")
    await page.goto(console_app.base)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Табло")
    await expect(page.get_by_role("link", name="Рабочее место")).to_have_count(0)
    await page.goto(f"{console_app.base}/desk")
    await expect(page.get_by_role("heading", level=1)).to_have_text("У вас нет телефона")
    assert await axe(page) == []
    await page.get_by_role("link", name="На главную").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Табло")


@pytest.mark.parametrize(
    ("role", "work"),
    [
        *(
            (Role.AGENT, "/desk"),
            (Role.SUPERVISOR, "/wallboard"),
            (Role.QA, "/judging"),
            (Role.DISPATCHER, "/wallboard"),
        ),
        *((Role.CLERK, "/appeals"), (Role.SECURITY, "/appeals"), (Role.ADMIN, "/users")),
    ],
)
async def test_each_role_begins_with_its_own_work(client_of: ClientOf, role: Role, work: str) -> None:
    client = await client_of(role)
    assert (await client.get("/")).headers["Location"] == work
    assert (await client.get(work)).status == 200


@pytest.mark.parametrize("page", ["/desk", "/wallboard", "/calls", "/history"])
async def test_queues_are_called_as_people_call_them(client_of: ClientOf, page: str) -> None:
    """Case C28: everywhere alike, by the company's file."""
    text = await (await (await client_of(Role.SUPERVISOR)).get(page)).text()
    shown = re.sub(r"<[^>]*>", " ", text)
    assert "Офис обслуживания" in shown
    assert "skek-" not in shown


async def test_a_queue_of_another_company_is_refused(client_of: ClientOf) -> None:
    client = await client_of(Role.AGENT)
    answer = await client.post("/desk/sign-on", data={"queue": "mrsk-hotline"})
    assert answer.status == 422
    assert "mrsk-hotline" in await answer.text()


async def test_a_reason_of_ones_own_is_refused(client_of: ClientOf) -> None:
    client = await client_of(Role.AGENT)
    await client.post("/desk/sign-on", data={"queue": "skek-hotline"})
    answer = await client.post("/desk/pause", data={"reason": "просто так"})
    assert answer.status == 422
    assert "перерыв" in await answer.text()


async def test_the_place_reads_well(page: Page, console_app: ConsoleApp, axe: Axe) -> None:
    await sign_in(page, console_app.base, Role.AGENT, "/desk")
    await page.get_by_role("button", name="Выйти на смену").wait_for()
    assert await axe(page) == []


async def test_the_bar_shows_the_desk_phone_that_was_chosen_and_what_can_be_done_now(
    page: Page, console_app: ConsoleApp, client_of: ClientOf, axe: Axe
) -> None:
    console = console_app.console
    await (await client_of(Role.AGENT)).post("/desk/sign-on", data={"queue": "skek-hotline", "phone": "desk"})
    floor = Floor(console.board, console.clock, COMPANY)
    floor.agent("101", "Ольга Смирнова", "skek-hotline")
    await sign_in(page, console_app.base, Role.AGENT, "/desk")
    bar = page.locator("#softphone")
    await expect(bar.get_by_text("Настольный аппарат готов")).to_be_visible()
    await expect(page.get_by_label("Настольный аппарат")).to_be_checked()

    caller = floor.caller("skek-hotline", number="+79235550101")
    floor.answers("101", caller)
    show_place(console_app.app, console, "101")
    await expect(bar.get_by_text("Разговор по настольному аппарату")).to_be_attached()
    await expect(bar.get_by_text("+7 923 555-01-01")).to_be_visible()
    await expect(bar.get_by_role("button", name="Отбой")).to_be_enabled()
    await expect(bar.get_by_role("button", name="Удержать")).to_be_hidden()  # his telephone has a button for it
    assert await axe(page) == []

    console_app.line.up = False
    for name in ("На линию", "Пауза", "Закончить смену", "Сменить"):
        await expect(page.get_by_role("button", name=name)).to_be_disabled()
    await expect(page.locator(".line-note")).to_contain_text("Нет связи с АТС")
    assert await axe(page) == []
    console_app.line.up = True
    await expect(page.get_by_role("button", name="На линию")).to_be_enabled()
    await expect(page.locator(".line-note")).to_be_hidden()

    floor.leaves(caller)
    floor.phone("101", GONE)
    show_place(console_app.app, console, "101")
    await expect(bar.get_by_text("Настольный аппарат не на связи")).to_be_visible()


async def test_a_pause_is_seen_on_every_page_and_ends_without_leaving_it(
    page: Page, console_app: ConsoleApp, client_of: ClientOf, axe: Axe
) -> None:
    console = console_app.console
    await (await client_of(Role.AGENT)).post("/desk/sign-on", data={"queue": "skek-hotline"})
    await sign_in(page, console_app.base, Role.AGENT, "/knowledge")
    strip = page.locator(".shift-strip")
    await expect(strip).to_contain_text("Пауза")
    assert await axe(page) == []
    async with page.expect_response("**/desk/ready"):
        await page.keyboard.press("F2")
    show_place(console_app.app, console, "101")  # Asterisk is away here: otherwise the desk tells it
    await expect(strip).to_be_hidden()
    assert page.url.endswith("/knowledge")


async def test_a_telephone_that_there_is_not_is_refused(client_of: ClientOf) -> None:
    answer = await (await client_of(Role.AGENT)).post("/desk/sign-on", data={"queue": "skek-hotline", "phone": "fax"})
    assert answer.status == 422
