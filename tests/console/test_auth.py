"""Signing in and out: what a person meets at the door, and what those meet who should not come in."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import func, select, update

from agent_console.people.models import AuditEntry, Role, SignInFailure, User, UserSession
from agent_console.people.passwords import Passwords, check_new
from agent_console.people.sessions import LONGEST_PAUSE_S, Sessions, SignInRefused, TooManyFailures, pause_s
from agent_console.people.users import USERS, Users
from gridline.clock import SetClock, SystemClock
from gridline.companies import Companies
from gridline.db import Database
from gridline.errors import Conflict, InvalidInput, NotFound
from gridline.settings import HOUSE
from tests.console.conftest import CHEAP, PASSWORD, ClientOf, ConsoleApp


@pytest.fixture
def clock() -> SetClock:
    return SetClock(SystemClock().now())


@pytest.fixture
def users(db: Database, clock: SetClock) -> Users:
    return Users(db, clock, Companies.load(HOUSE / "dialplan/companies"), Passwords(CHEAP))


@pytest.fixture
def sessions(db: Database, clock: SetClock) -> Sessions:
    return Sessions(db, clock, Passwords(CHEAP), idle=timedelta(minutes=30), longest=timedelta(hours=12))


async def _in(sessions: Sessions, login: str, password: str, address: str = "10.0.0.7") -> str:
    return await sessions.sign_in(login, password, device="Firefox", address=address)


async def test_a_person_signs_in_and_is_led_to_where_he_wanted_to_go(client_of: ClientOf) -> None:
    nobody = await client_of(None)
    away = await nobody.get("/account")
    assert (away.status, away.headers["Location"]) == (303, "/signin?next=/account")
    page = await nobody.get("/signin?next=/account")
    assert page.status == 200
    assert 'value="/account"' in await page.text()
    client = await client_of(Role.AGENT)
    account = await client.get("/account")
    assert account.status == 200
    assert "Ольга Смирнова" in await account.text()


@pytest.mark.parametrize(
    "there", ["//evil.example", "/\\evil.example", "https://evil.example", "", "/a b", "/a\r\nX: 1"]
)
async def test_nobody_is_led_elsewhere_after_signing_in(client_of: ClientOf, there: str) -> None:
    client = await client_of(None)
    answer = await client.post("/signin", data={"login": "agent", "password": PASSWORD, "next": there})
    assert (answer.status, answer.headers["Location"]) == (303, "/")


async def test_the_cookie_is_for_this_host_and_no_script(client_of: ClientOf) -> None:
    client = await client_of(None)
    cookie = (await client.sign_in("agent")).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie


async def test_a_wrong_password_says_the_same_as_a_wrong_login(client_of: ClientOf) -> None:
    client = await client_of(None)
    wrong, unknown = await client.sign_in("agent", "no"), await client.sign_in("nobody-here", "no")
    assert (wrong.status, unknown.status) == (401, 401)
    told = (await wrong.text()).replace('value="agent"', "")
    assert told == (await unknown.text()).replace('value="nobody-here"', "")


async def test_signing_out_ends_the_session_on_the_server(client_of: ClientOf) -> None:
    client = await client_of(Role.CLERK)
    kept = {one.key: one.value for one in client.session.cookie_jar}
    assert (await client.post("/signout")).status == 303
    assert (await client.get("/account")).status == 303
    assert (await client.get("/account", cookies=kept)).status == 303  # the cookie taken along is worth nothing


async def test_a_one_time_password_opens_nothing_but_the_choice_of_another(
    console_app: ConsoleApp, client_of: ClientOf
) -> None:
    password = await console_app.app[USERS].reset("qa")
    client = await client_of(None)
    assert (await client.sign_in("qa", password)).status == 303
    for path in ("/", "/account", "/events?topics=line"):
        moved = await client.get(path)
        assert (moved.status, moved.headers["Location"]) == (303, "/account/password")
    form = {"password": "three plain words", "again": "three plain word"}
    assert (await client.post("/account/password", data=form)).status == 422
    form["again"] = form["password"]
    assert (await client.post("/account/password", data=form)).status == 303
    assert (await client.get("/account")).status == 200


async def test_the_device_list_ends_another_session(client_of: ClientOf) -> None:
    here, there = await client_of(Role.AGENT), await client_of(Role.AGENT)
    page = await (await here.get("/account")).text()
    (path,) = [part.split('"')[0] for part in page.split('action="')[1:] if "/account/sessions/" in part]
    assert (await here.post(path)).status == 303
    assert (await there.get("/account")).status == 303
    assert (await here.get("/account")).status == 200
    stranger = await client_of(Role.CLERK)
    assert (await stranger.post(path)).status == 404


async def test_another_persons_session_cannot_be_ended(console_app: ConsoleApp, client_of: ClientOf) -> None:
    mine, theirs = await client_of(Role.CLERK), await client_of(Role.AGENT)
    async with console_app.console.db.read() as session:
        agent = console_app.users[Role.AGENT].user_id
        id = await session.scalar(select(UserSession.id).where(UserSession.user_id == agent))
    assert (await mine.post(f"/account/sessions/{id}/end")).status == 404
    assert (await theirs.get("/account")).status == 200


async def test_idleness_ends_a_session_and_work_keeps_it(users: Users, sessions: Sessions, clock: SetClock) -> None:
    token = await _in(sessions, "olga", await users.add("olga", "Ольга", Role.CLERK))
    for _ in range(4):
        clock.advance(timedelta(minutes=20))
        assert await sessions.of_token(token) is not None
    clock.advance(timedelta(minutes=20))
    assert await sessions.of_token(token, active=False) is not None
    clock.advance(timedelta(minutes=11))  # the stream of updates alone did not count
    assert await sessions.of_token(token) is None


async def test_a_session_ends_after_its_hours_whatever_is_done(
    users: Users, sessions: Sessions, clock: SetClock
) -> None:
    token = await _in(sessions, "olga", await users.add("olga", "Ольга", Role.CLERK))
    for _ in range(35):
        clock.advance(timedelta(minutes=20))
        assert await sessions.of_token(token) is not None
    clock.advance(timedelta(minutes=20))
    assert await sessions.of_token(token) is None


async def test_a_disabled_person_is_out_at_once_and_stays_out(users: Users, sessions: Sessions) -> None:
    password = await users.add("olga", "Ольга", Role.CLERK)
    token = await _in(sessions, "olga", password)
    await users.disable("olga")
    assert await sessions.of_token(token) is None
    with pytest.raises(SignInRefused):
        await _in(sessions, "olga", password)
    await users.enable("olga")
    assert await sessions.of_token(await _in(sessions, "olga", password)) is not None
    assert await sessions.of_token(token) is None


async def test_the_token_is_not_in_the_database(users: Users, sessions: Sessions, db: Database) -> None:
    token = await _in(sessions, "olga", await users.add("olga", "Ольга", Role.CLERK))
    async with db.read() as session:
        (row,) = await session.scalars(select(UserSession))
    assert token not in (row.id, row.device, row.address)
    assert await sessions.of_token(row.id) is None


async def test_wrong_passwords_make_the_next_attempt_wait(users: Users, sessions: Sessions, clock: SetClock) -> None:
    password = await users.add("olga", "Ольга", Role.CLERK)
    for _ in range(5):
        with pytest.raises(SignInRefused):
            await _in(sessions, "olga", "wrong")
    with pytest.raises(TooManyFailures, match="через 30 с"):
        await _in(sessions, "olga", password)
    await _in(sessions, "olga", password, address="10.0.0.8")  # her own desk, not the guesser's
    clock.advance(timedelta(seconds=31))
    with pytest.raises(SignInRefused):
        await _in(sessions, "olga", "wrong")
    clock.advance(timedelta(seconds=31))
    with pytest.raises(TooManyFailures):  # the pause has doubled
        await _in(sessions, "olga", password)
    clock.advance(timedelta(seconds=30))
    await _in(sessions, "olga", password)
    with pytest.raises(SignInRefused):  # and everything is forgiven after the right one
        await _in(sessions, "olga", "wrong")


async def test_a_hundred_guesses_at_once_are_checked_one_by_one(users: Users, sessions: Sessions, db: Database) -> None:
    await users.add("olga", "Ольга", Role.CLERK)
    told = await asyncio.gather(*(_in(sessions, "olga", f"guess {n}") for n in range(40)), return_exceptions=True)
    assert sum(isinstance(one, SignInRefused) for one in told) == 5
    assert sum(isinstance(one, TooManyFailures) for one in told) == 35
    async with db.read() as session:
        assert await session.scalar(select(func.count()).select_from(SignInFailure)) == 5


async def test_one_address_cannot_try_everybody(users: Users, sessions: Sessions) -> None:
    password = await users.add("olga", "Ольга", Role.CLERK)
    for n in range(25):
        with pytest.raises(SignInRefused):
            await _in(sessions, f"person{n}", "Spring2026")
    with pytest.raises(TooManyFailures):
        await _in(sessions, "olga", password)
    assert await _in(sessions, "olga", password, address="10.0.0.8")


def test_pauses_grow_to_a_limit() -> None:
    assert [pause_s(n) for n in (0, 4, 5, 6, 7)] == [0, 0, 30, 60, 120]
    assert pause_s(500) == LONGEST_PAUSE_S


async def test_the_first_start_makes_one_administrator(users: Users, sessions: Sessions) -> None:
    password = await users.first_administrator()
    assert password is not None
    assert await users.first_administrator() is None
    who = await sessions.of_token(await _in(sessions, "admin", password))
    assert who is not None
    assert (who.actor.role, who.actor.company_id, who.must_choose_password) == (Role.ADMIN, None, True)


async def test_people_are_added_with_what_they_can_have(users: Users, db: Database) -> None:
    await users.add("Olga.S", " Ольга ", Role.AGENT, company_id="skek", agent="101")
    with pytest.raises(Conflict):
        await users.add("olga.s", "Другая", Role.CLERK)
    with pytest.raises(Conflict):
        await users.add("pavel", "Павел", Role.AGENT, company_id="skek", agent="101")
    with pytest.raises(NotFound):
        await users.add("pavel", "Павел", Role.AGENT, company_id="nowhere")
    with pytest.raises(NotFound):
        await users.add("pavel", "Павел", Role.AGENT, company_id="mrsk-centra", branch="kemerovo")
    with pytest.raises(InvalidInput):
        await users.add("pavel", "Павел", Role.CLERK, company_id="skek", agent="103")
    with pytest.raises(InvalidInput):
        await users.add("pavel", "Павел", Role.CLERK, branch="belgorod")
    with pytest.raises(InvalidInput):
        await users.add("па вел", "Павел", Role.CLERK)
    (only,) = await users.all()
    assert (only.login, only.name, only.agent) == ("olga.s", "Ольга", "101")
    async with db.read() as session:
        assert [row.action for row in await session.scalars(select(AuditEntry))] == ["user.added"]


async def test_a_new_password_ends_the_other_sessions(users: Users, sessions: Sessions, db: Database) -> None:
    password = await users.add("olga", "Ольга", Role.CLERK)
    first, second = await _in(sessions, "olga", password), await _in(sessions, "olga", password)
    who = await sessions.of_token(first)
    assert who is not None
    await users.choose_password(who.actor.user_id, "new and good words", keep=who.session_id)
    assert await sessions.of_token(first) is not None
    assert await sessions.of_token(second) is None
    with pytest.raises(InvalidInput, match="совпадает"):
        await users.choose_password(who.actor.user_id, "new and good words", keep=who.session_id)
    await _in(sessions, "olga", "new and good words")


async def test_a_weaker_hash_is_made_anew_at_the_next_sign_in(users: Users, sessions: Sessions, db: Database) -> None:
    password = await users.add("olga", "Ольга", Role.CLERK)
    weaker = type(CHEAP)(time_cost=1, memory_cost=8, parallelism=1, hash_len=16).hash(password)
    async with db.write() as session:
        await session.execute(update(User).values(password_hash=weaker))
    await _in(sessions, "olga", password)
    async with db.read() as session:
        stored = await session.scalar(select(User.password_hash))
    assert stored != weaker
    await _in(sessions, "olga", password)


@pytest.mark.parametrize(
    ("password", "why"),
    [("short", "короче"), ("x" * 201, "длиннее"), ("olga olga olga", "логина"), ("aaaaabbbbb", "пяти")],
)
def test_weak_passwords_are_refused_with_a_reason(password: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        check_new(password, login="olga")


async def test_whoever_must_choose_a_password_meets_nothing_else(page: Page, console_app: ConsoleApp) -> None:
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    agent = console_app.users[Role.AGENT].login
    password = await console_app.app[USERS].reset(agent)
    await page.goto(f"{console_app.base}/signin")
    await page.get_by_label("Логин").fill(agent)
    await page.get_by_label("Пароль", exact=True).fill(password)
    await page.get_by_role("button", name="Войти").click()
    await expect(page.get_by_role("heading", name="Новый пароль")).to_be_visible()
    await expect(page.locator("nav, #softphone, [data-live]")).to_have_count(0)
    for label in ("Новый пароль", "Ещё раз"):
        await page.get_by_label(label).fill("three plain words")
    await page.get_by_role("button", name="Сохранить пароль").click()
    await expect(page.get_by_role("navigation")).to_be_visible()
    await expect(page.locator("#softphone")).to_be_attached()
    assert wrong == []
