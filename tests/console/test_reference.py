"""What callers asked and were told, as agents see it: a visit moved and cancelled, a section, a consultation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect
from sqlalchemy import select

from agent_console.people.models import Role
from appeals import numbering
from appeals.codes import PromiseKind
from appeals.finding import appeals
from appeals.models import Appeal
from grid.call_outs.models import MeterVisit
from gridline.calendar.call_outs import CallOutWork, HalfDays
from gridline.db import new_id
from ivr.journal.models import CallConsultation
from outreach.models import Consent, MessageOut, Purpose
from tests.console.card_data import a_call
from tests.console.conftest import COMPANY, Axe, ClientOf, ConsoleApp, sign_in
from worklist.codes import Ending
from worklist.models import WorkItem
from worklist.steps.called_out import CallOutAsked

PHONE = "+79131203401"


async def booked(made: ConsoleApp) -> str:
    """A visit on the first half-day; the id of its item."""
    console = made.console
    company = console.companies.by_id(COMPANY)
    slot = (await console.call_outs.free(company, ""))[0]
    asked = CallOutAsked(
        company=company,
        work=CallOutWork.READINGS,
        slot=slot,
        actor="ivr",
        phone=PHONE,
        key=new_id(),
        place="ул. Мира, 5",
    )
    return (await console.call_outs.book(asked)).item_id


async def item(made: ConsoleApp, id: str) -> WorkItem:
    async with made.console.db.read() as session:
        return await session.get_one(WorkItem, id)


async def test_a_visit_is_moved_and_then_cancelled(console_app: ConsoleApp, client_of: ClientOf) -> None:
    id = await booked(console_app)
    agent = await client_of(Role.AGENT)
    shown = await (await agent.get(f"/worklist/{id}")).text()
    assert "Снять контрольные показания" in shown
    assert "08:00–12:00" in shown
    company = console_app.console.companies.by_id(COMPANY)
    later = (await console_app.console.call_outs.free(company, ""))[3]
    value = f"{later.day.isoformat()}/{later.half}"
    assert value in shown
    for wrong in ("", "завтра", "2026-13-01/morning", f"{later.day.isoformat()}/night", "2020-01-01/morning"):
        assert (await agent.post(f"/worklist/{id}/move", data={"slot": wrong})).status == 422, wrong
    assert (await agent.post(f"/worklist/{id}/move", data={"slot": value})).status == 303
    assert (await item(console_app, id)).due_at == later.span(company)[1]
    clerk = await client_of(Role.CLERK)
    theirs = (await clerk.get(f"/worklist/{id}")).status
    moved = (await clerk.post(f"/worklist/{id}/move", data={"slot": value})).status
    assert (theirs, moved) in ((404, 404), (200, 303))
    assert (await agent.post(f"/worklist/{id}/end", data={"ending": "declined"})).status == 303
    assert (await item(console_app, id)).ending is Ending.DECLINED
    assert (await agent.post(f"/worklist/{id}/move", data={"slot": value})).status == 409


async def test_an_agent_calls_a_technician_out_from_the_card(page: Page, console_app: ConsoleApp, axe: Axe) -> None:
    call = await a_call(console_app)
    await sign_in(page, console_app.base, Role.AGENT, f"/card/{call}")
    box = page.locator("#card-call-outs")
    await book(box)
    told = box.locator(".alert .number")
    await expect(told).to_be_visible()
    number = (await told.inner_text()).replace("-", "")
    assert await axe(page) == []
    async with console_app.console.db.read() as session:
        appeal = (await session.scalars(select(Appeal).where(Appeal.number == number))).one()
        owed = (await session.scalars(select(WorkItem).where(WorkItem.appeal_id == appeal.id))).one()
        visit = await session.get_one(MeterVisit, owed.subject_id)
    assert (appeal.kind, appeal.call_id, owed.premise_id) == ("request", call, appeal.premise_id)
    assert (visit.work, owed.phone, owed.branch) == (CallOutWork.READINGS, "+79131203401", visit.branch)
    await book(box)  # the same again: one is promised already
    await expect(page.locator(".toast").last).to_contain_text(numbering.written(number))
    async with console_app.console.db.read() as session:
        assert len((await session.scalars(select(MeterVisit))).all()) == 1


async def book(box: Locator) -> None:
    """Ask for control readings at the caller's own address, on the second half-day."""
    await box.get_by_text("Вызвать к счётчику").click()
    await box.locator("#call-out-work").select_option("readings")
    await expect(box.locator("#call-out-premise option:checked")).to_contain_text("Весенняя")
    await box.locator("#call-out-slot").select_option(index=1)
    await box.get_by_role("button", name="Вызвать", exact=True).click()


