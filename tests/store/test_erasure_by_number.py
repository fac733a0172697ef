"""A person's request finds their number and address in whichever table they are; what is owed or held stays."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import Connection, event, select, text
from structlog.testing import capture_logs

from agent_console.card.models import CardNote
from agent_console.people.erasing import requests
from agent_console.people.erasing.erasing import Erasing, Prospect
from agent_console.people.erasing.models import ErasureRequest
from agent_console.people.erasing.requests import Asked
from agent_console.people.erasing.tables import RowKind
from appeals.codes import AppealKind, AppealState
from appeals.intake import drafts
from appeals.intake.drafts import Draft
from appeals.models import Appeal, Content, DestructionAct
from appeals.personal_data import trust
from appeals.register import Register
from grid.offices import numbers
from grid.offices.models import Appointment, VisitState
from grid.outages import reports, tellings
from grid.outages.models import Outage, OutageReport, OutageStatus, ReportChannel, Service, TellingWay
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import SetClock
from gridline.companies import Companies
from gridline.db import Database, new_id
from gridline.errors import InvalidInput
from gridline.scope import Scope
from gridline.settings import HOUSE, Settings
from ivr.journal.models import CallRecord
from ivr.outbound.codes import CallPurpose
from ivr.outbound.models import CallOutRecord
from migrations.models import metadata
from outreach import campaigns, consents
from outreach.campaigns.models import CallState, Campaign, CampaignCall, CampaignState
from outreach.models import Consent, MessageOut, MessageState, MessageWay, Purpose
from outreach.senders.outbox import OUTBOX, file_of
from recordings import holds
from recordings.incoming import Incoming
from recordings.models import Recording, RecordingKind, RecordingState
from recordings.store import Store
from tests.store.appeals.made import intake
from worklist import clocks
from worklist.codes import AttemptResult, Ending, ItemKind
from worklist.models import WorkAttempt, WorkContact, WorkItem
from worklist.worklist import Matter, Worklist

NOW = datetime(2026, 12, 20, 9, 30, tzinfo=UTC)
THEIRS, OTHERS = "+79235550142", "+79235550143"
EMAIL = "Kim.Anna@example.ru"
ALL = Scope("skek")
NAMES_A_PERSON: Final = re.compile(r"phone|caller|mail|address|^to$|^applicant$|account|contract|place$|^name$")
TABLES: Final = {"messages_out" if kind is RowKind.MESSAGE else kind.value for kind in RowKind}
_LARGE = f"({'|'.join(TABLES | {'calls', 'appeals'})})"
WHOLE: Final = re.compile(rf"^SCAN {_LARGE}\b|^SEARCH {_LARGE} .*\(company_id=\?\)|Seq Scan")

ERASED: Final = {
    "appointments.name": "by the number",
    "appointments.phone": "by the number; the window stays booked",
    "appeal_contacts.phone": "with its appeal",
    "appeal_contents.email": "with its appeal",
    "appeal_contents.name": "with its appeal",
    "appeal_contents.phone": "with its appeal",
    "appeal_contents.phone_raw": "with its appeal",
    "appeal_contents.post_address": "with its appeal",
    "appeal_drafts.phone": "by the number",
    "appeals.account_number": "with its appeal",
    "appeals.contract_number": "with its appeal",
    "calls.caller": "by the number",
    "calls.caller_raw": "by the number",
    "calls_out.phone": "by the number",
    "campaign_calls.phone": "by the number",
    "card_notes.phone": "by the number",
    "consents.phone": "by the number; that there was a consent stays",
    "erasure_requests.email": "once it is carried out",
    "erasure_requests.phone": "once it is carried out",
    "messages_out.to": "by the number",
    "outage_reports.phone": "by the number",
    "outage_tellings.phone": "by the number",
    "work_contacts.phone": "by the number",
    "work_items.phone": "by the number",
    "work_items.place": "with the number, but of a danger and a missing supply",
}
KEPT: Final = {
    "connection_applications.address": "a contract",
    "connection_applications.applicant": "a contract",
    "connection_applications.phone": "a contract",
    "premise_phones.phone": "a contract",
    "premises.address": "a contract",
    "subscribers.account": "a contract",
    "subscribers.name": "a contract",
    "outage_reports.place": "a place without supply, of nobody once the number is gone",
    "site_forms.place": "twelve hours, the same",
}
NOT_PERSONAL: Final = {
    "agent_shifts.name": "an agent",
    "agent_shifts.phone": "a kind of device",
    "audit_entries.address": "of our own people's computers",
    "call_consultations.applicant": "a kind of applicant",
    "call_steps.place": "of the menu",
    "connection_stages.name": "of a track",
    "leases.name": "a piece of background work",
    "net_nodes.name": "a line",
    "nodes.address": "of a machine of ours",
    "nodes.name": "a machine of ours",
    "nodes.place": "a machine of ours and a folder",
    "outage_feeds.name": "a file",
    "saved_searches.name": "of a search",
    "sign_in_failures.address": "of our own people's computers",
    "talk_measures.caller_s": "seconds",
    "user_sessions.address": "of our own people's computers",
    "users.name": "our own people",
}


@pytest.fixture
def register(db: Database, companies: Companies) -> Register:
    return Register(db, SetClock(NOW), companies, ProductionCalendar())


@pytest.fixture
def erasing(db: Database, tmp_path: Path) -> Erasing:
    clock, store = SetClock(NOW), tmp_path / "store"
    store.mkdir()
    incoming = Incoming(tmp_path / "incoming", clock, least_free=1)
    return Erasing(db, clock, Settings(var=tmp_path), Store.in_folder(store), incoming)


@pytest.fixture
def worklist(db: Database) -> Worklist:
    return Worklist(db, SetClock(NOW), clocks.of_installation(HOUSE / "dialplan"))


async def asked(db: Database, *, scope: Scope = ALL, phone: str = THEIRS, email: str = "", appeal: str = "") -> str:
    """A request that names this number, address and appeal; its id."""
    told = Asked("Ким Анна", "Заявление № 7", phone, email, "", appeal)
    async with db.write() as session:
        return requests.file(session, "skek", told, of=scope, actor="user:head", at=NOW).id


async def carried_out(erasing: Erasing, id: str, scope: Scope = ALL) -> Prospect:
    """What was to be seen of a request before it was carried out."""
    _, prospect = await erasing.look(id, visible_to=scope)
    await erasing.carry_out(id, actor="user:admin", visible_to=scope)
    return prospect


def fates(prospect: Prospect) -> dict[RowKind, list[str]]:
    """By kind, why each row stays; empty: it goes."""
    found: dict[RowKind, list[str]] = {}
    for row in prospect.rows:
        found.setdefault(row.kind, []).append(row.kept)
    return found


async def tables_with(db: Database, words: Sequence[str]) -> set[str]:
    """The tables in which any of these words stands in any column."""
    found = set()
    async with db.read() as session:
        for table in metadata().sorted_tables:
            rows = "\n".join(str(tuple(row)) for row in await session.execute(select(table)))
            if any(word.lower() in rows.lower() for word in words):
                found.add(table.name)
    return found


@contextmanager
def under_a_lock(db: Database) -> Iterator[dict[str, object]]:
    """What is asked in transactions that write, with its values."""
    found: dict[str, object] = {}

    def keep(connection: Connection, _cursor: object, statement: str, values: object, *_rest: object) -> None:
        if (
            statement.startswith(("SELECT", "UPDATE", "DELETE"))
            and connection.get_execution_options()["gridline_write"]
        ):
            found.setdefault(statement, values)

    event.listen(db.engine.sync_engine, "before_cursor_execute", keep)
    yield found
    event.remove(db.engine.sync_engine, "before_cursor_execute", keep)


async def read_whole(db: Database, queries: dict[str, object]) -> list[str]:
    """Of these queries, the steps that read a whole large table, or all of a company's in it."""
    found = []
    async with db.engine.connect() as connection:
        if not db.is_sqlite:  # tables this small are read whole unless that is forbidden
            await connection.execute(text("SET enable_seqscan = off"))
        for query, values in queries.items():
            prefix = "EXPLAIN QUERY PLAN " if db.is_sqlite else "EXPLAIN "
            plan = await connection.exec_driver_sql(prefix + query, values)  # type: ignore[arg-type]
            found += [f"{line}: {query}" for row in plan if WHOLE.search(line := str(row[-1]))]
    return found


