"""The people's page and the audit: who may be added, shown and shut out, by whom; and what is written down of it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select

from agent_console.people import audit
from agent_console.people.audit_log import ACTIONS
from agent_console.people.models import AuditAction, AuditEntry, Role, User
from agent_console.people.sessions import SESSIONS
from tests.console.conftest import (
    CHEAP,
    COMPANY,
    OTHER_COMPANY,
    PASSWORD,
    Axe,
    Client,
    ClientOf,
    ConsoleApp,
    sign_in,
)

expect.set_options(timeout=20_000)
NASTY = "<b onmouseover=alert(1)>Иван</b>"


@pytest.fixture
async def admin(client_of: ClientOf) -> Client:
    """The administrator of all companies."""
    return await client_of(Role.ADMIN)


async def by_login(made: ConsoleApp, login: str) -> User | None:
    async with made.console.db.read() as session:
        return await session.scalar(select(User).where(User.login == login))


async def deeds(made: ConsoleApp) -> list[tuple[str, str]]:
    async with made.console.db.read() as session:
        query = select(AuditEntry.action, AuditEntry.subject).where(AuditEntry.action.startswith("user."))
        return [(row[0], row[1]) for row in await session.execute(query.order_by(AuditEntry.at))]


async def test_a_person_is_added_and_his_password_shown_once(console_app: ConsoleApp, admin: Client) -> None:
    answer = await admin.post(
        "/users",
        data={"login": "Ivanova", "name": "Мария Иванова", "role": "agent", "company": COMPANY, "agent": "140"},
        headers={"HX-Request": "true"},
    )
    text = await answer.text()
    assert answer.status == 200
    assert "close-dialog" in answer.headers["HX-Trigger"]
    found = re.search(r'id="one-time-password">([^<]+)<', text)
    assert found is not None
    user = await by_login(console_app, "ivanova")
    assert user is not None
    assert (user.name, user.role, user.company_id, user.agent, user.one_time) == (
        "Мария Иванова",
        Role.AGENT,
        COMPANY,
        "140",
        True,
    )
    await console_app.app[SESSIONS].sign_in("ivanova", found[1], device="", address="")
    listed = await (await admin.get("/users?q=иванова")).text()
    assert "Мария Иванова" in listed
    assert found[1] not in listed
    assert await deeds(console_app) == [("user.added", "user:ivanova")]


async def test_what_cannot_be_is_refused(admin: Client) -> None:
    for change, status in (
        ({"login": "agent"}, 409),
        ({"login": "а"}, 422),
        ({"name": " "}, 422),
        ({"role": "god"}, 422),
        ({"company": "nowhere"}, 404),
        ({"company": "", "branch": "belgorod"}, 422),
        ({"agent": "101"}, 409),
        ({"agent": "1; x"}, 422),
        ({"agent": "١٠٣"}, 422),
        ({"role": "clerk", "agent": "141"}, 422),
    ):
        given = {"login": "new", "name": "Новый", "role": "agent", "company": COMPANY, "agent": "140"} | change
        assert (await admin.post("/users", data=given)).status == status, change


async def test_shutting_out_signs_out_and_opens_again(
    console_app: ConsoleApp, admin: Client, client_of: ClientOf
) -> None:
    agent = await client_of(Role.AGENT)
    id = console_app.users[Role.AGENT].user_id
    assert (await agent.get("/desk")).status == 200
    assert (await admin.post(f"/users/{id}/sign-out")).status == 204
    assert (await agent.get("/desk")).status == 303
    assert (await agent.sign_in("agent")).status == 303
    assert (await agent.get("/desk")).status == 200
    assert (await admin.post(f"/users/{id}/disable")).status == 204
    assert (await agent.get("/desk")).status == 303
    assert (await agent.sign_in("agent")).status != 303
    assert (await admin.post(f"/users/{id}/enable")).status == 204
    assert (await agent.sign_in("agent")).status == 303
    reset = await admin.post(f"/users/{id}/reset")
    assert reset.status == 200
    assert (await agent.get("/desk")).status == 303
    assert [deed for deed, _ in await deeds(console_app)] == [
        "user.signed-out",
        "user.disabled",
        "user.enabled",
        "user.reset",
    ]


async def test_an_administrator_neither_shuts_himself_out_nor_resets_himself(
    console_app: ConsoleApp, admin: Client
) -> None:
    id = console_app.users[Role.ADMIN].user_id
    assert (await admin.post(f"/users/{id}/disable")).status == 409
    assert (await admin.post(f"/users/{id}/reset")).status == 422
    assert (await admin.get("/users")).status == 200


async def test_a_companys_administrator_sees_his_company_alone(console_app: ConsoleApp, client_of: ClientOf) -> None:
    now = console_app.console.clock.now()
    people = {
        "local": (Role.ADMIN, COMPANY, "Свой Администратор"),
        "foreign": (Role.CLERK, OTHER_COMPANY, "Чужой Человек"),
    }
    async with console_app.console.db.write() as session:
        for login, (role, company, name) in people.items():
            session.add(
                User(
                    login=login,
                    name=name,
                    password_hash=CHEAP.hash(PASSWORD),
                    one_time=False,
                    role=role,
                    company_id=company,
                    branch="",
                    agent=None,
                    created_at=now,
                )
            )
        await session.flush()
        foreign = await session.scalar(select(User.id).where(User.login == "foreign"))
        for login in ("foreign", "agent"):
            id = await session.scalar(select(User.id).where(User.login == login))
            audit.note(
                session, console_app.console.clock, user_id=id, action=AuditAction.SIGNED_IN, subject=f"тайна-{login}"
            )
    local = await client_of(None)
    await local.sign_in("local")
    text = await (await local.get("/users")).text()
    assert "Свой Администратор" in text
    assert "Чужой Человек" not in text
    for deed in ("reset", "sign-out", "disable", "enable"):
        assert (await local.post(f"/users/{foreign}/{deed}")).status == 404, deed
        everybodys = console_app.users[Role.ADMIN].user_id
        assert (await local.post(f"/users/{everybodys}/{deed}")).status == 404, deed
    for company in (OTHER_COMPANY, ""):
        given = {"login": "spy", "name": "Шпион", "role": "admin", "company": company}
        assert (await local.post("/users", data=given)).status == 422, company
    text = await (await local.get("/audit")).text()
    assert "тайна-agent" in text
    assert "тайна-foreign" not in text


async def test_the_audit_is_narrowed_and_only_text(console_app: ConsoleApp, admin: Client) -> None:
    console, actor = console_app.console, console_app.users[Role.QA]
    async with console.db.write() as session:
        for subject in ("recording:one", "recording:two", NASTY):
            audit.note(
                session,
                console.clock,
                user_id=actor.user_id,
                action=AuditAction.RECORDING_LISTENED,
                subject=subject,
                detail="x",
            )
    text = await (await admin.get("/audit?action=recording.listened&who=qa")).text()
    assert "recording:one" in text
    assert "recording:two" in text
    assert NASTY not in text
    text = await (await admin.get("/audit?q=:two")).text()
    assert "recording:two" in text
    assert "recording:one" not in text
    day = (console.clock.now() - timedelta(days=2)).date()
    assert "recording:" not in await (await admin.get(f"/audit?day={day}")).text()
    for wrong in ("action=x' OR 1=1", "day=вчера", "before=1;2"):
        assert (await admin.get(f"/audit?{wrong}")).status == 422, wrong
    assert "Таких записей нет" in await (await admin.get("/audit?who=' OR '1'='1")).text()


async def test_every_deed_that_is_kept_has_a_word(console_app: ConsoleApp, admin: Client) -> None:
    text = await (await admin.get("/audit")).text()
    assert "вошёл" in text
    assert set(ACTIONS) >= {"signed-in", "refused", "not-his", "recording.listened", "agent.paused", "user.added"}


async def test_the_page_reads_well_and_a_password_is_handed_over(page: Page, console_app: ConsoleApp, axe: Axe) -> None:
    await sign_in(page, console_app.base, Role.ADMIN, "/users")
    await expect(page.get_by_role("row")).to_have_count(len(Role) + 1)
    assert await axe(page) == []
    await page.get_by_role("button", name="Добавить", exact=True).click()
    await page.get_by_label("Имя и фамилия").fill(NASTY)
    await page.locator("#new-login").fill("agent")
    await page.locator("#new-role").select_option("clerk")
    await page.locator("#new-company").select_option(COMPANY)
    await page.get_by_role("button", name="Добавить и получить пароль").click()
    await expect(page.locator("#toasts")).to_contain_text("уже занят")
    await page.locator("#new-login").fill("clever")
    assert await axe(page) == []
    await page.get_by_role("button", name="Добавить и получить пароль").click()
    await expect(page.locator("#one-time-password")).to_be_visible()
    assert await axe(page) == []
    await page.get_by_role("button", name="Записал, закрыть").click()
    await expect(page.get_by_role("row")).to_have_count(len(Role) + 2)  # the list came anew by itself
    await expect(page.locator("#people").get_by_text(NASTY)).to_be_visible()
    await expect(page.locator("#one-time-password")).to_have_count(0)
    await page.goto(f"{console_app.base}/audit")
    await expect(page.get_by_role("cell", name="добавил человека")).to_be_visible()
    await page.emulate_media(color_scheme="dark")
    await page.set_viewport_size({"width": 1024, "height": 768})
    assert await axe(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
