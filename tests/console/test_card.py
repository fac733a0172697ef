"""The call card as an agent lives with it: opens as it rings, is typed into, survives, and becomes an appeal."""

from __future__ import annotations

import asyncio
import html
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, expect
from sqlalchemy import func, select, update

from agent_console.card.models import CardDraft, CardNote
from agent_console.people.models import AuditEntry, Role, UserSession
from appeals.models import Appeal, Contact, Content
from bench.numbering.tables import HEADER
from grid.imports.numbering import import_numbering
from grid.models import Premise
from grid.outages.models import OutageReport
from outreach.models import Consent, MessageOut
from recordings.models import Recording, RecordingKind, RecordingState
from tests.console.card_data import IVANOV, MENU, Telephony, a_call, a_past, record
from tests.console.conftest import OTHER_COMPANY, PASSWORD, Axe, Client, ClientOf, ConsoleApp, sign_in
from worklist.codes import ItemKind
from worklist.models import WorkItem

expect.set_options(timeout=20_000)
XSS = "<img src=x onerror=alert(1)><script>alert(2)</script>"
TEXT = "Третий час нет света во всём доме"
PLAIN = {"kind": "appeal", "topic": "outages", "text": TEXT, "phone": IVANOV, "outcome": "analysis"}


@pytest.mark.timeout(180)
async def test_a_card_from_the_ring_to_the_number_read_out(
    page: Page, context: BrowserContext, console_app: ConsoleApp, axe: Axe
) -> None:
    telephony = Telephony(console_app)
    earlier = await a_past(console_app, text=XSS, name=f"Иванов {XSS}")
    async with console_app.console.db.write() as session:
        premise = await session.scalar(select(Premise).where(Premise.code == "120034001"))
        assert premise is not None
        premise.address = f"г. Кемерово {XSS}, ул. Весенняя, д. 5"
    await sign_in(page, console_app.base, Role.AGENT, "/desk")
    await expect(page.locator("#link-state")).to_have_attribute("data-state", "up")
    call = await a_call(console_app, menu=f"{XSS} {MENU}")

    telephony.rings()  # the card is there before anybody has answered
    await expect(page.locator("#call-card")).to_have_attribute("data-call", call)
    await expect(page).to_have_url(f"{console_app.base}/card/{call}")
    await expect(page.locator("#call-state")).to_contain_text("звонит")
    await expect(page.get_by_role("heading", name="+7 913 120-34-01")).to_be_visible()
    await expect(page.locator("#who-title")).to_have_text("Кто звонит?")
    await expect(page.locator("#card-way")).to_contain_text("2 — Нет света или воды")
    await expect(page.locator("#card-places")).to_contain_text("повреждение кабельной линии")
    assert await page.locator("#main img, #main script:not([src])").count() == 0
    await expect(page.locator("#card-notes")).to_contain_text(XSS)
    assert await axe(page) == []

    await page.keyboard.press("1")
    await expect(page.locator("#who-title")).to_have_text("Говорим с")
    telephony.talks()
    await expect(page.locator("#call-state")).to_contain_text("разговор")

    await page.locator("#f-kind").select_option("claim")  # the server lays out what a claim must hold
    await expect(page.locator("[name='details.demand']")).to_have_attribute("aria-required", "true")
    await page.keyboard.press("Control+S")
    await expect(page.locator("#form-errors")).to_contain_text("требу")
    await expect(page.locator("[id='error-details.demand']")).to_have_text("Заполните это поле.")
    await expect(page.locator("#f-text")).to_be_focused()  # the first of them
    await page.locator("#f-kind").select_option("complaint")
    await expect(page.locator("[name='details.demand']")).to_have_count(0)
    await expect(page.locator(".similar")).to_contain_text(earlier[:2] + "-" + earlier[2:8])

    await page.locator("#f-text").fill(TEXT)
    await page.get_by_text("Нужен анализ").click()
    await expect(page.locator("#draft-state")).to_have_text("Сохранено")
    await page.reload()
    await expect(page.locator("#f-text")).to_have_value(TEXT)
    await expect(page.locator("#f-kind")).to_have_value("complaint")

    await context.set_offline(True)  # what is typed meanwhile is sent when the line is back
    await page.locator("#f-text").fill(f"{TEXT}, и у соседей")
    await expect(page.locator("#draft-state")).to_contain_text("сохранено на этом компьютере")
    await context.set_offline(False)
    await expect(page.locator("#draft-state")).to_have_text("Сохранено")

    async with console_app.console.db.write() as session:  # a session that ends in mid-form takes nothing along
        await session.execute(update(UserSession).values(revoked_at=console_app.console.clock.now()))
    await page.locator("#f-text").press_sequentially("!")
    await expect(page.locator("#draft-state")).to_contain_text("Сеанс завершён")
    await page.locator("#again-password").fill(PASSWORD)
    await page.get_by_role("button", name="Войти").click()
    await expect(page.locator("#draft-state")).to_have_text("Сохранено")
    await expect(page.locator("#f-text")).to_have_value(f"{TEXT}, и у соседей!")

    second = await context.new_page()  # two tabs do not fight: the one that is behind is told, and may take over
    await second.goto(page.url)
    await expect(second.locator("#f-text")).to_have_value(f"{TEXT}, и у соседей!")
    await second.locator("#f-text").fill("Из второго окна")
    await expect(second.locator("#draft-state")).to_have_text("Сохранено")
    await expect(page.locator("#draft-conflict")).to_contain_text("в другом окне")
    await expect(page.locator("#f-text")).to_have_value(f"{TEXT}, и у соседей!")
    await page.get_by_role("button", name="Продолжить здесь").click()
    await expect(page.locator("#f-text")).to_have_value("Из второго окна")
    await page.locator("#f-text").fill(TEXT)
    await expect(page.locator("#draft-state")).to_have_text("Сохранено")
    await expect(second.locator("#draft-conflict")).to_contain_text("в другом окне")
    await second.close()

    await page.keyboard.press("Control+S")
    shown = page.locator("#registered .number")
    await expect(shown).to_be_visible()
    await expect(page.locator("#registered")).to_be_focused()
    await expect(page.locator("#registered")).to_contain_text("ответ до")
    number = (await shown.inner_text()).replace("-", "")
    async with console_app.console.db.read() as session:
        appeal = await session.scalar(select(Appeal).where(Appeal.number == number))
        assert appeal is not None
        assert (appeal.call_id, appeal.kind, appeal.account_number) == (call, "complaint", "120034001")
        draft = await session.get(CardDraft, call)
        assert draft is not None
        assert draft.fields == {}
    await expect(page.locator("#f-text")).to_have_value("")  # the next form is empty
    await expect(page.get_by_role("region", name="Зарегистрировано в этом звонке")).to_contain_text(TEXT)

    await page.emulate_media(color_scheme="dark")
    await page.set_viewport_size({"width": 1024, "height": 768})
    assert await axe(page) == []
    inside = "[...document.querySelectorAll('#main *')].every((one) => one.getBoundingClientRect().right <= innerWidth)"
    assert await page.evaluate(inside)