def a_visit() -> Appointment:
    """A visit that they booked."""
    none = dict.fromkeys(("ended_at", "ended_call_id", "arrived_at", "called_at", "served_at"))
    held = {"company_id": "skek", "branch": "", "office_id": "kemerovo", "number": numbers.fresh(), "window_no": 1}
    told = {"topic": "service", "starts_at": NOW + timedelta(days=1), "minutes": 30, "state": VisitState.BOOKED}
    whose = {"phone": THEIRS, "name": "Ким Анна", "booked_at": NOW, "booked_by": "ivr", "call_id": new_id()}
    return Appointment(**held, **told, **whose, **none)


async def a_call(db: Database, caller: str = THEIRS, branch: str = "") -> str:
    id = new_id()
    record = CallRecord(
        id=id,
        node="node1",
        boot="2026",
        linkedid=id[:12],
        company_id="skek",
        dialled="",
        caller_raw=caller,
        caller=caller,
        branch=branch,
        flow_version="",
        started_at=NOW - timedelta(days=1),
        ended_at=NOW - timedelta(days=1),
    )
    async with db.write() as session:
        session.add(record)
    return id


async def held_sound(db: Database, call: str) -> str:
    """A recording of this call under a hold; its id."""
    sound = {"state": RecordingState.STORED, "started_at": NOW, "file": "a.wav", "sha256": "a" * 64, "channels": 2}
    async with db.write() as session:
        row = Recording(id=new_id(), call_id=call, kind=RecordingKind.CONSENT, **sound)
        session.add(row)
        await session.flush()
        await holds.hold(session, call, reason="Иск № 7", actor="user:lawyer", at=NOW)
    return row.id


