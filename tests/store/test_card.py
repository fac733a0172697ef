"""The call card on both databases: what it finds, by which indexes, and how a draft is kept from two tabs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, text, update

from agent_console.calls import calls
from agent_console.calls.calls import FoundCall
from agent_console.card import drafts
from agent_console.card.assemble import assemble
from agent_console.card.drafts import Superseded
from agent_console.card.models import CallCard, CardDraft, CardNote
from agent_console.card.values import CardView
from agent_console.people.models import Role, User
from agent_console.people.permissions import Actor
from appeals.intake.intake import accept
from appeals.register import Register
from grid.models import ConnectionApplication, ConnectionStage, Premise, PremisePhone, Subscriber, SubscriberKind, Turn
from grid.outages.models import Outage, OutageScope, OutageStatus, Service
from grid.premises import look_for
from grid.reliability import of_installation
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import SystemClock
from gridline.companies import Companies
from gridline.db import Database, new_id
from gridline.errors import NotFound
from gridline.settings import HOUSE
from ivr.desk.models import AgentEvent
from ivr.journal.models import CallRecord, CallStep, call_id
from ivr.live.board import Board
from recordings.models import Recording, RecordingKind, RecordingState
from worklist import clocks
from worklist.callbacks import CallbackAsked, Callbacks
from worklist.worklist import Worklist

LARGE = (" appeals ", " calls ", " promises ")
ZONE = ZoneInfo("Asia/Novokuznetsk")
LIMITS = of_installation(HOUSE / "dialplan")
PHONE, ACCOUNT = "+79131203401", "120034001"
OLGA = Actor("u1", "olga", "Ольга", Role.AGENT, "skek", "", "101")
NORTH = Actor("u2", "nina", "Нина", Role.AGENT, "skek", "north", "103")


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def call(linkedid: str, at: datetime, caller: str | None = PHONE, company: str = "skek") -> CallRecord:
    return CallRecord(
        id=call_id("n", "b", linkedid),
        node="n",
        boot="b",
        linkedid=linkedid,
        company_id=company,
        dialled="1",
        caller_raw=caller or "",
        caller=caller,
        branch="",
        flow_version="",
        started_at=at,
        answered_at=at,
    )


def step(of: CallRecord, prompt: str, key: str, at: datetime, place: str = "power-status") -> CallStep:
    return CallStep(
        call_id=of.id,
        ordinal=0,
        place=place,
        prompt_ids=[prompt],
        prompt_text="…",
        sound="",
        key=key,
        exit="said",
        leads_to=place,
        flow_version="",
        started_at=at,
        ended_at=at,
    )


async def register(db: Database, **more: object) -> str:
    companies = Companies.load(HOUSE / "dialplan/companies")
    given = {
        "company_id": "skek",
        "channel": "phone",
        "kind": "complaint",
        "topic": "outages",
        "phone": PHONE,
        "name": "Иванов",
        "text": "Нет света",
    }
    made = await Register(db, SystemClock(), companies, ProductionCalendar()).register(accept(given | more))
    return made.written


async def fill(db: Database) -> CallRecord:
    """One caller about whom there is everything; his call of now."""
    at = now()
    this, before, others = (
        call("2.0", at),
        call("1.0", at - timedelta(days=1)),
        call("1.1", at - timedelta(days=2), "+79139998877"),
    )
    owner = Subscriber(id=new_id(), company_id="skek", account=ACCOUNT, name="Иванов", kind=SubscriberKind.PERSON)
    flat = Premise(
        id=new_id(),
        company_id="skek",
        code="c1",
        subscriber_id=owner.id,
        branch="",
        settlement="г. Кемерово",
        street="ул. Весенняя",
        house="5",
        building="",
        flat="",
        address="г. Кемерово, ул. Весенняя, д. 5",
        settlement_key="кемерово",
        street_key="весенняя",
        line="L1",
    )
    off = Outage(
        id=new_id(),
        company_id="skek",
        code="o1",
        service=Service.ELECTRICITY,
        planned=False,
        status=OutageStatus.ACTIVE,
        cause="",
        starts_at=at - timedelta(hours=2),
        expected_end=None,
    )
    wanted = ConnectionApplication(
        id=new_id(),
        company_id="skek",
        number="26001016",
        digits="26001016",
        applicant="Иванов",
        applicant_kind=SubscriberKind.PERSON,
        phone=PHONE,
        address="уч. 12",
        track="standard-150",
        submitted_on=date(2026, 11, 1),
    )
    stage = ConnectionStage(
        application_id=wanted.id, ordinal=1, name="договор", turn=Turn.GRID, next_step="Ждите.", done=False
    )
    igor = User(
        id="u9",
        login="igor",
        name="Игорь",
        password_hash="",
        one_time=False,
        role=Role.AGENT,
        company_id="skek",
        branch="",
        agent="102",
        created_at=at,
    )
    told = {
        "ref": f"premise:{flat.id}",
        "name": "Иванов",
        "address": flat.address,
        "account": ACCOUNT,
        "kind": "person",
        "reasons": [],
        "premise_id": flat.id,
    }
    async with db.write() as session:
        for one in (owner, flat, off, wanted, this, before, others, igor):
            session.add(one)
            await session.flush()  # models have no relationships: their order is ours to keep
        session.add_all(
            [
                PremisePhone(premise_id=flat.id, phone=PHONE),
                OutageScope(outage_id=off.id, line="L1"),
                stage,
                step(this, "account-enter", ACCOUNT, at),
                step(before, "main-menu", "2", before.started_at),
                AgentEvent(
                    at=before.started_at,
                    agent="102",
                    user_id="u9",
                    company_id="skek",
                    kind="answered",
                    queue="q",
                    linkedid="1.0",
                    seconds=1,
                    detail="",
                ),
                AgentEvent(  # another boot's call of the same linked id, a year later
                    at=at + timedelta(days=365),
                    agent="101",
                    user_id="u9",
                    company_id="skek",
                    kind="answered",
                    queue="q",
                    linkedid="1.0",
                    seconds=1,
                    detail="",
                ),
                CallCard(call_id=before.id, company_id="skek", chosen=told, chosen_by="Игорь", chosen_at=at),
                CardNote(company_id="skek", call_id=before.id, phone=PHONE, text="Собака", author="Игорь", at=at),
                CardNote(company_id="skek", call_id=others.id, phone="+79139998877", text="Чужая", author="И", at=at),
                Recording(
                    id=new_id(),
                    call_id=this.id,
                    kind=RecordingKind.MESSAGE,
                    state=RecordingState.STORED,
                    started_at=at,
                    file="x.wav",
                    channels=1,
                    seconds=3.0,
                ),
            ]
        )
        before.ended_at = before.started_at + timedelta(minutes=4)
    worklist = Worklist(db, SystemClock(), clocks.of_installation(HOUSE / "dialplan"))
    asked = CallbackAsked("skek", PHONE, "user:igor", call_id=before.id)
    await Callbacks(db, SystemClock(), worklist).promise(asked)
    return this


async def card(db: Database, id: str, actor: Actor = OLGA) -> CardView:
    async with db.read() as session:
        found = await calls.find_anywhere(session, Board("n"), id, visible_to=actor.scope)
        return await assemble(session, found, now(), ZONE, LIMITS, visible_to=actor.scope)


async def test_a_card_shows_all_that_there_is(db: Database) -> None:
    this = await fill(db)
    number = await register(db)
    trust = await register(db, kind="trust")
    await register(db, phone="+79139998877", name="Чужой")
    here = await register(db, call_id=this.id, text="Здесь и сейчас")
    view = await card(db, this.id)
    assert [one.name for one in view.candidates] == ["Иванов", "Иванов"]
    premise, application = view.candidates
    assert premise.reasons[0] == "по номеру телефона: абонент этого адреса"
    assert f"назвал лицевой счёт {ACCOUNT} в меню" in premise.reasons
    assert any(reason.startswith("звонил вчера") for reason in premise.reasons)
    assert application.ref == "application:26001016"
    assert view.chosen is None
    assert [one.current[0].cause for one in view.places] == [""]
    assert [one.number for one in view.appeals] == [number]
    assert trust not in [one.number for one in view.appeals]
    assert [one.number for one in view.registered] == [here]
    assert [(one.about, one.answered_by, one.chosen) for one in view.last_calls] == [
        ("Перерывы и ограничения электроснабжения", "Игорь", "Иванов")
    ]
    assert [one.text for one in view.notes] == ["Собака"]
    assert [one.seconds for one in view.spoken] == [3.0]
    assert [(one.promised, one.this_call) for one in view.callbacks] == [(True, False)]
    assert view.applications[0].name == "договор"


async def test_a_withheld_number_shows_nobody_elses_past(db: Database) -> None:
    await fill(db)
    async with db.write() as session:
        session.add(call("3.0", now(), None))
        session.add(call("3.1", now() - timedelta(hours=1), None))
    view = await card(db, call_id("n", "b", "3.0"))
    assert (view.candidates, view.last_calls, view.notes, view.appeals) == ((), (), (), ())


async def test_an_agent_of_a_branch_sees_the_branchs_premises_only(db: Database) -> None:
    this = await fill(db)
    async with db.write() as session:
        await session.execute(text("UPDATE premises SET branch = 'south'"))
    assert not [one for one in (await card(db, this.id, NORTH)).candidates if one.premise_id]
    assert [one for one in (await card(db, this.id)).candidates if one.premise_id]


async def test_a_call_that_is_neither_stored_nor_on_the_line_is_not_found(db: Database) -> None:
    async with db.read() as session:
        with pytest.raises(NotFound):
            await calls.find_anywhere(session, Board("n"), "0" * 32, visible_to=OLGA.scope)


async def test_another_premise_is_found_by_account_phone_or_address_and_by_nothing_else(db: Database) -> None:
    await fill(db)
    async with db.read() as session:
        for query in (ACCOUNT, PHONE, "8 913 120-34-01", "Кемерово, Весенняя, 5", "г. Кемерово, ул. Весенняя"):
            found = await look_for(session, "skek", query, 8, visible_to=OLGA.scope)
            assert [one.code for one in found] == ["c1"], query
            assert await look_for(session, "mrsk-centra", query, 8, visible_to=OLGA.scope) == [], query
        for query in ("", "'; DROP TABLE premises", "Кемерово, Ленина", "%", "99999999999999999999"):
            assert await look_for(session, "skek", query, 8, visible_to=OLGA.scope) == [], query


async def test_every_query_of_a_card_is_answered_by_an_index(db: Database) -> None:
    this = await fill(db)
    await register(db)
    asked: dict[str, object] = {}
    engine = db.engine.sync_engine

    def keep(_c: object, _u: object, statement: str, parameters: object, *_rest: object) -> None:
        asked.setdefault(statement, parameters)

    event.listen(engine, "before_cursor_execute", keep)
    await card(db, this.id)
    event.remove(engine, "before_cursor_execute", keep)
    queries = {query: values for query, values in asked.items() if query.startswith("SELECT")}
    assert len(queries) > 12
    sqlite = engine.dialect.name == "sqlite"
    async with db.engine.connect() as connection:
        if not sqlite:  # tables this small are read whole unless that is forbidden
            await connection.execute(text("SET enable_seqscan = off"))
        for query, values in queries.items():
            prefix = "EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN "
            plan = await connection.exec_driver_sql(prefix + query, values)  # type: ignore[arg-type]
            lines = [str(row[-1]) for row in plan]
            scans = [line for line in lines if line.startswith("SCAN ") or "Seq Scan" in line]
            # A company's whole index is as good as no index: seconds at a million appeals.
            scans += [line for line in lines if "(company_id" in line and any(name in line for name in LARGE)]
            assert not scans, f"{query}\n{lines}"


async def test_a_draft_is_kept_version_by_version(db: Database) -> None:
    this, clock = facts_of(await fill(db)), SystemClock()
    async with db.read() as session:
        empty = await drafts.of(session, this.id)
    assert (empty.version, empty.fields) == (0, {})
    one = await save(db, this, {"text": "Нет"}, 0, empty.key, "tab1")
    assert one.version == 1
    same = await save(db, this, {"text": "Нет"}, 1, empty.key, "tab1")
    assert same.version == 1
    again = await save(db, this, {"text": "Нет света"}, 0, empty.key, "tab1")  # our own last answer was lost
    assert again.version == 2
    with pytest.raises(Superseded) as behind:
        await save(db, this, {"text": "Другое"}, 1, empty.key, "tab2")
    assert behind.value.draft.fields == {"text": "Нет света"}
    over = await save(db, this, {"text": "Другое"}, 1, empty.key, "tab2", take=True)
    assert (over.version, over.fields["text"]) == (3, "Другое")
    with pytest.raises(Superseded):
        await save(db, this, {"text": "Ещё"}, 2, empty.key, "tab1")
    async with db.write() as session:
        await drafts.finish(session, clock, this, empty.key)
        await drafts.finish(session, clock, this, empty.key)  # sent twice: the next form is not finished by it
        fresh = await drafts.of(session, this.id)
    assert (fresh.version, fresh.fields) == (4, {})
    assert fresh.key != empty.key
    with pytest.raises(Superseded):  # a tab that still shows the registered form
        await save(db, this, {"text": "Другое"}, 4, empty.key, "tab2")


async def test_drafts_that_nobody_finished_go_after_a_week(db: Database) -> None:
    first = facts_of(await fill(db))
    async with db.read() as session:
        key = (await drafts.of(session, first.id)).key
    await save(db, first, {"name": "Иванов"}, 0, key, "tab1")
    async with db.write() as session:
        await session.execute(update(CardDraft).values(saved_at=now() - timedelta(days=8)))
        session.add(call("9.0", now()))
    second = facts_of(call("9.0", now()))
    await save(db, second, {"name": "Петров"}, 0, "x", "tab1", take=True)
    async with db.read() as session:
        assert (await drafts.of(session, first.id)).fields == {}
        assert (await drafts.of(session, second.id)).fields == {"name": "Петров"}


async def save(
    db: Database, of: FoundCall, fields: dict[str, str], version: int, key: str, tab: str, *, take: bool = False
) -> drafts.FormDraft:
    async with db.write() as session:
        return await drafts.save(
            session, SystemClock(), of, fields=fields, version=version, key=key, tab=tab, author="Ольга", take=take
        )


def facts_of(one: CallRecord) -> FoundCall:
    return FoundCall(one.id, "skek", "", one.caller, "", one.linkedid, one.started_at, None, None)
