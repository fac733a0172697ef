"""The manifest of a call: its legs and those of the call back it asked for, on its page and in its bundle."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import update

from agent_console.calls import calls
from agent_console.calls.listening import manifest
from agent_console.people.models import Role
from gridline.db import new_id
from gridline.scope import Scope
from ivr.desk.models import AgentEvent, Deed
from ivr.journal.models import CallLeg, CallRecord, LegDevice, LegKind
from recordings.models import Recording, RecordingState
from tests.console.calls import StoredCall, stored_call
from tests.console.conftest import COMPANY, OTHER_COMPANY, Axe, ClientOf, ConsoleApp, sign_in
from worklist.codes import AttemptResult, ItemKind
from worklist.models import WorkAttempt
from worklist.worklist import Matter


def leg(call: CallRecord, kind: LegKind, agent: str, begins: float, ends: float, **more: object) -> CallLeg:
    began = call.started_at + timedelta(seconds=begins)
    given = {"device": LegDevice.BROWSER, "holds": []} | more
    ended = call.started_at + timedelta(seconds=ends)
    return CallLeg(id=new_id(), call_id=call.id, kind=kind, agent=agent, began_at=began, ended_at=ended, **given)


@pytest.fixture
async def call(console_app: ConsoleApp) -> StoredCall:
    """A talk of 12 s from 24.5 s on, sent on after 6 s; then they are called back, and nothing of that is recorded."""
    console = console_app.console
    now = console.clock.now()
    first = await stored_call(console, now - timedelta(hours=1))
    back = await stored_call(console, now - timedelta(minutes=20))
    async with console.db.write() as session:
        one, other = await session.get_one(CallRecord, first.call), await session.get_one(CallRecord, back.call)
        other.called_by = "101"
        papers = {"user_id": "u", "company_id": COMPANY, "linkedid": one.linkedid, "agent": "101"}
        at = one.started_at + timedelta(seconds=29)
        session.add_all(
            [
                leg(one, LegKind.TALK, "101", 24.5, 30.5, holds=[[1, 3]]),
                leg(one, LegKind.TRANSFER, "102", 30.5, 36.5, device=LegDevice.DESK),
                leg(other, LegKind.CALLBACK, "101", 24.5, 36.5),
                AgentEvent(at=at - timedelta(seconds=2), kind=Deed.RECORDING_PAUSED, **papers),
                AgentEvent(at=at, kind=Deed.RECORDING_RESUMED, seconds=2, **papers),
            ]
        )
        await session.execute(
            update(Recording).where(Recording.id == back.recording).values(state=RecordingState.ERASED)
        )
    matter = Matter(company_id=COMPANY, kind=ItemKind.CALLBACK, key=new_id(), call_id=first.call, phone="+79235550101")
    item = await console.worklist.open(matter)
    async with console.db.write() as session:
        tried = {"actor": "user:olga", "result": AttemptResult.TALKED, "note": "", "call_id": back.call}
        session.add(WorkAttempt(item_id=item.id, at=now, **tried))
    return first


async def test_legs_stand_in_order_with_their_files_and_the_call_back_beside_them(
    console_app: ConsoleApp, call: StoredCall
) -> None:
    async with console_app.console.db.read() as session:
        record = await calls.find(session, call.call, visible_to=Scope(COMPANY))
        found = await manifest.of_call(session, record, visible_to=Scope(COMPANY))
        alone = await manifest.of_call(session, record, visible_to=Scope(OTHER_COMPANY))
    talk, transfer, back = found.legs
    assert [one.leg and (one.leg.kind, one.leg.agent) for one in found.legs] == [
        (LegKind.TALK, "101"),
        (LegKind.TRANSFER, "102"),
        (LegKind.CALLBACK, "101"),
    ]
    assert [[row.id for row in one.files] for one in (talk, transfer)] == [[call.recording]] * 2
    assert [row.state for row in back.files] == [RecordingState.ERASED]
    assert [[(ends - begins).total_seconds() for begins, ends in one.holds] for one in found.legs] == [[2], [], []]
    assert [[(ends - begins).total_seconds() for begins, ends in one.pauses] for one in found.legs] == [[2], [], []]
    assert [one.id for one in found.tied] == [back.call.id]
    assert found.of(talk.files[0]) == [talk, transfer]
    assert alone.tied == ()


async def test_the_bundle_says_who_talked(console_app: ConsoleApp, call: StoredCall, client_of: ClientOf) -> None:
    answer = await (await client_of(Role.SUPERVISOR)).post(f"/calls/{call.call}/bundle", data={})
    with zipfile.ZipFile(io.BytesIO((await answer.text("latin-1")).encode("latin-1"))) as packed:
        legs = json.loads(packed.read("legs.json"))
        listed = json.loads(packed.read("manifest.json"))["files"]
    assert [(one["kind"], one["agent"], one["device"]) for one in legs] == [
        ("talk", "101", "browser"),
        ("transfer", "102", "desk"),
        ("callback", "101", "browser"),
    ]
    assert legs[0]["recordings"] == [
        {"id": call.recording, "state": "stored", "sha256": listed[f"{call.recording}.wav"]}
    ]


async def test_a_talk_without_a_file_is_told(console_app: ConsoleApp, call: StoredCall, client_of: ClientOf) -> None:
    qa = await client_of(Role.QA)
    assert "не всё записано" not in await (await qa.get(f"/calls/{call.call}")).text()
    async with console_app.console.db.write() as session:
        record = await session.get_one(CallRecord, call.call)
        session.add(leg(record, LegKind.RESUMED, "101", 50, 60))
    assert "не всё записано" in await (await qa.get(f"/calls/{call.call}")).text()


async def test_a_talk_of_which_a_part_was_not_written_is_told(
    console_app: ConsoleApp, call: StoredCall, client_of: ClientOf
) -> None:
    async with console_app.console.db.write() as session:
        cut = {"seconds": Recording.seconds - 9}
        await session.execute(update(Recording).where(Recording.id == call.recording).values(cut))
    assert "не всё записано" in await (await (await client_of(Role.QA)).get(f"/calls/{call.call}")).text()


async def test_the_page_shows_who_talked_and_leads_to_the_call_back(
    console_app: ConsoleApp, call: StoredCall, page: Page, axe: Axe, tmp_path: Path
) -> None:
    await sign_in(page, console_app.base, Role.QA_HEAD, f"/calls/{call.call}")
    table = page.get_by_role("region", name="Таблица разговоров звонка")
    await expect(table.get_by_text("перевод, настольный аппарат")).to_be_visible()
    await page.screenshot(path=tmp_path / "legs.png", full_page=True)
    assert await axe(page) == []
    await table.locator("a[href*='/calls/']").first.click()
    await expect(page.get_by_text("звонил оператор").first).to_be_visible()
    await page.screenshot(path=tmp_path / "back.png", full_page=True)
    assert await axe(page) == []