async def consented(
    db: Database, phone: str = THEIRS, *, call: str = "", company: str = "skek", about: str | None = None
) -> str:
    given = Consent(
        id=new_id(),
        company_id=company,
        phone=phone,
        purpose=Purpose.APPEAL,
        given_at=NOW - timedelta(days=3),
        call_id=call or new_id(),
        asked="Прислать номер обращения?",
        subject_id=about,
    )
    async with db.write() as session:
        return (await consents.give(session, given)).id


async def message(
    db: Database, consent: str, to: str = THEIRS, state: MessageState = MessageState.SENT, about: str | None = None
) -> str:
    row = MessageOut(
        id=new_id(),
        company_id="skek",
        way=MessageWay.EMAIL if "@" in to else MessageWay.SMS,
        to=to,
        text=f"Анна, номер {to}",
        purpose=Purpose.APPEAL,
        key=f"{to}:{new_id()}",
        consent_id=consent,
        subject_id=about,
        queued_at=NOW,
        next_at=NOW,
        attempts=1,
        state=state,
        problem=f"550 no such user {to}",
    )
    async with db.write() as session:
        session.add(row)
    return row.id


async def outage(db: Database, branch: str = "") -> str:
    id = new_id()
    row = Outage(
        id=id,
        company_id="skek",
        code=id[:6],
        service=Service.ELECTRICITY,
        planned=False,
        status=OutageStatus.ACTIVE,
        cause="",
        starts_at=NOW,
        branch=branch,
    )
    async with db.write() as session:
        session.add(row)
    return id


async def in_a_campaign(db: Database, outage_id: str, consent: str, branch: str = "") -> str:
    """Their number in a campaign about an outage; the id of the call that waits."""
    campaign = Campaign(
        id=new_id(),
        company_id="skek",
        branch=branch,
        outage_id=outage_id,
        purpose=Purpose.RESTORED,
        made_at=NOW,
        state=CampaignState.RUNNING,
        changed_at=NOW,
        changed_by="",
    )
    call = CampaignCall(
        id=new_id(),
        campaign_id=campaign.id,
        phone=THEIRS,
        consent_id=consent,
        state=CallState.WAITING,
        attempts=0,
        next_at=NOW + timedelta(hours=1),
    )
    async with db.write() as session:
        session.add(campaign)
        await session.flush()
        session.add(call)
    return call.id


async def called_out(db: Database, about: str | None = None) -> None:
    """The robot called them."""
    record = CallOutRecord(
        id=new_id(),
        node="node1",
        company_id="skek",
        phone=THEIRS,
        purpose=CallPurpose.RESTORED,
        subject_id=about,
        placed_at=NOW,
        ended_at=NOW,
        cause=0,
        key="",
        heard=[{"id": "x", "text": f"Вам звонят на {THEIRS}"}],
    )
    async with db.write() as session:
        session.add(record)