async def test_what_is_typed_elsewhere_is_not_taken_away(page: Page, console_app: ConsoleApp) -> None:
    telephony = Telephony(console_app)
    await sign_in(page, console_app.base, Role.AGENT, "/account/password")
    await expect(page.locator("#link-state")).to_have_attribute("data-state", "up")
    await page.get_by_label("Новый пароль").press_sequentially("почти")
    call = await a_call(console_app)
    telephony.rings()
    await page.get_by_role("button", name="Открыть карточку").click()
    await expect(page.locator("#call-card")).to_have_attribute("data-call", call)


async def test_the_knowledge_base_is_found_by_words_and_beside_the_form(
    page: Page, console_app: ConsoleApp, axe: Axe
) -> None:
    call = await a_call(console_app)
    await sign_in(page, console_app.base, Role.AGENT, f"/card/{call}")
    await page.keyboard.press("Control+K")
    await expect(page.get_by_text("Нет света, что сказать и что сделать")).to_be_visible()
    await expect(page.get_by_label("Искать в базе знаний")).to_be_focused()
    await page.keyboard.type("мигают лампочки")
    await expect(page.locator("#articles summary")).to_have_text(["Плохое напряжение"])
    await expect(page.get_by_text("С какого дня и в какие часы")).to_be_visible()
    await page.goto(f"{console_app.base}/knowledge?topic=connection")
    await expect(page.get_by_text("Короткий путь: заявка, договор")).to_be_visible()
    await expect(page.locator("#link-state")).to_have_attribute("data-state", "up")
    assert await axe(page) == []


