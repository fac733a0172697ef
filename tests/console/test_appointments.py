"""Booked visits in the console: an office's day with its marks, the card that books, the figures of form 4.2."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import func, select

from agent_console.pages.card.visit import ASKED
from agent_console.people.models import AuditAction, AuditEntry, Role
from grid.offices import numbers, slots
from grid.offices.models import Appointment, VisitState
from gridline.db import new_id
from gridline.scope import Scope
from outreach.models import Consent, Purpose
from outreach.surveys.asking import VisitDays, may_be_asked
from tests.console.card_data import a_call
from tests.console.conftest import COMPANY, OTHER_COMPANY, Axe, ClientOf, ConsoleApp, sign_in

PHONE = "+79131203401"
HX = {"HX-Request": "true"}


async def visit(
    made: ConsoleApp,
    starts_at: datetime,
    state: VisitState = VisitState.BOOKED,
    *,
    window: int = 1,
    company: str = COMPANY,
    office: str = "kemerovo",
    name: str = "",
    moments: Sequence[timedelta] = (),
) -> Appointment:
    """A visit as it stands; `moments`: arrived, called, served, after its time."""
    filled = [starts_at + after for after in moments] + [None] * (3 - len(moments))
    row = Appointment(
        id=new_id(),
        company_id=company,
        branch="",
        office_id=office,
        number=numbers.fresh(),
        topic="metering",
        starts_at=starts_at,
        minutes=30,
        window_no=window,
        state=state,
        phone=PHONE,
        name=name,
        booked_at=starts_at - timedelta(days=2),
        booked_by="ivr",
        call_id=None,
        ended_at=None,
        ended_call_id=None,
        arrived_at=filled[0],
        called_at=filled[1],
        served_at=filled[2],
    )
    async with made.console.db.write() as session:
        session.add(row)
    return row


async def stands(made: ConsoleApp, id: str) -> Appointment:
    async with made.console.db.read() as session:
        found = await session.get(Appointment, id)
    assert found is not None
    return found


def minutes(*each: int) -> list[timedelta]:
    return [timedelta(minutes=one) for one in each]


async def test_an_office_marks_its_day(console_app: ConsoleApp, page: Page, axe: Axe, tmp_path: Path) -> None:
    """Who waits longer than the norm is shown; each mark is one press, and in the audit."""
    now = console_app.console.clock.now().replace(microsecond=0)
    zone = console_app.console.companies.by_id(COMPANY).zone
    early = now.astimezone(zone).replace(hour=0, minute=5, second=0)
    waiting = await visit(
        console_app, now - timedelta(minutes=40), VisitState.ARRIVED, name="Ким А.", moments=minutes(1)
    )
    coming = await visit(console_app, now + timedelta(seconds=30), window=2)
    await visit(console_app, early, VisitState.SERVED, moments=minutes(0, 4, 20))
    await visit(console_app, now, company=OTHER_COMPANY, office="yaroslavl", name="Чужой")
    day = waiting.starts_at.astimezone(zone).date()
    await sign_in(page, console_app.base, Role.CLERK, f"/appointments?day={day}")
    await expect(page.get_by_role("heading", name="Запись на приём")).to_be_visible()
    row = page.locator("tbody tr", has_text=numbers.written(waiting.number))
    await expect(row).to_contain_text("дольше нормы")
    await expect(row).to_contain_text("Ким А.")
    await expect(page.locator("#main")).not_to_contain_text("Чужой")
    assert await axe(page) == []
    await page.screenshot(path=tmp_path / "day.png")

    await row.get_by_role("button", name="Вызвать").click()
    await expect(row).to_contain_text("у окна")
    await row.get_by_role("button", name="Принят", exact=True).click()
    await expect(row).to_contain_text("принят")
    served = await stands(console_app, waiting.id)
    assert served.state is VisitState.SERVED
    assert served.called_at is not None
    assert served.served_at is not None

    following = coming.starts_at.astimezone(zone).date()
    await page.goto(f"{console_app.base}/appointments?day={following}")
    row = page.locator("tbody tr", has_text=numbers.written(coming.number))
    await row.get_by_role("button", name="Не пришёл").click()
    await expect(row).to_contain_text("не пришёл")
    await row.get_by_role("button", name="Пришёл", exact=True).click()
    await expect(row).to_contain_text("пришёл, ждёт")
    await row.get_by_role("button", name="Вернуть").click()
    await row.get_by_role("button", name="Отменить").click()
    await expect(row).to_contain_text("отменил")
    assert (await stands(console_app, coming.id)).state is VisitState.CANCELLED
    async with console_app.console.db.read() as session:
        noted = select(func.count()).where(AuditEntry.action == AuditAction.APPOINTMENT_MARKED)
        assert await session.scalar(noted) == 5


async def test_another_company_and_the_quality_control_see_no_visit(
    console_app: ConsoleApp, client_of: ClientOf
) -> None:
    now = console_app.console.clock.now()
    theirs = await visit(console_app, now, company=OTHER_COMPANY, office="yaroslavl", name="Чужой")
    clerk, qa = await client_of(Role.CLERK), await client_of(Role.QA)
    assert (await clerk.get(f"/appointments?company={OTHER_COMPANY}")).status == 404
    assert (await clerk.post(f"/appointments/{theirs.id}/arrived")).status == 404
    assert (await clerk.post(f"/appointments/{theirs.id}/cancel")).status == 404
    assert (await stands(console_app, theirs.id)).state is VisitState.BOOKED
    assert (await qa.get("/appointments")).status == 403
    assert (await clerk.get("/appointments?what=served&since=2024-01-01&until=2026-01-01")).status == 422


async def test_two_at_one_row_make_one_mark(console_app: ConsoleApp, client_of: ClientOf) -> None:
    row = await visit(console_app, console_app.console.clock.now())
    clerk = await client_of(Role.CLERK)
    for expected in (200, 409):
        answer = await clerk.post(f"/appointments/{row.id}/arrived", headers={"HX-Request": "true"})
        assert answer.status in {expected, 204 if expected == 200 else expected}
    assert (await clerk.post(f"/appointments/{row.id}/dancing")).status == 404


async def test_an_agent_books_from_the_card_moves_and_cancels(
    console_app: ConsoleApp, page: Page, axe: Axe, tmp_path: Path
) -> None:
    call = await a_call(console_app)
    await sign_in(page, console_app.base, Role.AGENT, f"/card/{call}")
    box = page.locator("#card-visits")
    await box.get_by_text("Записать на приём").click()
    await expect(box.locator("#visit-at")).to_be_visible()
    before = await box.locator("#visit-at option").count()
    await box.locator("#visit-day").select_option(index=1)
    await expect(box.locator("#visit-day option:checked")).to_have_text(re.compile("свободно"))
    await expect(box.locator("#visit-at option")).not_to_have_count(0)
    assert before > 0
    await box.locator("#visit-topic").select_option("connection")
    await box.locator("#visit-name").fill("Иванова Анна")
    assert await axe(page) == []
    await page.screenshot(path=tmp_path / "card.png", caret="initial")  # else inputs keep a style of its making
    await box.get_by_role("button", name="Записать", exact=True).click()
    told = box.locator(".alert .number")
    await expect(told).to_be_visible()
    number = (await told.inner_text()).replace("-", "")
    await page.screenshot(path=tmp_path / "booked.png", caret="initial")
    async with console_app.console.db.read() as session:
        made = (await session.scalars(select(Appointment))).one()
    assert (made.number, made.phone, made.name, made.call_id) == (number, PHONE, "Иванова Анна", call)
    assert (made.topic, made.booked_by) == ("connection", "user:agent")

    await box.get_by_role("button", name="Перенести").first.click()
    await expect(box.locator("summary")).to_contain_text("Перенести запись")
    await box.locator("#visit-at").select_option(index=2)
    await box.get_by_role("button", name="Перенести", exact=True).last.click()
    await expect(told).to_have_text(numbers.written(number))
    page.on("dialog", lambda dialog: dialog.accept())
    await box.get_by_role("button", name="Отменить").click()
    await expect(box.get_by_role("button", name="Отменить")).to_have_count(0)
    async with console_app.console.db.read() as session:
        states = await session.scalars(select(Appointment.state).order_by(Appointment.booked_at))
        assert sorted(states) == [VisitState.CANCELLED, VisitState.SUPERSEDED]
        deeds = [AuditAction.APPOINTMENT_BOOKED, AuditAction.APPOINTMENT_MOVED, AuditAction.APPOINTMENT_CANCELLED]
        noted = select(func.count()).where(AuditEntry.action.in_(deeds))
        assert await session.scalar(noted) == 3


async def test_who_agrees_in_the_talk_is_asked_about_the_visit(
    console_app: ConsoleApp, page: Page, axe: Axe, tmp_path: Path
) -> None:
    """The tick is there where the company has a survey; the survey may call them once the visit is over."""
    made, company = console_app.console, console_app.console.companies.by_id(COMPANY)
    call = await a_call(console_app)
    await sign_in(page, console_app.base, Role.AGENT, f"/card/{call}")
    box = page.locator("#card-visits")
    await box.get_by_text("Записать на приём").click()
    tick = box.get_by_label("Согласен ответить на вопросы после визита")
    await expect(box.locator("#visit-at")).to_be_visible()
    await expect(tick).to_have_count(0)
    surveys = made.editions.dialplan / "surveys"
    shutil.copy(surveys / "moesk.yaml", surveys / f"{COMPANY}.yaml")
    await made.shelf.look()
    await page.reload()
    await box.get_by_text("Записать на приём").click()
    await tick.check()
    await box.locator("#visit-day").select_option(index=1)
    await expect(tick).to_be_checked()
    await box.locator("#visit-topic").select_option("connection")
    assert await axe(page) == []
    await page.screenshot(path=tmp_path / "agrees.png", caret="initial")
    await box.get_by_role("button", name="Записать", exact=True).click()
    await expect(box.get_by_text("Согласие ответить на вопросы записано.")).to_be_visible()
    async with made.db.write() as session:
        visit = (await session.scalars(select(Appointment))).one()
        visit.state = VisitState.SERVED
        given = (await session.scalars(select(Consent).where(Consent.purpose == Purpose.SURVEY))).one()
    assert (given.phone, given.subject_id, given.call_id) == (PHONE, visit.number, call)
    assert (given.asked_by, given.asked) == ("user:agent", ASKED)
    day = visit.starts_at.astimezone(company.zone).date()
    async with made.db.read() as session:
        now = visit.starts_at + timedelta(hours=1)
        found = await may_be_asked(session, company, VisitDays(day, day), now, visible_to=Scope(COMPANY))
    assert found == {PHONE: given.id}


async def test_the_robot_asks_nobody_abroad(console_app: ConsoleApp, client_of: ClientOf) -> None:
    call, agent = await a_call(console_app), await client_of(Role.AGENT)
    sent = {"office": "kemerovo", "topic": "metering", "phone": "+375291234567", "key": new_id(), "survey": "1"}
    answer = await agent.post(f"/card/{call}/visits", data=sent | {"at": _free(console_app)}, headers=HX)
    assert answer.status == 422
    assert "снимите отметку" in json.loads(answer.headers["HX-Trigger"])["toast"]["text"]
    async with console_app.console.db.read() as session:
        assert await session.scalar(select(func.count()).select_from(Appointment)) == 0


async def test_the_office_of_the_callers_settlement_comes_first(console_app: ConsoleApp, client_of: ClientOf) -> None:
    call = await a_call(console_app)  # who calls lives in Кемерово
    (kemerovo,) = console_app.console.offices.of(COMPANY).offices
    other = kemerovo.model_copy(update={"id": "yashkino", "name": "Яшкино", "settlements": ("рп Яшкино",)})
    theirs = kemerovo.model_copy(update={"settlements": ("г. Кемерово",)})
    told = console_app.console.offices.of(COMPANY).model_copy(update={"offices": (other, theirs)})
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(console_app.console.offices, "of", lambda _company: told)
        shown = await (await (await client_of(Role.AGENT)).get(f"/card/{call}/visits", headers=HX)).text()
    assert re.search(r'value="kemerovo"\s+selected', shown)
    assert not re.search(r'value="yashkino"\s+selected', shown)


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("at", "завтра", "Выберите время приёма."),
        ("at", "2026-01-01T10:00:00+07:00", "На это время в этом офисе не записывают."),
        ("topic", "quality", "Выберите, о чём будет приём"),
        ("phone", "нет", "Назовите телефон посетителя"),
        ("key", "1", "Форма устарела."),
    ],
)
async def test_a_form_that_is_wrong_says_what_is(
    console_app: ConsoleApp, client_of: ClientOf, field: str, value: str, told: str
) -> None:
    call = await a_call(console_app)
    agent = await client_of(Role.AGENT)
    sent = {"office": "kemerovo", "topic": "metering", "phone": PHONE, "key": new_id(), "at": _free(console_app)}
    answer = await agent.post(f"/card/{call}/visits", data=sent | {field: value}, headers=HX)
    assert answer.status == 422
    async with console_app.console.db.read() as session:
        assert await session.scalar(select(func.count()).select_from(Appointment)) == 0
    assert told in json.loads(answer.headers["HX-Trigger"])["toast"]["text"]


def _free(made: ConsoleApp) -> str:
    """A time that may be booked now."""
    console = made.console
    company, now = console.companies.by_id(COMPANY), console.clock.now()
    offices = console.offices.of(COMPANY)
    times = slots.of_office(offices, offices.offices[0], company.zone, console.calendar)
    return next(at for day in times.days(now) for at in times.of_day(day, now)).isoformat()


async def test_form_42_leads_to_the_visits_it_counts(console_app: ConsoleApp, client_of: ClientOf) -> None:
    now = console_app.console.clock.now().replace(microsecond=0)
    zone = console_app.console.companies.by_id(COMPANY).zone
    year = now.astimezone(zone).year
    start = datetime(year, 1, 15, 9, 0, tzinfo=zone)
    await visit(console_app, start, VisitState.SERVED, moments=minutes(2, 8, 20))
    late = await visit(console_app, start + timedelta(hours=1), VisitState.SERVED, moments=minutes(0, 25, 45))
    await visit(console_app, start + timedelta(hours=2), VisitState.MISSED)
    await visit(console_app, start + timedelta(hours=3), VisitState.CANCELLED)
    await visit(console_app, now + timedelta(days=3))  # its time has not come
    client = await client_of(Role.SUPERVISOR)
    text = await (await client.get(f"/forms/table?report=form42&year={year}", headers=HX)).text()
    assert "по памяти" in text
    assert "записи за ней" in text
    for column, count in (("served", 2), ("booked", 3), ("missed", 1), ("cancelled", 1), ("late", 1)):
        match = re.search(rf'href="(/appointments\?[^"]+what={column})">{count}</a>', text)
        assert match, column
        listed = await (await client.get(match[1].replace("&amp;", "&"))).text()
        assert len(re.findall(r"\d{3}-\d{3}-\d", listed)) == count, column
        assert column != "late" or numbers.written(late.number) in listed
    assert re.search(r">16[,.]0<", text)  # the mean of 12 and 20 minutes at the window
    file = await client.get(f"/forms/file?report=form42&year={year}&format=xlsx")
    assert (file.status, (await file.text("latin-1"))[:2]) == (200, "PK")