async def ended(db: Database, worklist: Worklist, kind: ItemKind, phone: str = THEIRS, about: str | None = None) -> str:
    """An item that is over, with words about the person in it; `about` is an appeal."""
    key = f"{kind}:{phone}:{new_id()}"
    matter = Matter(kind, "skek", key, phone=phone, place="Весенняя, 5", appeal_id=about)
    id = (await worklist.open(matter)).id
    async with db.write() as session:
        item = await session.get_one(WorkItem, id)
        item.ended_at, item.ending, item.note = NOW, Ending.TALKED, f"Просит звонить на {phone}"
        tried = {"at": NOW, "actor": "user:a", "result": AttemptResult.TALKED, "note": phone}
        session.add(WorkAttempt(id=new_id(), item_id=id, **tried))
    return id


async def reported_on_the_site(db: Database, phone: str = THEIRS) -> str:
    told = reports.OutageContact(
        "skek", Service.ELECTRICITY, NOW, channel=ReportChannel.SITE, phone=phone, settlement="Кемерово", house="5"
    )
    async with db.write() as session:
        report = await reports.take(session, told)
        await session.flush()
        return report.id


async def test_the_number_is_nowhere_afterwards(
    db: Database, register: Register, erasing: Erasing, worklist: Worklist, tmp_path: Path
) -> None:
    """As the page said it would be; consents stay as facts, and the acts name them."""
    form = {"channel": "web_form", "kind": "appeal", "phone": None, "answer_way": "email", "email": EMAIL}
    appeal = await register.register(intake(**form))
    consent, other = await consented(db), await consented(db, OTHERS)
    sent, strange = await message(db, consent), await message(db, other, OTHERS)
    waits, letter = await message(db, consent, state=MessageState.WAITING), await message(db, other, EMAIL.lower())
    outbox = tmp_path / OUTBOX
    outbox.mkdir(parents=True)
    for id in (sent, strange):
        file_of(outbox, id).write_text(THEIRS)
    report = await reported_on_the_site(db)
    off = await outage(db)
    callback, supply = [await ended(db, worklist, kind) for kind in (ItemKind.CALLBACK, ItemKind.OUTAGE_REPORT)]
    called, call = await in_a_campaign(db, off, consent), await a_call(db)
    await called_out(db)
    async with db.write() as session:
        (await session.get_one(Appeal, appeal.appeal_id)).state = AppealState.CLOSED
        await tellings.told(session, off, NOW, TellingWay.MESSAGE, "Весенняя, 5: свет дадут", phone=THEIRS)
        await drafts.keep(session, Draft("skek", "topic", phone=THEIRS), NOW)
        session.add(a_visit())
        # Written of a call that is no more.
        session.add(CardNote(company_id="skek", call_id=new_id(), phone=THEIRS, text=THEIRS, author="a", at=NOW))
    assert len(await tables_with(db, [THEIRS[2:], EMAIL])) > 9
    refused = await asked(db)
    async with db.write() as session:
        requests.refuse(await session.get_one(ErasureRequest, refused), reason="Рано", actor="user:a", at=NOW)
    with under_a_lock(db) as queries:
        prospect = await carried_out(erasing, await asked(db, email=EMAIL))
    assert {table for table in TABLES if any(f"FROM {table} " in " ".join(one.split()) for one in queries)} == TABLES
    assert not await read_whole(db, queries)
    goes = {kind: len(reasons) for kind, reasons in fates(prospect).items()}
    assert goes == dict.fromkeys(RowKind, 1) | {RowKind.MESSAGE: 3, RowKind.ITEM: 2, RowKind.CONTACT: 2}
    assert not any(row.kept for row in prospect.rows)
    assert await tables_with(db, [THEIRS[2:], EMAIL]) == set()
    assert {file.stem for file in outbox.iterdir()} == {strange}
    async with db.read() as session:
        named = [json.loads(items) for items in await session.scalars(select(DestructionAct.items))]
        gone = await session.get_one(Consent, consent)
        states = [(await session.get_one(MessageOut, id)).state for id in (sent, waits, letter)]
        written = await session.get_one(OutageReport, report)
        left = [(await session.get_one(WorkItem, id)).place for id in (callback, supply)]
        others = (await session.get_one(Consent, other)).phone, (await session.get_one(MessageOut, strange)).to
        content = await session.get_one(Content, appeal.appeal_id)
        waiting = await session.get_one(CampaignCall, called)
        assert await consents.valid(session, "skek", THEIRS, Purpose.APPEAL) is None
        assert (await session.get_one(CallRecord, call)).caller is None
    rows = next(act["rows"] for act in named if "rows" in act)
    assert (rows["consents"], set(rows["messages"])) == ([consent], {sent, waits, letter})
    assert [act["appeals"] for act in named if act["appeals"]] == [[appeal.number]]
    assert (gone.phone, gone.given_at, gone.withdrawn_at, gone.asked != "") == ("", NOW - timedelta(days=3), NOW, True)
    assert states == [MessageState.SENT, MessageState.WITHDRAWN, MessageState.SENT]
    assert (written.phone, written.settlement, written.house) == (None, "Кемерово", "5")
    assert left == ["", "Весенняя, 5"]
    assert others == (OTHERS, OTHERS)
    assert (content.email, content.erased_at) == (None, NOW)
    assert (waiting.state, waiting.phone.startswith(campaigns.NOBODY)) == (CallState.DONE, True)