async def post(client: Client, path: str, **fields: str) -> tuple[int, str]:
    answer = await client.post(path, data=fields, headers={"HX-Request": "true"})
    return answer.status, await answer.text()


async def key_of(client: Client, call: str) -> str:
    text: str = (await (await client.get(f"/card/{call}/draft")).json())["key"]
    return text


async def test_a_form_sent_twice_makes_one_appeal(console_app: ConsoleApp, client_of: ClientOf) -> None:
    client, call = await client_of(Role.AGENT), await a_call(console_app)
    key = await key_of(client, call)
    sent = [post(client, f"/card/{call}/appeal", **PLAIN, key=key) for _ in range(3)]
    answers = await asyncio.gather(*sent)
    assert [status for status, _ in answers] == [200, 200, 200]
    status, text = await post(client, f"/card/{call}/appeal", **PLAIN | {"text": "Другое"}, key=key)
    assert status == 422
    assert "уже использован" in text
    async with console_app.console.db.read() as session:
        assert await session.scalar(select(func.count()).select_from(Appeal)) == 1
    assert await key_of(client, call) != key


async def test_nothing_typed_is_lost_with_an_error(console_app: ConsoleApp, client_of: ClientOf) -> None:
    client, call = await client_of(Role.AGENT), await a_call(console_app)
    key = await key_of(client, call)
    status, text = await post(client, f"/card/{call}/appeal", **PLAIN | {"phone": "у внука", "name": XSS}, key=key)
    assert status == 422
    assert 'id="error-phone"' in text
    assert 'value="у внука"' in text
    assert TEXT in text
    assert XSS not in text


async def test_an_answer_given_in_the_talk_is_proved_by_its_recording(
    console_app: ConsoleApp, client_of: ClientOf
) -> None:
    client, call = await client_of(Role.AGENT), await a_call(console_app)
    answered = PLAIN | {
        "outcome": "answered",
        "answer_on_call.text": "Включат в семь",
        "key": await key_of(client, call),
    }
    status, text = await post(client, f"/card/{call}/appeal", **answered)
    assert status == 422
    assert "не записывается" in text
    label = console_app.console.incoming.announce(call, "talk")
    status, text = await post(client, f"/card/{call}/appeal", **answered)
    assert status == 200
    async with console_app.console.db.read() as session:
        appeal = (await session.scalars(select(Appeal))).one()
    assert (appeal.state, appeal.recording_id) == ("closed", label.id)


async def test_the_trust_line_leaves_no_trace_of_the_caller(console_app: ConsoleApp, client_of: ClientOf) -> None:
    client, call = await client_of(Role.AGENT), await a_call(console_app)
    key = await key_of(client, call)
    trust = PLAIN | {"kind": "trust", "name": "Иванов", "key": key, "nonce": "a" * 32}
    assert (await post(client, f"/card/{call}/appeal", **trust))[0] == 200
    async with console_app.console.db.read() as session:
        appeal, content = (await session.execute(select(Appeal, Content).join(Content))).one()
        draft = await session.get(CardDraft, call)
    assert (appeal.kind, appeal.call_id, content.phone, content.name) == ("trust", None, None, None)
    assert key not in appeal.idempotency_key
    assert draft is None or draft.fields == {}
    status, again = await post(client, f"/card/{call}/appeal", **trust)  # the reply was lost, and it is sent again
    assert (status, "26-000001" in again) == (200, True)
    assert (await post(client, f"/card/{call}/appeal", **trust | {"nonce": "b" * 32}))[0] == 404