async def test_an_agent_promises_a_visit_to_somebody_who_cannot_come(
    page: Page, console_app: ConsoleApp, axe: Axe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dated request of its own: in the item, in the message that they agreed to, moved like any other visit."""
    console, call = console_app.console, await a_call(console_app)
    rule = HalfDays.model_validate({"morning": "09:00-13:00", "afternoon": "14:00-17:00", "at_once": 1})
    company = console.companies.by_id(COMPANY).model_copy(update={"home_visits": rule})
    monkeypatch.setattr(console.companies, "by_id", lambda id: company)
    await sign_in(page, console_app.base, Role.AGENT, f"/card/{call}")
    box = page.locator("#card-call-outs")
    await expect(box.get_by_role("heading", name="Выезды")).to_be_visible()
    await box.get_by_text("Выезд на дом").click()
    await box.get_by_label("С каким вопросом").fill("Заключить договор на подключение")
    await box.locator("#home-visit-slot").select_option(index=1)
    chosen = await box.locator("#home-visit-slot option:checked").inner_text()
    assert "14:00–17:00" in chosen
    await box.get_by_label("Согласен получить сообщение").last.check()
    assert await axe(page) == []
    await page.screenshot(path=tmp_path / "home.png", caret="initial", full_page=True)
    await box.get_by_role("button", name="Записать выезд").click()
    await expect(box.get_by_text("Сообщение отправляем.")).to_be_visible()
    number = (await box.locator(".alert .number").inner_text()).replace("-", "")
    await page.screenshot(path=tmp_path / "booked.png", caret="initial", full_page=True)
    async with console.db.read() as session:
        appeal = (await session.scalars(select(Appeal).where(Appeal.number == number))).one()
        owed = (await session.scalars(select(WorkItem).where(WorkItem.appeal_id == appeal.id))).one()
        visit = await session.get_one(MeterVisit, owed.subject_id)
        message = (await session.scalars(select(MessageOut))).one()
        given = (await session.scalars(select(Consent))).one()
        told = (await appeals.contents(session, [appeal.id]))[appeal.id]
    assert (visit.work, appeal.topic, owed.topic) == (CallOutWork.HOME_VISIT, "service", "service")
    assert "Заключить договор на подключение" in (told.text or "")
    begins = owed.next_at.astimezone(company.zone)
    assert f"приедем к вам {begins:%d.%m} с 14:00 до 17:00. Номер заявки {numbering.written(number)}." in message.text
    assert (given.purpose, given.subject_id, given.asked_by) == (Purpose.APPEAL, appeal.id, "user:agent")
    await page.goto(f"{console_app.base}/worklist/{owed.id}")
    await expect(page.get_by_role("heading", name="Выезд на дом").first).to_be_visible()
    await expect(page.get_by_text("Принять заявителя на дому")).to_be_visible()
    await page.screenshot(path=tmp_path / "item.png", caret="initial", full_page=True)
    when = page.get_by_label("Когда")
    await when.select_option(index=2)
    later = await when.locator("option:checked").inner_text()
    await page.get_by_role("button", name="Перенести").click()
    await expect(page.locator("#main dl.kv")).to_contain_text(later)
    async with console.db.read() as session:
        assert (await session.get_one(WorkItem, owed.id)).due_at != owed.due_at


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("work", "home-visit", "На эту работу по телефону не записывают."),
        ("work", "repair", "Выберите, зачем вызывают мастера."),
        ("slot", "завтра", "Выберите день и половину дня."),
        ("phone", "нет", "Назовите телефон"),
        ("place", " ", "Назовите адрес"),
        ("key", "1", "Форма устарела."),
    ],
)
async def test_a_call_out_that_is_wrong_says_what_is(
    console_app: ConsoleApp, client_of: ClientOf, field: str, value: str, told: str
) -> None:
    call, agent = await a_call(console_app), await client_of(Role.AGENT)
    slot = (await console_app.console.call_outs.free(console_app.console.companies.by_id(COMPANY), ""))[0]
    sent = {
        "work": "readings",
        "slot": f"{slot.day.isoformat()}/{slot.half}",
        "phone": PHONE,
        "place": "ул. Мира, 5",
        "key": new_id(),
    }
    answer = await agent.post(f"/card/{call}/call-outs", data=sent | {field: value}, headers={"HX-Request": "true"})
    assert answer.status == 422
    assert told in json.loads(answer.headers["HX-Trigger"])["toast"]["text"]
    async with console_app.console.db.read() as session:
        assert (await session.scalars(select(MeterVisit))).all() == []


async def test_the_page_of_its_appeal_marks_no_visit_by_hand(console_app: ConsoleApp, client_of: ClientOf) -> None:
    owed = await item(console_app, await booked(console_app))
    async with console_app.console.db.read() as session:
        appeal = await session.get_one(Appeal, owed.appeal_id)
    clerk, page = await client_of(Role.CLERK), f"/appeals/{numbering.written(appeal.number)}"
    shown = await (await clerk.get(page)).text()
    assert "Приехать" in shown
    assert f"{page}/keep" not in shown
    sent = {"version": str(appeal.version), "promise_id": str(owed.promise_id)}
    assert (await clerk.post(f"{page}/keep", data=sent)).status == 404
    by_hand = await console_app.console.promises.make(
        COMPANY, PromiseKind.VISIT, owner="user:clerk", due_at=owed.due_at, appeal_id=appeal.id
    )
    assert f'value="{by_hand}"' in await (await clerk.get(page)).text()


async def test_the_sections_are_on_the_agents_page_with_what_callers_hear(
    console_app: ConsoleApp, client_of: ClientOf
) -> None:
    agent = await client_of(Role.AGENT)
    shown = await (await agent.get("/knowledge?section=further-appeal")).text()
    assert "kemerovo.fas.gov.ru" in shown
    assert "Звонящий слышит: Если вы не согласны с ответом" in shown
    assert "Оборван провод" not in shown
    assert (await agent.get("/knowledge?section=moon")).status == 422


async def test_the_card_says_how_they_want_to_connect_and_a_visit_they_are_owed(
    page: Page, console_app: ConsoleApp, axe: Axe
) -> None:
    call = await a_call(console_app)
    id = await booked(console_app)
    async with console_app.console.db.write() as session:
        now = console_app.console.clock.now()
        told = {"applicant": "person", "power": "to-15", "reason": "new-object", "wants": "accompaniment"}
        session.add(CallConsultation(id=new_id(), call_id=call, at=now, **told))
        (await session.get_one(WorkItem, id)).phone = "+79131234567"
    await sign_in(page, console_app.base, Role.AGENT, f"/card/{call}")
    words = "физлицо, до 15 кВт, новый объект, нужно сопровождение договора"
    await expect(page.get_by_text(words)).to_be_visible()
    await page.goto(f"{console_app.base}/worklist/{id}")
    await expect(page.get_by_role("heading", name="Перенести выезд")).to_be_visible()
    assert await axe(page) == []
