"""The journal: every step of a call is stored once, whatever becomes of the database, the disk or the process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from grid.outages.models import OutageTelling
from gridline.clock import SetClock
from gridline.db import Database
from ivr.journal import consultations
from ivr.journal.entries import CallBegun, ConnectionAsked, JournalEntry, NoticePlayed, OutageTold, StepTaken
from ivr.journal.journal import Journal
from ivr.journal.models import CallConsultation, CallRecord, CallStep, call_id
from ivr.journal.spool import JournalSpool
from migrations import upgrade
from tests.postgres import PostgresServer
from tests.store.test_outages import outage

NOW = datetime(2026, 11, 22, 4, 30, tzinfo=UTC)


def call(number: int = 1, *, dialled: str = "78005009494") -> CallBegun:
    linkedid = f"1700000000.{number}"
    return CallBegun(
        id=call_id("node1", "boot1", linkedid),
        node="node1",
        boot="boot1",
        linkedid=linkedid,
        dialled=dialled,
        caller_raw="89131203401",
        caller="+79131203401",
        started_at=NOW,
        company_id="skek",
        flow_version="f1",
    )


def step(place: str = "main", key: str = "2") -> StepTaken:
    return StepTaken(
        place=place,
        prompt_ids=("main-menu",),
        prompt_text="Если опасно, нажмите 1.",
        sound="5f1c",
        key=key,
        exit="pressed",
        leads_to="power",
        flow_version="f1",
        started_at=NOW,
        ended_at=NOW + timedelta(seconds=3),
    )


def notice() -> NoticePlayed:
    return NoticePlayed("notice", "v7", NOW, NOW + timedelta(seconds=9), True)


@contextlib.asynccontextmanager
async def running(journal: Journal) -> AsyncIterator[Journal]:
    task = asyncio.create_task(journal.run())
    try:
        yield journal
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def journal_of(db: Database, folder: Path, *, capacity: int = 1000) -> Journal:
    return Journal(db, SetClock(NOW + timedelta(minutes=2)), folder, capacity=capacity, retry_s=0.05)


async def stored(db: Database) -> tuple[list[CallRecord], list[CallStep]]:
    async with db.read() as session:
        calls = list(await session.scalars(select(CallRecord).order_by(CallRecord.linkedid)))
        steps = list(await session.scalars(select(CallStep).order_by(CallStep.started_at, CallStep.ordinal)))
    return calls, steps


async def until(happened: Callable[[], bool]) -> None:
    """Wait for what the journal does in its own time."""
    async with asyncio.timeout(20):
        while not happened():  # noqa: ASYNC110 - the journal tells nobody, that is the point of it
            await asyncio.sleep(0.01)


async def test_a_whole_call_can_be_read_afterwards(db: Database, tmp_path: Path) -> None:
    async with running(journal_of(db, tmp_path)) as journal:
        journal.begin(call())
        journal.notice(call().id, notice())
        journal.step(call().id, step("main"))
        journal.step(call().id, step("power", "#"))
        journal.end(call().id, "hung-up", branch="yaroslavl")
        await journal.flush()
    (record,), steps = await stored(db)
    assert (record.caller, record.company_id, record.branch) == ("+79131203401", "skek", "yaroslavl")
    assert (record.notice_prompt, record.notice_version, record.notice_completed) == ("notice", "v7", True)
    assert record.notice_ended_at == NOW + timedelta(seconds=9)
    assert (record.outcome, record.ended_at) == ("hung-up", NOW + timedelta(minutes=2))
    assert record.flow_version == "f1"
    assert [(s.ordinal, s.place, s.key, s.prompt_ids) for s in steps] == [
        (0, "main", "2", ["main-menu"]),
        (1, "power", "#", ["main-menu"]),
    ]
    assert list(tmp_path.glob("*.jsonl")) == []


async def test_what_a_caller_was_told_of_an_outage_is_kept_once_and_one_that_is_gone_holds_nothing_up(
    db: Database, tmp_path: Path
) -> None:
    known = outage()
    async with db.write() as session:
        session.add(known)
    told = OutageTold(known.id, NOW, "Света нет.", "+79131203401")
    async with running(journal_of(db, tmp_path)) as journal:
        journal.begin(call())
        journal.told(call().id, told)
        journal.told(call().id, OutageTold("f" * 32, NOW, "Света нет.", None))
        journal.told(call().id, told)
        journal.step(call().id, step())
        await journal.flush()
    assert journal.counts["stored"] == 4
    async with db.read() as session:
        (kept,) = await session.scalars(select(OutageTelling))
    assert (kept.outage_id, kept.way, kept.call_id, kept.phone) == (known.id, "line", call().id, "+79131203401")
    assert len((await stored(db))[1]) == 1


def test_what_was_told_survives_the_disk() -> None:
    entry = JournalEntry(call(), OutageTold("a" * 32, NOW, "Света нет.", None))
    assert JournalEntry.from_line(entry.to_line()) == entry


async def test_what_a_caller_asked_about_connecting_is_kept_as_codes_and_told_in_words(
    db: Database, tmp_path: Path
) -> None:
    asked = ConnectionAsked(NOW, "business", "more", "scheme")
    again = ConnectionAsked(NOW + timedelta(seconds=40), "person", "to-15", wants=consultations.ACCOMPANIMENT)
    assert JournalEntry.from_line(JournalEntry(call(), again).to_line()) == JournalEntry(call(), again)
    async with running(journal_of(db, tmp_path)) as journal:
        journal.begin(call())
        for one in (asked, asked, again):  # a line that is read back twice
            journal.asked(call().id, one)
        await journal.flush()
    async with db.read() as session:
        kept = (await session.scalars(select(CallConsultation).order_by(CallConsultation.at))).all()
        told = await consultations.of_call(session, call().id)
        nothing = await consultations.of_call(session, "f" * 32)
    assert [(one.applicant, one.power, one.reason, one.wants) for one in kept] == [
        ("business", "more", "scheme", ""),
        ("person", "to-15", "", "accompaniment"),
    ]
    assert (told, nothing) == ("физлицо, до 15 кВт, нужно сопровождение договора", "")


async def test_a_call_that_comes_back_to_a_new_controller_goes_on(db: Database, tmp_path: Path) -> None:
    for place in ("main", "power"):
        async with running(journal_of(db, tmp_path)) as journal:
            journal.begin(call())
            journal.step(call().id, step(place))
            await journal.flush()
    calls, steps = await stored(db)
    assert len(calls) == 1
    assert {s.place for s in steps} == {"main", "power"}


async def test_a_linked_id_used_again_after_a_restart_of_asterisk_is_another_call() -> None:
    assert call_id("node1", "boot1", "1.1") != call_id("node1", "boot2", "1.1") != call_id("node2", "boot2", "1.1")
    assert len(call_id("n", "b", "l")) == 32


async def test_many_entries_share_a_transaction(db: Database, tmp_path: Path) -> None:
    journal = journal_of(db, tmp_path, capacity=5000)
    journal.begin(call())
    for number in range(1000):
        journal.step(call().id, step(f"place-{number}"))
    async with running(journal):
        await journal.flush()
    _, steps = await stored(db)
    assert [s.place for s in steps] == [f"place-{number}" for number in range(1000)]
    assert journal.counts == {"stored": 1001}


async def test_a_locked_database_sends_entries_to_disk_and_back(
    sqlite_db: Database, sqlite_url: str, tmp_path: Path
) -> None:
    other = Database(sqlite_url)
    async with running(journal_of(sqlite_db, tmp_path)) as journal:
        async with other.write():
            journal.begin(call())
            journal.step(call().id, step())
            await journal.flush()
            assert journal.counts["spooled"] == 2
            (spooled,) = tmp_path.glob("*.jsonl")  # waiting, or taken up already to be read back
            assert len(spooled.read_text().split("\n{")) == 2
        await until(lambda: journal.counts["stored"] == 2)
        journal.end(call().id, "done")
        await journal.flush()
    (record,), steps = await stored(sqlite_db)
    assert record.outcome == "done"
    assert len(steps) == 1
    assert list(tmp_path.glob("*.jsonl")) == []
    await other.close()


@pytest.mark.usefixtures("postgres_server")
async def test_postgresql_away_for_a_while_loses_nothing(tmp_path: Path) -> None:
    server = PostgresServer()
    db = Database(server.url("postgres"))
    try:
        await upgrade(db)
        async with running(journal_of(db, tmp_path)) as journal:
            journal.begin(call())
            await journal.flush()
            await asyncio.to_thread(server.shut)
            for number in range(50):
                journal.step(call().id, step(f"place-{number}"))
            await journal.flush()
            assert journal.counts["spooled"] == 50
            await asyncio.to_thread(server.start)
            await until(lambda: journal.counts["stored"] == 51)
        _, steps = await stored(db)
        assert [s.place for s in steps] == [f"place-{number}" for number in range(50)]
    finally:
        await db.close()
        server.stop()


async def test_a_stopped_process_leaves_the_rest_on_disk_for_the_next(db: Database, tmp_path: Path) -> None:
    first = journal_of(db, tmp_path)
    async with running(first):
        await asyncio.sleep(0)
        first.begin(call())
        first.step(call().id, step())
    assert first.counts["spooled"] == 2
    async with running(journal_of(db, tmp_path)) as second:
        await until(lambda: second.counts["stored"] == 2)
    calls, steps = await stored(db)
    assert (len(calls), len(steps)) == (1, 1)


async def test_a_torn_line_and_lines_twice_do_no_harm(db: Database, tmp_path: Path) -> None:
    lines = [JournalEntry(call(), fact).to_line() for fact in (None, step("main"), notice())]
    torn = JournalEntry(call(2)).to_line()[:40]
    (tmp_path / "journal.reading.jsonl").write_text("\n".join(lines) + "\n")
    (tmp_path / "journal.jsonl").write_text("\n".join([*lines, torn]))
    async with running(journal_of(db, tmp_path)) as journal:
        await until(lambda: journal.counts["rejected"] == 1)
        journal.begin(call(3))
        await journal.flush()
    calls, steps = await stored(db)
    assert [record.linkedid for record in calls] == ["1700000000.1", "1700000000.3"]
    assert len(steps) == 1
    assert (tmp_path / "journal.rejected.jsonl").read_text().strip() == torn


async def test_a_line_torn_by_a_crash_does_not_swallow_the_next(tmp_path: Path) -> None:
    spool = JournalSpool(tmp_path)
    (tmp_path / "journal.jsonl").write_text('{"call": {"id": "tor')
    spool.append(["first", "second"])
    spool.append(["third"])
    assert [line for part in spool.read(2) for line in part if line] == [
        '{"call": {"id": "tor',
        "first",
        "second",
        "third",
    ]
    assert spool.empty


async def test_one_wrong_entry_does_not_take_the_others_with_it(db: Database, tmp_path: Path) -> None:
    journal = journal_of(db, tmp_path)
    stranger = CallBegun(**{**vars(call(1)), "id": "f" * 32})  # the same call of Asterisk under another id
    for one in (call(1), stranger, call(2)):
        journal.begin(one)
        journal.step(one.id, step())
    async with running(journal):
        await journal.flush()
    calls, steps = await stored(db)
    assert {record.id for record in calls} == {call(1).id, call(2).id}
    assert {s.call_id for s in steps} == {call(1).id, call(2).id}
    assert journal.counts["rejected"] == 1
    assert '"f' in (tmp_path / "journal.rejected.jsonl").read_text()


async def test_what_callers_send_is_made_safe_and_fits(db: Database, tmp_path: Path) -> None:
    hostile = CallBegun(**{**vars(call()), "dialled": "7" * 500, "caller_raw": "'; DROP TABLE calls\r\n\x00\u2028" * 9})
    async with running(journal_of(db, tmp_path)) as journal:
        journal.begin(hostile)
        journal.step(hostile.id, step(key="1" * 10_000))
        await journal.flush()
        assert journal.counts["rejected"] == 0
    (record,), (only,) = await stored(db)
    assert record.dialled == "7" * 32
    assert record.caller_raw.isprintable()
    assert len(record.caller_raw) == 64
    assert only.key == "1" * 64


async def test_a_full_queue_and_an_unknown_call_are_counted_and_do_not_disturb(
    sqlite_db: Database, tmp_path: Path
) -> None:
    journal = journal_of(sqlite_db, tmp_path, capacity=2)
    for number in range(5):
        journal.begin(call(number))
    journal.step("0" * 32, step())
    journal.end("0" * 32, "hung-up")
    assert journal.counts == {"lost": 5}
    async with running(journal):
        await journal.flush()
    assert len((await stored(sqlite_db))[0]) == 2


async def test_neither_database_nor_disk_then_both_again(sqlite_db: Database, sqlite_url: str, tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    spool.write_text("a file where the folder should be: nothing can be written below it")
    other = Database(sqlite_url)
    with capture_logs() as logged:
        async with other.write() as session, running(journal_of(sqlite_db, spool)) as journal:
            journal.begin(call())
            await until(lambda: any(line["event"] == "journal-nowhere-to-store" for line in logged))
            assert journal.counts == {}
            await session.rollback()
            await journal.flush()
            assert journal.counts == {"stored": 1}
    await other.close()