@pytest.mark.parametrize("named", ["address", "appeal"])
async def test_who_names_no_number_is_found_by_their_appeal(
    db: Database, register: Register, erasing: Erasing, worklist: Worklist, named: str
) -> None:
    """An answer to dictate has the number and, of a form, no call."""
    form = {"channel": "web_form", "kind": "appeal", "phone": THEIRS, "email": EMAIL}
    appeal = await register.register(intake(**form))
    async with db.write() as session:
        (await session.get_one(Appeal, appeal.appeal_id)).state = AppealState.CLOSED
    for kind in (ItemKind.DICTATION, ItemKind.CALLBACK):
        await ended(db, worklist, kind, about=appeal.appeal_id)
    await message(db, await consented(db, about=appeal.appeal_id), about=appeal.appeal_id)
    other = await ended(db, worklist, ItemKind.CALLBACK, OTHERS)
    email, number = (EMAIL, "") if named == "address" else ("", appeal.written)
    prospect = await carried_out(erasing, await asked(db, phone="", email=email, appeal=number))
    goes = {kind: len(reasons) for kind, reasons in fates(prospect).items() if not any(reasons)}
    assert goes == {RowKind.CONSENT: 1, RowKind.MESSAGE: 1, RowKind.ITEM: 2, RowKind.CONTACT: 2}
    assert await tables_with(db, [THEIRS[2:], EMAIL]) == set()
    async with db.read() as session:
        assert (await session.get_one(WorkItem, other)).phone == OTHERS


async def test_what_is_owed_held_or_somebody_elses_stays_and_the_page_says_why(
    db: Database, register: Register, erasing: Erasing, worklist: Worklist
) -> None:
    open_one = await register.register(intake(phone=THEIRS))
    held_call, branch_call, trust_call = await a_call(db), await a_call(db, branch="north"), await a_call(db)
    waits = await consented(db, about=open_one.appeal_id)
    await message(db, waits, state=MessageState.WAITING, about=open_one.appeal_id)
    held, elsewhere = await consented(db, call=held_call), await consented(db, company="mrsk-centra")
    norths, trusts = await consented(db, call=branch_call), await consented(db, call=trust_call)
    report = await reported_on_the_site(db)
    matter = Matter(ItemKind.OUTAGE_REPORT, "skek", "outage:1", phone=THEIRS, subject_id=report)
    await worklist.open(matter)
    await held_sound(db, held_call)
    async with db.write() as session:
        await trust.shut(session, [trust_call], NOW)
    south = Scope("skek", "south")
    id = await asked(db, scope=south)
    with capture_logs() as logged:
        prospect = await carried_out(erasing, id, south)
    assert [entry["rows"] for entry in logged if entry["event"] == "erased-by-request"] == [0]
    assert {kind: sorted(reasons) for kind, reasons in fates(prospect).items()} == {
        RowKind.CONSENT: ["запрет на уничтожение: Иск № 7", "обращение ещё рассматривается"],
        RowKind.MESSAGE: ["обращение ещё рассматривается"],
        RowKind.REPORT: ["дело ещё не закончено"],
        RowKind.ITEM: ["дело ещё не закончено"],
        RowKind.CONTACT: ["дело ещё не закончено"],
    }
    assert prospect.is_empty
    async with db.read() as session:
        phones = {row.id: row.phone for row in await session.scalars(select(Consent))}
        contacts = set(await session.scalars(select(WorkContact.phone)))
        acts = list(await session.scalars(select(DestructionAct.id)))
    assert phones == dict.fromkeys((waits, held, elsewhere, norths, trusts), THEIRS)
    assert (contacts, acts) == ({THEIRS}, [])


