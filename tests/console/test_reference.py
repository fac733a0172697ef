"""What callers asked and were told, as agents see it: a visit moved and cancelled, a section, a consultation."""

from __future__ import annotations

from playwright.async_api import Page, expect

from agent_console.people.models import Role
from appeals import numbering
from appeals.codes import PromiseKind
from appeals.models import Appeal
from gridline.calendar.call_outs import CallOutWork
from gridline.db import new_id
from ivr.journal.models import CallConsultation
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