async def test_the_number_goes_by_message_to_who_agrees_in_the_talk(
    console_app: ConsoleApp, client_of: ClientOf
) -> None:
    client, call = await client_of(Role.AGENT), await a_call(console_app)
    plain = PLAIN | {"phone": IVANOV, "key": await key_of(client, call)}
    assert (await post(client, f"/card/{call}/appeal", **plain))[0] == 200
    async with console_app.console.db.read() as session:
        appeal = (await session.scalars(select(Appeal))).one()
    for _ in range(2):  # pressed twice it is one message
        assert (await post(client, f"/card/{call}/message", number=appeal.number))[0] == 204
    elsewhere = await a_call(console_app, "3.0")
    assert (await post(client, f"/card/{elsewhere}/message", number=appeal.number))[0] == 422
    async with console_app.console.db.read() as session:
        consent = (await session.scalars(select(Consent))).one()
        message = (await session.scalars(select(MessageOut))).one()
    assert (consent.call_id, consent.subject_id, consent.phone) == (call, appeal.id, IVANOV)
    assert (message.to, message.consent_id) == (IVANOV, consent.id)
    assert "ждёт отправки" in await (await client.get(f"/appeals/{appeal.number}")).text()


async def test_a_further_contact_an_outage_and_a_promise(console_app: ConsoleApp, client_of: ClientOf) -> None:
    number = await a_past(console_app, text="Мигает свет")
    client, call = await client_of(Role.AGENT), await a_call(console_app)
    for _ in range(2):
        status, _text = await post(client, f"/card/{call}/contact", number=number, text="Опять мигает")
        assert status == 200
        assert (await post(client, f"/card/{call}/callback"))[0] == 200
    async with console_app.console.db.read() as session:
        premise = await session.scalar(select(Premise.id).where(Premise.code == "120034001"))
        theirs = await session.scalar(select(Premise.id).where(Premise.company_id == OTHER_COMPANY))
    assert (await post(client, f"/card/{call}/outage", premise=str(premise)))[0] == 204
    assert (await post(client, f"/card/{call}/outage", premise=str(theirs)))[0] == 404
    assert (await post(client, f"/card/{call}/contact", number=number, text=" "))[0] == 422
    assert (await post(client, f"/card/{call}/notes", note="Говорит тихо"))[0] == 200
    async with console_app.console.db.read() as session:
        assert [one.call_id for one in await session.scalars(select(Contact))] == [call]
        (owed,) = (await session.scalars(select(WorkItem).where(WorkItem.kind == ItemKind.CALLBACK))).all()
        assert (owed.call_id, owed.phone, owed.weight) == (call, IVANOV, 1)
        assert owed.due_at - owed.made_at == timedelta(hours=4)
        assert [one.call_id for one in await session.scalars(select(OutageReport))] == [call]
        note = select(CardNote.phone).where(CardNote.call_id == call)
        assert await session.scalar(note) == IVANOV


async def test_a_card_is_its_companys_and_its_opening_outside_a_call_is_noted(
    console_app: ConsoleApp, client_of: ClientOf
) -> None:
    now = console_app.console.clock.now()
    theirs = record("7.0", now, "+74722555123", OTHER_COMPANY)
    async with console_app.console.db.write() as session:
        session.add(theirs)
    mine = await a_call(console_app)
    agent = await client_of(Role.AGENT)
    for path in ("", "/find?q=120034001", "/draft"):
        assert (await agent.get(f"/card/{theirs.id}{path}")).status == 404, path
    for path in ("/choose", "/notes", "/form", "/appeal", "/contact", "/outage", "/callback"):
        sent = PLAIN | {"note": "x", "key": "a" * 32, "ref": ""}
        assert (await post(agent, f"/card/{theirs.id}{path}", **sent))[0] == 404, path
    Telephony(console_app).rings()
    assert (await agent.get(f"/card/{mine}")).status == 200  # it rings at her: her work
    assert (await (await client_of(Role.QA)).get(f"/card/{mine}")).status == 200
    async with console_app.console.db.read() as session:
        noted = select(AuditEntry.user_id).where(AuditEntry.action == "card.opened")
        assert list(await session.scalars(noted)) == [console_app.users[Role.QA].user_id]


