"""A report to the trust line filed from the card, and then everybody else looking everywhere for whoever called."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.calls.listening import listenings
from agent_console.calls.listening.models import ListeningReason
from agent_console.people.models import Role
from appeals.intake.drafts import Draft
from appeals.models import Appeal, TrustCall
from asterisk_conf.logs import Logs
from grid.offices import numbers
from grid.offices.models import Appointment, VisitState
from grid.outages import reports, tellings
from grid.outages.models import Outage, OutageStatus, Service, TellingWay
from gridline.db import Base, new_id
from gridline.scope import Scope
from ivr.journal.models import CallRecord
from ivr.outbound.codes import CallPurpose
from ivr.outbound.models import CallOutRecord
from outreach import consents
from outreach.campaigns import making
from outreach.campaigns.models import CallState, CampaignCall
from outreach.models import Consent, Purpose
from quality.marks import marks
from recordings.models import Recording, RecordingKind, RecordingState
from tests.console.calls import sound
from tests.console.card_data import Telephony, a_call
from tests.console.conftest import COMPANY, Axe, ClientOf, ConsoleApp, sign_in
from tests.console.test_permissions import Step, allows, steps
from worklist import items, unregistered
from worklist.codes import ItemKind
from worklist.unregistered import HalfTold
from worklist.worklist import Matter

pytestmark = pytest.mark.timeout(240)

CALLER = "+79135557788"
NAME = "Правдолюбов"
LINKEDID = "1796.7"
NUMBER = ("9135557788", "913 555-77-88", "(913) 555-77-88", "555-77-88")
"""Ways it might be written; every way of writing it whole holds one of these."""
OTHERS = frozenset(Role) - {Role.SECURITY}


def asterisk_files(logs: Logs) -> None:
    """The call as Asterisk 22 writes of it: one part put aside already."""
    for folder in ("cdr-csv", "cel-custom"):
        (logs.folder / folder).mkdir(parents=True, exist_ok=True)
    leg = '"PJSIP/trunk-00000001"'
    cel = "".join(
        f'"{kind}","1796.1","{CALLER}","78005009494",{leg},"{LINKEDID}","{LINKEDID}",""\n'
        for kind in ("CHAN_START", "ANSWER")
    )
    (logs.folder / "cel-custom/cel.csv.1").write_text(cel)
    (logs.folder / "cel-custom/cel.csv").write_text(
        f'"CHAN_START","1796.2","","s","PJSIP/101-web-02","{LINKEDID}9","{LINKEDID}",""\n'
        f'"CHAN_START","1796.3","+79130000001","78005009494","PJSIP/trunk-03","1799.1","1799.1",""\n'
    )
    cdr = f'"","{CALLER}","78005009494","trunk","<{CALLER}>",{leg},"","AGI","agi","","","",1,1,"ANSWERED","",'
    (logs.folder / "cdr-csv/Master.csv").write_text(f'{cdr}"{LINKEDID}",""\n')
    (logs.folder / "queue_log").write_text(f"1796|{LINKEDID}|skek-hotline|NONE|ENTERQUEUE||{CALLER}|1\n")


async def a_danger_and_a_call_back(console_app: ConsoleApp, session: AsyncSession, call: str) -> None:
    """A duty telephone heard of the call; its caller is called about a restoration, and so is somebody else."""
    now = console_app.console.clock.now()
    danger = Matter(ItemKind.DANGER, COMPANY, f"danger:{call}", call_id=call, phone=CALLER)
    item = await console_app.console.worklist.opened(session, danger)
    outage = Outage(
        company_id=COMPANY,
        code="restored",
        service=Service.ELECTRICITY,
        planned=False,
        status=OutageStatus.RESTORED,
        cause="",
        starts_at=now,
        expected_end=None,
        actual_end=now,
    )
    session.add(outage)
    await session.flush()
    for phone, of_call in ((CALLER, call), ("+79135557799", call), ("+79130000001", new_id())):
        consent = Consent(
            company_id=COMPANY,
            phone=phone,
            purpose=Purpose.RESTORED,
            given_at=now,
            call_id=of_call,
            asked="Позвонить, когда включат?",
            subject_id=outage.id,
        )
        await consents.give(session, consent)
    await session.flush()
    await making.make_missing(session, now)
    theirs = await session.scalars(select(CampaignCall).where(CampaignCall.phone == CALLER))
    called = ((CallPurpose.DANGER, item.id, "+79130000009"), (CallPurpose.RESTORED, theirs.one().id, CALLER))
    for purpose, subject, phone in called:
        record = CallOutRecord(
            id=new_id(),
            node="node1",
            company_id=COMPANY,
            phone=phone,
            purpose=purpose,
            subject_id=subject,
            placed_at=now,
            cause=0,
            key="",
            heard=[{"prompts": ["x"], "text": f"Телефон {CALLER}", "key": "1"}] if phone != CALLER else [],
        )
        session.add(record)
        if purpose is CallPurpose.RESTORED:
            await tellings.told(session, outage.id, now, TellingWay.CALL_OUT, "Включили?", record.id, phone)


def a_visit(call: str, now: datetime) -> Appointment:
    """Booked in the call, before they came to the point."""
    none = dict.fromkeys(("ended_at", "ended_call_id", "arrived_at", "called_at", "served_at"))
    held = {"company_id": COMPANY, "branch": "", "office_id": "kemerovo", "number": numbers.fresh(), "window_no": 1}
    told = {"topic": "service", "starts_at": now + timedelta(days=1), "minutes": 30, "state": VisitState.BOOKED}
    whose = {"phone": CALLER, "name": NAME, "booked_at": now, "booked_by": "ivr", "call_id": call}
    return Appointment(**held, **told, **whose, **none)


async def what_a_call_leaves(console_app: ConsoleApp, tmp_path: Path) -> tuple[str, str]:
    """A call with everything that may be stored of it before its caller comes to the point; its id, a recording's."""
    console = console_app.console
    call = await a_call(console_app, LINKEDID, caller=CALLER)
    telephony = Telephony(console_app)
    telephony.rings(LINKEDID, CALLER)
    telephony.talks(LINKEDID, CALLER)
    asterisk_files(Logs(tmp_path / "asterisk/var/log", 1))
    console.incoming.announce(call, "talk", company_id=COMPANY, caller=CALLER)
    half_told = HalfTold(Draft(COMPANY, "topic", call, CALLER, "outages"), console.clock.now())
    await unregistered.keep(console.db, console.worklist, half_told)
    recording, now = new_id(), console.clock.now()
    sound(console.recordings / f"{recording}.wav", 1)
    outage = Matter(ItemKind.OUTAGE_REPORT, COMPANY, "outage-report:x", call_id=call, phone=CALLER, place="Весенняя, 5")
    await console.worklist.open(outage)
    await console.worklist.open(Matter(ItemKind.CALLBACK, COMPANY, f"callback:{call}", call_id=call, phone=CALLER))
    consent = Consent(
        id=new_id(),
        company_id=COMPANY,
        phone=CALLER,
        purpose=Purpose.APPEAL,
        given_at=now,
        call_id=call,
        asked="Прислать номер обращения сообщением?",
        subject_id=None,
    )
    async with console.db.write() as session:
        recorded = Recording(
            id=recording,
            call_id=call,
            kind=RecordingKind.COMPLAINT,
            state=RecordingState.STORED,
            started_at=now,
            ended_at=now,
            file=f"{recording}.wav",
            bytes=1,
            seconds=1.0,
            channels=2,
        )
        session.add(recorded)
        await session.flush()
        qa, why = console_app.users[Role.QA], ListeningReason.QUALITY
        await listenings.begin(session, console.clock, recorded, user_id=qa.user_id, reason=why, address="127.0.0.1")
        await marks.add(session, recorded, author=qa.signature, at_s=0.5, text=f"{NAME}, телефон {CALLER}", now=now)
        told = reports.OutageContact(
            COMPANY, Service.ELECTRICITY, now, call_id=call, phone=CALLER, settlement="Кемерово"
        )
        await reports.take(session, told)
        session.add(a_visit(call, now))
        await consents.give(session, consent)
        await session.flush()
        await console.messages.queue(
            session, COMPANY, CALLER, "Ваше обращение", Purpose.APPEAL, "m:1", consent.id, call_id=call
        )
        await a_danger_and_a_call_back(console_app, session, call)
    await console.messages.run_once()
    assert list((tmp_path / "messages").iterdir())
    console.push.publish("place:101", "phone", f'{{"number": "{CALLER}"}}')
    return call, recording