async def test_a_row_stays_while_its_appeal_does_whatever_keeps_that(
    db: Database, register: Register, erasing: Erasing
) -> None:
    """Its sound is held, in another's call; one that was emptied before keeps nothing."""
    call = await a_call(db, OTHERS)
    kept = await register.register(intake(phone=THEIRS, recording_id=await held_sound(db, call)))
    emptied = await register.register(intake(phone=THEIRS))
    stays, goes = [await consented(db, about=one.appeal_id) for one in (kept, emptied)]
    async with db.write() as session:
        for one in (kept, emptied):
            (await session.get_one(Appeal, one.appeal_id)).state = AppealState.CLOSED
        (await session.get_one(Content, emptied.appeal_id)).erased_at = NOW
    prospect = await carried_out(erasing, await asked(db))
    assert {row.id: row.kept for row in prospect.rows} == {stays: "обращение остаётся", goes: ""}
    async with db.read() as session:
        assert [(await session.get_one(Consent, id)).phone for id in (stays, goes)] == [THEIRS, ""]


async def test_what_the_asker_may_not_see_is_neither_counted_nor_erased(
    db: Database, register: Register, erasing: Erasing
) -> None:
    """Of another branch, or about an appeal of the trust line, though no call tells so."""
    off = await outage(db, "north")
    north = await register.register(intake(phone=OTHERS, branch="north"))
    told = await register.register(intake(phone=OTHERS))
    plain, norths, trusts = [await consented(db, about=one) for one in (None, north.appeal_id, told.appeal_id)]
    await message(db, plain, about=told.appeal_id)
    await called_out(db, await in_a_campaign(db, off, plain, "north"))
    async with db.write() as session:
        (await session.get_one(Appeal, told.appeal_id)).kind = AppealKind.TRUST
        await tellings.told(session, off, NOW, TellingWay.MESSAGE, "Весенняя, 5: свет дадут", phone=THEIRS)
    seen = {}
    for scope in (Scope("skek", "south"), ALL, Scope("skek", trust=True)):
        _, prospect = await erasing.look(await asked(db, scope=scope), visible_to=scope)
        seen[scope] = {(row.kind, row.id if row.kind is RowKind.CONSENT else "") for row in prospect.rows}
    beside = {(kind, "") for kind in (RowKind.CALL_OUT, RowKind.CAMPAIGN_CALL, RowKind.TELLING)}
    assert list(seen.values()) == [
        {(RowKind.CONSENT, plain)},
        {(RowKind.CONSENT, plain), (RowKind.CONSENT, norths)} | beside,
        {(RowKind.CONSENT, trusts), (RowKind.MESSAGE, "")},
    ]
    await carried_out(erasing, await asked(db, scope=Scope("skek", "south")), Scope("skek", "south"))
    async with db.read() as session:
        phones = {row.id: row.phone for row in await session.scalars(select(Consent))}
    assert phones == {plain: "", norths: THEIRS, trusts: THEIRS}
    assert await tables_with(db, [THEIRS]) >= {"calls_out", "campaign_calls", "messages_out", "outage_tellings"}


async def test_an_address_is_asked_as_one_writes_it(db: Database) -> None:
    for wrong in ("kim", "kim@example", "k" * 250 + "@example.ru"):
        with pytest.raises(InvalidInput, match="Электронная почта"):
            await asked(db, phone="", email=wrong)
    id = await asked(db, phone="", email=f" {EMAIL} ")
    async with db.read() as session:
        assert (await session.get_one(ErasureRequest, id)).email == EMAIL.lower()


def test_of_every_column_that_may_name_a_caller_somebody_has_decided_what_becomes_of_it() -> None:
    """A new one fails here, until it is erased or said why it stays (docs/recordings.ru.md)."""
    columns = {
        f"{table.name}.{column.name}"
        for table in metadata().sorted_tables
        for column in table.columns
        if NAMES_A_PERSON.search(column.name)
    }
    assert columns == ERASED.keys() | KEPT.keys() | NOT_PERSONAL.keys()
