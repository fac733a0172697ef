"""A person's request to erase what is theirs: written down, looked at, carried out by another, and proved by acts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select

from agent_console.people.erasing.models import ErasureRequest, RequestState
from agent_console.people.models import AuditAction, AuditEntry, Role
from appeals import numbering
from appeals.intake.intake import accept
from appeals.models import Content, DestructionAct
from gridline.db import new_id
from ivr.journal.models import CallRecord, CallStep
from outreach import consents
from outreach.models import Consent, MessageOut, MessageState, MessageWay, Purpose
from outreach.senders.outbox import OUTBOX, file_of
from recordings import chain
from recordings.models import ChainDeed, Recording, RecordingState
from tests.console.calls import StoredCall, stored_call
from tests.console.conftest import COMPANY, OTHER_COMPANY, Axe, ClientOf, ConsoleApp, sign_in

THEIRS, OTHERS = "+79235550142", "+79235550143"
EMAIL = "kim@example.ru"
ASKED = {"person": "Ким Анна", "paper": "Заявление № 7 от 20.11.2026"}


@pytest.fixture
async def call(console_app: ConsoleApp) -> StoredCall:
    """A call of theirs whose recording is linked."""
    console = console_app.console
    made = await stored_call(console, console.clock.now(), caller=THEIRS)
    async with console.db.write() as session:
        sha256 = (await session.get_one(Recording, made.recording)).sha256
        await chain.append(session, "node1", ChainDeed.STORED, {made.recording: sha256 or ""}, console.clock.now())
    return made


async def the_request(console_app: ConsoleApp) -> ErasureRequest:
    async with console_app.console.db.read() as session:
        return (await session.scalars(select(ErasureRequest))).one()


async def test_what_is_theirs_goes_by_an_act_and_what_is_held_stays(
    console_app: ConsoleApp, call: StoredCall, client_of: ClientOf
) -> None:
    console = console_app.console
    held = await stored_call(console, console.clock.now(), caller=THEIRS)
    strange = await stored_call(console, console.clock.now(), caller=OTHERS)
    elsewhere = await stored_call(console, console.clock.now(), caller=THEIRS, company=OTHER_COMPANY)
    head, admin = await client_of(Role.QA_HEAD), await client_of(Role.ADMIN)
    await head.post(f"/calls/{held.call}/hold", data={"reason": "Иск № 7"})
    await head.post("/erasure", data=ASKED | {"phone": "8 923 555-01-42"})
    asked = await the_request(console_app)
    text = await (await admin.get(f"/erasure/{asked.id}")).text()
    assert "запрет на уничтожение: Иск № 7" in text
    assert "записей удалится: 1" in text
    assert "Больше ничего не найдено." in text
    assert all(one.file.exists() for one in (call, held, strange, elsewhere))
    assert (await head.post(f"/erasure/{asked.id}/carry-out", data={})).status == 409
    await admin.post(f"/erasure/{asked.id}/carry-out", data={})
    assert (await admin.post(f"/erasure/{asked.id}/carry-out", data={})).status == 409
    assert [one.file.exists() for one in (call, held, strange, elsewhere)] == [False, True, True, True]
    async with console.db.read() as session:
        act = (await session.scalars(select(DestructionAct))).one()
        states = {row.id: row.state for row in await session.scalars(select(Recording))}
        numbers = {row.id: row.caller for row in await session.scalars(select(CallRecord))}
        said = list(await session.scalars(select(CallStep.prompt_text).where(CallStep.call_id == call.call)))
        done = await session.get_one(ErasureRequest, asked.id)
        noted = list(
            await session.scalars(select(AuditEntry.action).where(AuditEntry.subject == f"erasure:{asked.id}"))
        )
        links = await chain.of_recordings(session, [call.recording])
    named = json.loads(act.items)
    assert named["recordings"] == [call.recording]
    assert named["sums"] == {call.recording: links[0][0].sha256}
    assert (act.by, act.witness, ASKED["paper"] in act.reason, THEIRS in act.reason) == (
        done.decided_by,
        done.filed_by,
        True,
        False,
    )
    assert states[call.recording] is RecordingState.ERASED
    assert [link.deed for link, _ in links] == [ChainDeed.STORED, ChainDeed.ERASED]
    assert (numbers[call.call], numbers[held.call], numbers[strange.call]) == (None, THEIRS, OTHERS)
    assert set(said) == {""}
    assert (done.state, done.acts, done.phone) == (RequestState.CARRIED_OUT, [act.id], None)
    assert noted == [AuditAction.ERASURE_ASKED, AuditAction.ERASURE_CARRIED_OUT]


async def test_the_page_counts_consents_messages_and_forms_and_the_act_names_them(
    console_app: ConsoleApp, client_of: ClientOf
) -> None:
    console, now = console_app.console, console_app.console.clock.now()
    consent, message, outbox = new_id(), new_id(), console_app.console.settings.var / OUTBOX
    outbox.mkdir(parents=True, exist_ok=True)
    file_of(outbox, message).write_text(THEIRS)
    form = {"company_id": COMPANY, "channel": "web_form", "topic": "quality", "text": "Мигает", "email": EMAIL}
    appeal = await console.register.register(accept(form | {"kind": "appeal", "answer_way": "email", "name": "Ким"}))
    async with console.db.write() as session:
        await consents.give(
            session,
            Consent(
                id=consent,
                company_id=COMPANY,
                phone=THEIRS,
                purpose=Purpose.APPEAL,
                given_at=now,
                call_id=new_id(),
                asked="Прислать?",
            ),
        )
        await session.flush()
        session.add(
            MessageOut(
                id=message,
                company_id=COMPANY,
                way=MessageWay.SMS,
                to=THEIRS,
                text="Номер",
                purpose=Purpose.APPEAL,
                key=THEIRS,
                consent_id=consent,
                queued_at=now,
                next_at=now,
                attempts=1,
                state=MessageState.SENT,
                problem="",
            )
        )
    head, admin = await client_of(Role.QA_HEAD), await client_of(Role.ADMIN)
    await head.post("/erasure", data=ASKED | {"phone": THEIRS, "email": EMAIL})
    asked = await the_request(console_app)
    text = " ".join((await (await admin.get(f"/erasure/{asked.id}")).text()).split())
    for title in ("Согласия на звонки и сообщения", "Сообщения: SMS и письма"):
        assert f"<td>{title}</td> <td>1</td>" in text
    assert numbering.written(appeal.number) in text
    assert "ещё рассматривается" in text
    await admin.post(f"/erasure/{asked.id}/carry-out", data={})
    async with console.db.read() as session:
        act = (await session.scalars(select(DestructionAct))).one()
        given, sent = await session.get_one(Consent, consent), await session.get_one(MessageOut, message)
        done = await session.get_one(ErasureRequest, asked.id)
        left = (await session.get_one(Content, appeal.appeal_id)).email
    assert json.loads(act.items)["rows"] == {"consents": [consent], "messages": [message]}
    assert (given.phone, given.withdrawn_at is not None, sent.to, sent.text) == ("", True, "", "")
    assert (done.phone, done.email, left) == (None, None, EMAIL)
    assert not file_of(outbox, message).exists()


async def test_a_crash_after_the_act_is_made_good_by_the_next(
    console_app: ConsoleApp, call: StoredCall, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    head, admin = await client_of(Role.QA_HEAD), await client_of(Role.ADMIN)
    await head.post("/erasure", data=ASKED | {"calls": f"https://x/calls/{call.call}?at=3"})
    with monkeypatch.context() as dying:
        dying.setattr("agent_console.people.erasing.by_acts.erase", _dies)
        assert (await admin.post(f"/erasure/{(await the_request(console_app)).id}/carry-out", data={})).status == 500
    assert call.file.exists()
    await head.post("/erasure", data=ASKED | {"phone": OTHERS})
    async with console_app.console.db.read() as session:
        query = select(ErasureRequest.id).where(ErasureRequest.state == RequestState.FILED)
        further = (await session.scalars(query)).one()
    await admin.post(f"/erasure/{further}/carry-out", data={})
    assert not call.file.exists()


async def _dies(*_: object, **__: object) -> list[str]:
    raise RuntimeError("the process dies here")


async def test_a_request_says_who_by_what_and_about_what(console_app: ConsoleApp, client_of: ClientOf) -> None:
    head = await client_of(Role.QA_HEAD)
    for wrong in (
        {"paper": "№ 1", "phone": THEIRS},
        {"person": "Ким", "phone": THEIRS},
        ASKED,
        ASKED | {"phone": "12"},
        ASKED | {"calls": "../etc"},
        ASKED | {"appeals": "26-000001-3"},
        {"person": "К" * 201, "paper": "№ 1", "phone": THEIRS},
    ):
        assert (await head.post("/erasure", data=wrong)).status == 422, wrong
    await head.post("/erasure", data=ASKED | {"phone": THEIRS})
    id = (await the_request(console_app)).id
    admin = await client_of(Role.ADMIN)
    assert (await admin.post(f"/erasure/{id}/refuse", data={"reason": " "})).status == 422
    await admin.post(f"/erasure/{id}/refuse", data={"reason": "Жалоба хранится три года"})
    assert (await admin.post(f"/erasure/{id}/carry-out", data={})).status == 409
    assert "Жалоба хранится три года" in await (await head.get(f"/erasure/{id}")).text()


async def test_requests_are_seen_by_those_whose_they_are(console_app: ConsoleApp, client_of: ClientOf) -> None:
    head = await client_of(Role.QA_HEAD)
    await head.post("/erasure", data=ASKED | {"phone": THEIRS})
    id = (await the_request(console_app)).id
    for role, status in ((Role.SUPERVISOR, 403), (Role.SECURITY, 404)):
        other = await client_of(role)
        assert (await other.get(f"/erasure/{id}")).status == status
        assert (await other.post(f"/erasure/{id}/carry-out", data={})).status == status
    async with console_app.console.db.write() as session:
        (await session.get_one(ErasureRequest, id)).company_id = OTHER_COMPANY
    assert (await head.get(f"/erasure/{id}")).status == 404
    assert ASKED["paper"] not in await (await head.get(f"/erasure?company={COMPANY}")).text()


async def test_a_request_is_filed_and_carried_out_in_the_browser(
    console_app: ConsoleApp, call: StoredCall, page: Page, axe: Axe, tmp_path: Path, client_of: ClientOf
) -> None:
    await sign_in(page, console_app.base, Role.QA_HEAD, "/erasure")
    await page.get_by_label("Кто требует").fill(ASKED["person"])
    await page.get_by_label("Документ").fill(ASKED["paper"])
    await page.get_by_label("Телефон").fill(THEIRS)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("удалится", exact=True)).to_be_visible()
    await expect(page.get_by_text("Исполняет другой человек")).to_be_visible()
    await page.screenshot(path=tmp_path / "look.png", full_page=True)
    assert await axe(page) == []
    await (await client_of(Role.ADMIN)).post(f"/erasure/{(await the_request(console_app)).id}/carry-out", data={})
    await page.reload()
    await expect(page.get_by_text("Акты об уничтожении")).to_be_visible()
    await page.get_by_role("link", name="К списку требований").click()
    await expect(page.get_by_role("cell", name=ASKED["paper"])).to_be_visible()
    await page.screenshot(path=tmp_path / "list.png", full_page=True)
    assert await axe(page) == []
    assert not call.file.exists()