async def file_it(page: Page, base: str, call: str) -> str:
    """As an agent does, who learns in mid-form what it is about; the number they read out."""
    await sign_in(page, base, Role.AGENT, f"/card/{call}")
    await expect(page.locator("#call-card")).to_contain_text("555-77-88")
    await page.locator("#note").fill(f"Представился: {NAME}")
    await page.get_by_role("button", name="Записать").click()
    await expect(page.locator("#card-notes li")).to_contain_text(NAME)
    await page.locator("#f-topic").select_option("other")
    await page.locator("#f-name").fill(NAME)
    await page.locator("#f-text").fill("Мастер требует деньги за подключение")
    await expect(page.locator("#draft-state")).to_contain_text("охран", timeout=15_000)
    await page.locator("#f-kind").select_option("trust")
    await expect(page.locator("#f-name")).to_have_count(0)
    await page.keyboard.press("Control+s")
    shown = page.locator("#registered .number")
    await expect(shown).to_be_visible()
    return await shown.inner_text()


async def body_of(answer: aiohttp.ClientResponse) -> bytes:
    return (await answer.text("latin-1")).encode("latin-1")


def texts(body: bytes) -> Iterator[str]:
    """What a body holds as text: the parts of an archive (a bundle, a workbook) too."""
    yield body.decode("utf-8", "replace")
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as held:
            for name in held.namelist():
                yield from texts(held.read(name))