async def test_who_only_reads_does_not_learn_who_called(console_app: ConsoleApp, client_of: ClientOf) -> None:
    await a_past(console_app, text="Мигает свет")
    call = await a_call(console_app)
    for role, knows in ((Role.QA, False), (Role.DISPATCHER, False), (Role.CLERK, True)):
        text = await (await (await client_of(role)).get(f"/card/{call}")).text()
        for personal in ("Иванов Пётр Сергеевич", "120034001", "120-34-01"):
            assert (personal in text) == knows, f"{role} {personal}"
        assert "повреждение кабельной линии" in text


async def test_where_a_number_was_given_out_is_seen_and_by_whom_only_with_the_number(
    console_app: ConsoleApp, client_of: ClientOf, tmp_path: Path
) -> None:
    await a_past(console_app, text="Мигает свет")
    call = await a_call(console_app)
    assert "По таблицам нумерации" not in await (await (await client_of(Role.CLERK)).get(f"/card/{call}")).text()
    file, console = tmp_path / "DEF-9xx.csv", console_app.console
    row = '913;1200000;1299999;100000;ПАО "Связь";Кемеровская обл.;Кемеровская область;7700000001'
    file.write_text(f"{HEADER}\n{row}\n", encoding="utf-8-sig")
    await import_numbering(console.db, [file], at=console.clock.now(), actor="test")
    await console.numbering.round()
    for role, knows in ((Role.QA, False), (Role.CLERK, True), (Role.SUPERVISOR, True)):
        client = await client_of(role)
        for page in (f"/card/{call}", "/calls") if role is not Role.CLERK else (f"/card/{call}",):
            text = html.unescape(await (await client.get(page)).text())
            assert "Кемеровская область" in text, f"{role} {page}"
            assert ('ПАО "Связь"' in text) == knows, f"{role} {page}"


async def test_what_was_said_to_the_robot_is_played_to_those_who_may_listen(
    console_app: ConsoleApp, client_of: ClientOf
) -> None:
    call = await a_call(console_app)
    said = Recording(
        id="e" * 32,
        call_id=call,
        kind=RecordingKind.MESSAGE,
        state=RecordingState.STORED,
        started_at=console_app.console.clock.now(),
        file="x.wav",
        channels=1,
        seconds=12.0,
    )
    async with console_app.console.db.write() as session:
        session.add(said)
    link = f"/recordings/{said.id}"
    assert link in await (await (await client_of(Role.SUPERVISOR)).get(f"/card/{call}")).text()
    text = await (await (await client_of(Role.AGENT)).get(f"/card/{call}")).text()
    assert "сказал роботу" in text
    assert link not in text


async def test_a_stranger_and_a_withheld_number_are_asked_who_they_are(
    console_app: ConsoleApp, client_of: ClientOf
) -> None:
    client = await client_of(Role.AGENT)
    withheld = await a_call(console_app, "4.0", caller=None)
    text = await (await client.get(f"/card/{withheld}")).text()
    assert "Номер скрыт" in text
    assert "по нему нельзя" in text
    stranger = await a_call(console_app, "4.1", caller="+79139990011")
    assert "Номер нам не знаком" in await (await client.get(f"/card/{stranger}")).text()
    asked = await client.get(f"/card/{stranger}/find", params={"q": "120034002"}, headers={"HX-Request": "true"})
    found = await asked.text()
    assert "Смирнова Анна Викторовна" in found
