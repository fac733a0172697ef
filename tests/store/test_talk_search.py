"""Search of talks on both databases: words in any form, every filter, and nothing that is not the asker's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, update

from appeals import numbering
from appeals.intake.repeats import FurtherContact
from appeals.personal_data import trust
from appeals.register import Register
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import SystemClock
from gridline.companies import Companies
from gridline.db import Database
from gridline.errors import InvalidInput, NotFound
from gridline.scope import Scope
from ivr.journal.models import CallStep
from quality.marks import marks
from quality.measures.measuring import Measuring
from quality.measures.models import TalkMeasures
from quality.reviews.models import Calibration
from quality.search import moments, saved, search
from quality.search.search import SearchedTalks
from quality.transcripts.transcription import Transcription
from quality.transcripts.transcripts import SpokenChannel, SpokenWord
from recordings.models import Recording
from recordings.store import Store
from tests.console.calls import stored_call
from tests.console.conftest import COMPANY, OTHER_COMPANY
from tests.store.appeals.made import intake
from tests.table_ears import TableEars, heard


@dataclass(frozen=True)
class Kept:
    """Where calls are stored."""

    db: Database
    recordings: Path


async def taken_in(kept: Kept, said: dict[str, tuple[str, str]]) -> None:
    """Have these recordings heard and all measured."""
    table = {(id, side): words for id, both in said.items() for side, words in enumerate(both)}
    clock, store = SystemClock(), Store.in_folder(kept.recordings)
    heard_all = Transcription(kept.db, clock, TableEars(table), store, node="n", is_quiet=lambda: True, days=30)
    await heard_all.run_once()
    await Measuring(kept.db, clock, store, is_quiet=lambda: True, days=30).run_once()


async def found(db: Database, wanted: SearchedTalks, scope: Scope = Scope(COMPANY)) -> list[str]:  # noqa: B008
    async with db.read() as session:
        rows, _ = await search.page(session, COMPANY, wanted, visible_to=scope, most=10)
    return [row.recording.id for row in rows]


async def test_talks_are_found_by_words_and_by_what_is_known_of_them(db: Database, tmp_path: Path) -> None:
    kept, now = Kept(db, tmp_path), datetime.now(UTC)
    wire = await stored_call(kept, now - timedelta(minutes=1))
    meter = await stored_call(kept, now - timedelta(minutes=2), agent="102", queue="skek-office", seconds=20)
    secret = await stored_call(kept, now - timedelta(minutes=3))
    theirs = await stored_call(kept, now - timedelta(minutes=4), company=OTHER_COMPANY, queue="mrsk-hotline")
    said = {
        wire.recording: ("оборвался провод и искрит мой телефон девять ноль ноль пять пять", "здравствуйте выезжаем"),
        meter.recording: ("поменяйте счётчик петрову", "поверка счётчиков платная"),
        secret.recording: ("мастер вымогает деньги за провод", "записала"),
        theirs.recording: ("провод", "да"),
    }
    await taken_in(kept, said)
    async with db.write() as session:
        await trust.shut(session, [secret.call], now)
        of_wire = update(TalkMeasures).where(TalkMeasures.recording_id == wire.recording)
        await session.execute(of_wire.values(silence_s=6.0, over_s=3.5))
        of_meter = update(TalkMeasures).where(TalkMeasures.recording_id == meter.recording)
        await session.execute(of_meter.values(hold_s=75.0))
    base = SearchedTalks(since=now - timedelta(days=1), before=now + timedelta(days=1))
    both = [wire.recording, meter.recording]
    for changes, expected in (
        ({}, both),
        ({"words": "провода искрят"}, [wire.recording]),
        ({"words": "счетчики"}, [meter.recording]),
        ({"words": "провод выезжать"}, [wire.recording]),
        ({"words": "провод счётчик"}, []),
        ({"words": "и в на"}, []),
        ({"words": "петров"}, []),
        ({"words": "девять"}, []),
        ({"words": "' OR \" * провод"}, [wire.recording]),
        ({"agent": "102"}, [meter.recording]),
        ({"queue": "skek-hotline"}, [wire.recording]),
        ({"topic": "quality"}, []),
        ({"least_s": 15}, [meter.recording]),
        ({"most_s": 15}, [wire.recording]),
        ({"silence_per_cent": 40}, [wire.recording]),
        ({"silence_per_cent": 60}, []),
        ({"over_s": 3}, [wire.recording]),
        ({"over_s": 4}, []),
        ({"hold_s": 60}, [meter.recording]),
        ({"since": now + timedelta(hours=1)}, []),
    ):
        assert await found(db, replace(base, **changes)) == expected, changes
    assert await found(db, base, Scope(COMPANY, trust=True)) == [secret.recording]
    assert await found(db, replace(base, words="деньги"), Scope(OTHER_COMPANY)) == []
    async with db.read() as session:
        first, more = await search.page(session, COMPANY, base, visible_to=Scope(COMPANY), most=1)
        last = first[0]
        rest, end = await search.page(
            session, COMPANY, base, visible_to=Scope(COMPANY), after=(last.call.started_at, last.recording.id), most=1
        )
    assert ([row.recording.id for row in [*first, *rest]], more, end) == (both, True, False)


def test_a_hit_is_told_by_its_second() -> None:
    words = [SpokenWord(word.text, word.start_s, word.end_s) for word in heard("у нас | искрит провод на столбе").words]
    (moment,) = moments.of_words("провода", [SpokenChannel("Абонент", tuple(words))])
    assert (moment.at, moment.who) == (3.5, "Абонент")
    assert moment.words == (("искрит", False), ("провод", True), ("на", False), ("столбе", False))


async def test_talks_are_found_by_number_appeal_place_and_mark(
    db: Database, tmp_path: Path, companies: Companies
) -> None:
    kept, now = Kept(db, tmp_path), datetime.now(UTC)
    first = await stored_call(kept, now - timedelta(minutes=1), caller="+79131112233", seconds=1)
    again = await stored_call(kept, now - timedelta(minutes=2), caller="+79134445566", seconds=1)
    secret = await stored_call(kept, now - timedelta(minutes=3), caller="+79131112233", seconds=1)
    theirs = await stored_call(
        kept, now - timedelta(minutes=4), company=OTHER_COMPANY, queue="mrsk-hotline", caller="+79131112233", seconds=1
    )
    register = Register(db, SystemClock(), companies, ProductionCalendar())
    appeal = await register.register(intake(call_id=first.call))
    await register.add_contact(COMPANY, appeal.number, FurtherContact("phone", "ivr", call_id=again.call, text="Ну?"))
    told = intake(kind="trust", recording_id=secret.recording, idempotency_key="k2")
    hidden = await register.register(told)
    for company, call in ((OTHER_COMPANY, first), (OTHER_COMPANY, theirs)):  # as another's appeal may name anything
        await register.register(intake(company_id=company, call_id=call.call, idempotency_key=call.call))
    async with db.write() as session:
        await trust.shut(session, [secret.call], now)
        passed = update(CallStep).where(CallStep.call_id.in_([again.call, secret.call]), CallStep.ordinal == 1)
        await session.execute(passed.values(place="quality"))
        for call, author in ((first, "user:qa"), (again, "user:boss"), (secret, "user:qa")):
            recording = await session.get_one(Recording, call.recording)
            await marks.add(session, recording, author=author, at_s=0.5, text="грубо", now=now)
    base = SearchedTalks(since=now - timedelta(days=1), before=now + timedelta(days=1), reader="user:qa")
    one, two = [first.recording], [again.recording]
    for changes, expected in (
        ({"caller": "+79131112233"}, one),
        ({"caller": "+79134445566"}, two),
        ({"caller": "+79130000000"}, []),
        ({"caller": "+79131112233", "place": "quality"}, []),
        ({"appeal": numbering.read(appeal.number)}, one + two),
        ({"appeal": numbering.read(appeal.number), "since": now - timedelta(seconds=90)}, one),
        ({"appeal": numbering.read(hidden.number)}, []),
        ({"appeal": numbering.read(numbering.number(2026, 999))}, []),
        ({"appeal": numbering.Receipt("0100000017")}, []),
        ({"place": "quality"}, two),
        ({"place": "main"}, one),
        ({"place": "water"}, []),
        ({"marked": True}, one + two),
        ({"marked_by": "user:qa"}, one),
        ({"marked_by": "user:nobody"}, []),
    ):
        assert await found(db, replace(base, **changes)) == expected, changes
    trusted = Scope(COMPANY, trust=True)
    assert await found(db, replace(base, caller="+79131112233"), trusted) == [secret.recording]
    assert await found(db, replace(base, appeal=numbering.read(hidden.number)), trusted) == [secret.recording]
    async with db.write() as session:  # two judge these talks now and are to know nothing of each other
        for call in (first, again):
            session.add(
                Calibration(
                    call_id=call.call, company_id=COMPANY, branch="", agent="101", card="c", made_by="v", made_at=now
                )
            )
    assert await found(db, replace(base, marked=True)) == one


async def test_a_number_an_appeal_a_place_and_marks_are_looked_up_and_not_looked_for(
    sqlite_db: Database, companies: Companies
) -> None:
    asked: dict[str, object] = {}
    now = datetime.now(UTC)
    base = SearchedTalks(since=now - timedelta(days=366), before=now)

    def keep(_c: object, _u: object, statement: str, parameters: object, *_rest: object) -> None:
        asked[statement] = parameters

    event.listen(sqlite_db.engine.sync_engine, "before_cursor_execute", keep)
    register = Register(sqlite_db, SystemClock(), companies, ProductionCalendar())
    appeal = await register.register(intake(call_id="c1"))
    for changes in (
        {"caller": "+79131112233"},
        {"appeal": numbering.read(appeal.number)},
        {"marked": True},
        {"marked_by": "user:qa"},
    ):
        await found(sqlite_db, replace(base, **changes))
    await found(sqlite_db, replace(base, caller="+79131112233", place="power"))
    event.remove(sqlite_db.engine.sync_engine, "before_cursor_execute", keep)
    async with sqlite_db.engine.connect() as connection:
        for query, values in asked.items():
            if "FROM recordings JOIN calls" in query:
                plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", values)  # type: ignore[arg-type]
                lines = [str(row[-1]) for row in plan]
                assert any(entered in lines[0] for entered in ("(caller=? AND started_at", "(id=?)")), lines
                assert "call_steps" not in query or any("(place=? AND call_id=?)" in line for line in lines), lines
                assert not [line for line in lines if "(company_id" in line or "(state" in line], lines


async def test_a_saved_search_is_its_authors_alone(db: Database) -> None:
    now = datetime.now(UTC)

    async def save(user_id: str, name: str, query: str, company: str = COMPANY) -> None:
        async with db.write() as session:
            await saved.save(session, user_id=user_id, company_id=company, name=name, query=query, now=now)

    async def queries(user_id: str, company: str = COMPANY) -> list[tuple[str, str]]:
        async with db.read() as session:
            return [(one.name, one.query) for one in await saved.of_person(session, user_id, company)]

    await save("anna", " Провода \n", "q=провод")
    await save("anna", "вода", "topic=water")
    await save("anna", "вода", "topic=quality")
    await save("anna", "вода", "topic=x", OTHER_COMPANY)
    await save("igor", "вода", "topic=y")
    assert await queries("anna") == [("вода", "topic=quality"), ("Провода", "q=провод")]
    assert await queries("anna", OTHER_COMPANY) == [("вода", "topic=x")]
    for name in ("", "я" * 61):
        with pytest.raises(InvalidInput):
            await save("anna", name, "")
    for n in range(saved.MOST - 3):
        await save("anna", f"поиск {n}", "")
    with pytest.raises(InvalidInput, match="30"):
        await save("anna", "лишний", "")
    await save("anna", "вода", "topic=water")
    assert len(await queries("anna")) == saved.MOST - 1
    async with db.read() as session:
        (other,) = await saved.of_person(session, "igor", COMPANY)
    for user_id in ("anna", ""):
        async with db.write() as session:
            with pytest.raises(NotFound):
                await saved.remove(session, other.id, user_id=user_id)
    async with db.write() as session:
        assert await saved.remove(session, other.id, user_id="igor") == COMPANY
    assert await queries("igor") == []