def found_in(body: bytes, marks: tuple[str, ...]) -> list[str]:
    return [mark for text in texts(body) for mark in marks if mark in text]


def asked(step: Step, values: tuple[str, ...]) -> Iterator[str]:
    """The addresses of a route: by each value that fits, and what a page may be asked by."""
    if "{" in step.canonical:
        yield from filter(None, (step.path(value) for value in values))
    else:
        yield from (step.canonical, f"{step.canonical}?q=5557788&company={COMPANY}", f"{step.canonical}?q=7788")


async def test_whoever_told_the_trust_line_is_found_by_nobody(
    console_app: ConsoleApp, client_of: ClientOf, page: Page, axe: Axe, tmp_path: Path
) -> None:
    console = console_app.console
    begun = console.push.last_id
    call, recording = await what_a_call_leaves(console_app, tmp_path)
    assert found_in(await replayed(console_app, client_of, begun), (call, CALLER)) == [call, CALLER]
    number = await file_it(page, console_app.base, call)
    assert await axe(page) == []
    await page.screenshot(path=tmp_path / "shut.png")
    marks = (*NUMBER, NAME, call, recording)

    async with console.db.read() as session:
        appeal = (await session.scalars(select(Appeal).where(Appeal.kind == "trust"))).one()
        assert await session.get(TrustCall, call) is not None
        assert appeal.call_id is None
        record = await session.get_one(CallRecord, call)
        assert (record.caller, record.caller_raw) == (None, "")
    assert number.replace("-", "") == appeal.number

    walked = 0
    for role in sorted(OTHERS):
        client = await client_of(role)
        for step in steps(console_app.app):
            if step.canonical in ("/events", "/signout") or not allows(step.grant, role):
                continue
            for path in asked(step, (call, recording, appeal.id, appeal.number)):
                sent = {} if step.method == "GET" else {"data": {"note": "x", "key": "a" * 32}}
                answer = await client.request(step.method, path, **sent)
                assert found_in(await body_of(answer), marks) == [], f"{role} {step.method} {path} {answer.status}"
                walked += 1
    assert walked > 300
    assert found_in(await replayed(console_app, client_of, begun), marks) == []

    assert await tables_with(console_app, (*NUMBER, NAME)) == {"work_items", "work_contacts"}
    for file in filter(Path.is_file, tmp_path.rglob("*")):
        if file.name.startswith("gridline.db"):
            continue
        assert found_in(file.read_bytes(), (*NUMBER, NAME)) == [], file
    async with console.db.read() as session:
        shut = await items.open_items(session, list(ItemKind), visible_to=Scope(COMPANY, trust=True), most=9)
        seen = await items.open_items(session, list(ItemKind), visible_to=Scope(COMPANY), most=9)
    owed = {(ItemKind.CALLBACK, CALLER), (ItemKind.BROKEN_OFF, CALLER)}
    assert {(one.kind, one.phone) for one in shut} == owed
    assert {(one.kind, one.phone, one.call_id) for one in seen} == {
        (ItemKind.OUTAGE_REPORT, None, None),
        (ItemKind.DANGER, None, None),
    }
    async with console.db.read() as session:
        called = (await session.execute(select(CampaignCall.phone, CampaignCall.state))).all()
    waiting = [phone for phone, state in called if state is CallState.WAITING]
    assert (waiting, len(called)) == (["+79130000001"], 3)

    security = await client_of(Role.SECURITY)
    for path in (f"/calls/{call}", f"/recordings/{recording}", f"/appeals/{appeal.id}"):
        answer = await security.get(path)
        assert answer.status == 200, path
        assert found_in(await body_of(answer), NUMBER) == []

    later = await a_call(console_app, "1800.1", caller=CALLER)
    agent = await client_of(Role.AGENT)
    assert found_in(await body_of(await agent.get(f"/card/{later}")), (NAME, call, recording)) == []


async def replayed(console_app: ConsoleApp, client_of: ClientOf, since: int) -> bytes:
    """What the agent's page is told of its own telephone when it comes back after having been away since then."""
    agent = await client_of(Role.AGENT)
    asked = {"topics": "card:101,place:101", "last": str(since)}
    async with agent.session.get(f"{console_app.base}/events", params=asked) as stream:
        told = await stream.content.readuntil(b"event: hello\ndata: \ndata: {}\n\n")
        console_app.console.push.publish("place:101", "end", "{}")
        return told + await stream.content.readuntil(b"event: end")


async def tables_with(console_app: ConsoleApp, marks: tuple[str, ...]) -> set[str]:
    """The tables in which one of these stands anywhere, of all that there are."""
    held = set()
    async with console_app.console.db.read() as session:
        for table in Base.metadata.sorted_tables:
            for row in await session.execute(select(table)):
                if any(mark in str(value) for value in row for mark in marks):
                    held.add(table.name)
    return held
