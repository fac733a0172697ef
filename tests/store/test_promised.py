"""What was promised or told and lies on disk: garbage among it is put aside, receipts never repeat, words are found."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from appeals.intake.drafts import Draft
from appeals.intake.intake import accept
from appeals.intake.repeats import FurtherContact
from appeals.models import Appeal, DraftAppeal
from appeals.register import Register
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import SystemClock
from gridline.companies import Companies
from gridline.db import Database
from gridline.errors import Unavailable
from gridline.settings import HOUSE
from ivr.journal.journal import Journal
from ivr.promised.drain import Drain
from ivr.promised.spool import Spool
from ivr.promised.words import ToldWords
from recordings.incoming import Incoming, Label
from recordings.intake import QUIET_ENDED_S, QUIET_UNENDED_S, RecordingIntake
from recordings.store import Store
from worklist import clocks, unregistered
from worklist.codes import ItemKind
from worklist.models import WorkItem
from worklist.unregistered import HalfTold
from worklist.worklist import Matter, Worklist

CALL = "c" * 32
TOLD_AT = datetime(2026, 11, 22, 5, 30, tzinfo=UTC)


def promised(recording: str = "a" * 32, **other: object) -> dict[str, object]:
    return {
        "company_id": "skek",
        "channel": "phone",
        "kind": "appeal",
        "topic": "outages",
        "phone": "+79131203401",
        "call_id": CALL,
        "recording_id": recording,
        "received_at": TOLD_AT.isoformat(),
        "idempotency_key": f"call:{recording}",
        **other,
    }


@pytest.fixture
def register(db: Database, companies: Companies) -> Register:
    return Register(db, SystemClock(), companies, ProductionCalendar())


@pytest.fixture
def worklist(db: Database) -> Worklist:
    return Worklist(db, SystemClock(), clocks.of_installation(HOUSE / "dialplan"))


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool", 1)


@pytest.fixture
async def drain(
    db: Database, register: Register, worklist: Worklist, spool: Spool, tmp_path: Path
) -> AsyncIterator[Drain]:
    journal = Journal(db, SystemClock(), tmp_path / "journal")
    run = asyncio.create_task(journal.run())
    yield Drain(spool, db, register, worklist, journal)
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)


def entry(**other: object) -> bytes:
    return json.dumps({"receipt": "0100000099", "intake": promised(), "call": None} | other).encode()


GARBAGE = {
    "0100000001": b"",
    "0100000002": b'{"receipt": "01000000',
    "0100000003": b"[]",
    "0100000004": b'{"receipt": "0100000004", "intake": {"company_id": "skek"}, "call": null}',
    "0100000005": entry(receipt="0100000005", intake="a word"),
    "0100000006": entry(receipt="0100000006", call={"node": "node1"}),
    "0100000007": entry(
        receipt="0100000007",
        call=dict.fromkeys(("node", "channel", "dialled", "caller_raw", "started_at", "ended_at"), "x"),
    ),
    "0100000008": entry(receipt="../0100000008"),
    "0100000009": bytes(range(256)),
    "0100000011": entry(receipt="0100000011", item={"kind": "danger"}),
}


async def test_entries_that_nobody_can_read_are_put_aside_and_the_rest_goes_on(
    db: Database, drain: Drain, spool: Spool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "spool"
    for name, text in GARBAGE.items():
        (folder / f"{name}.json").write_bytes(text)
    (folder / "0100000010.json").mkdir()
    right = spool.keep(promised())
    assert await drain.run_once() == 1
    async with db.read() as session:
        assert (await session.scalars(select(Appeal.receipt))).all() == [right.receipt]
    aside = {file.name for file in folder.glob("*.broken")}
    assert aside == {f"{name}.json.broken" for name in (*GARBAGE, "0100000010")}
    assert all(name in caplog.text for name in aside)
    assert await drain.run_once() == 0


async def test_an_entry_that_fails_unexpectedly_waits_and_holds_up_nobody(
    db: Database, drain: Drain, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = spool.keep(promised()), spool.keep(promised("b" * 32))
    good = Register.register

    async def register(self: Register, intake: object, **other: object) -> object:
        if getattr(intake, "receipt", "") == first.receipt:
            raise RuntimeError("a bug of ours")
        return await good(self, intake, **other)  # type: ignore[arg-type]  # handed on as it came

    with monkeypatch.context() as broken:
        broken.setattr(Register, "register", register)
        assert await drain.run_once() == 1
    assert list(spool.waiting()) == [first]
    assert await drain.run_once() == 1
    async with db.read() as session:
        assert set((await session.scalars(select(Appeal.receipt))).all()) == {first.receipt, second.receipt}


@pytest.mark.parametrize("garbage", [b"", b"\0\0\0\0", b"twelve", b"-4", b"\xff\xfe", b"folder"])
async def test_a_lost_counter_promises_nothing_until_the_register_says_where_it_stood(
    drain: Drain, spool: Spool, tmp_path: Path, garbage: bytes
) -> None:
    given = [spool.keep(promised(letter * 32)).receipt for letter in "abc"]
    assert await drain.run_once() == 3
    given.append(spool.keep(promised("d" * 32)).receipt)
    counter = tmp_path / "spool/counter"
    if garbage == b"folder":
        counter.unlink()
        counter.mkdir()
    else:
        counter.write_bytes(garbage)
    with pytest.raises(Unavailable):
        spool.keep(promised("e" * 32))
    assert await drain.run_once() == 1
    assert (tmp_path / "spool/counter.broken").exists()
    later = spool.keep(promised("f" * 32)).receipt
    assert int(later[2:-1]) == int(max(given)[2:-1]) + 1


async def test_a_lost_counter_of_a_node_that_never_promised_begins_at_the_beginning(
    drain: Drain, spool: Spool, tmp_path: Path
) -> None:
    (tmp_path / "spool/counter").write_bytes(b"")
    await drain.run_once()
    await drain.run_once()
    assert len(list((tmp_path / "spool").glob("counter*.broken"))) == 1
    assert spool.keep(promised()).receipt.startswith("010000001")


async def test_a_counter_that_was_deleted_begins_after_what_the_register_holds(
    db: Database, register: Register, worklist: Worklist, drain: Drain, spool: Spool, tmp_path: Path
) -> None:
    given = spool.keep(promised()).receipt
    await drain.run_once()
    (tmp_path / "spool/counter").unlink()
    anew = Spool(tmp_path / "spool", 1)
    journal = Journal(db, SystemClock(), tmp_path / "journal2")
    await Drain(anew, db, register, worklist, journal).run_once()
    assert anew.keep(promised("b" * 32)).receipt > given


DANGER: dict[str, str | None] = {
    "kind": "danger",
    "company_id": "skek",
    "key": f"danger:{CALL}",
    "call_id": CALL,
    "recording_id": "a" * 32,
}


async def test_a_danger_kept_on_disk_becomes_an_item_with_its_appeal_once(
    db: Database, drain: Drain, spool: Spool, tmp_path: Path
) -> None:
    kept = spool.keep(promised(topic="maintenance", disposition="damaged-object"), item={**DANGER, "place": ""})
    file = tmp_path / "spool" / f"{kept.receipt}.json"
    text = file.read_bytes()
    await drain.run_once()
    file.write_bytes(text)  # as after a crash before the file was removed
    await drain.run_once()
    async with db.read() as session:
        (item,) = (await session.scalars(select(WorkItem))).all()
        (appeal,) = (await session.scalars(select(Appeal))).all()
    assert appeal.receipt == kept.receipt
    assert (item.kind, item.appeal_id, item.recording_id, item.weight) == (ItemKind.DANGER, appeal.id, "a" * 32, 1)
    assert item.made_at == TOLD_AT


async def test_a_danger_that_was_found_without_its_words_takes_them_and_the_appeal_over(
    db: Database, worklist: Worklist, drain: Drain, spool: Spool
) -> None:
    """The wait was stored before the spool was brought in."""
    await worklist.open(Matter(ItemKind.DANGER, "skek", f"danger:{CALL}", call_id=CALL, phone="+79131203401"))
    spool.keep(promised(topic="maintenance", disposition="damaged-object"), item=dict(DANGER))
    await drain.run_once()
    async with db.read() as session:
        (item,) = (await session.scalars(select(WorkItem))).all()
        (appeal,) = (await session.scalars(select(Appeal))).all()
    assert (item.appeal_id, item.recording_id, item.weight) == (appeal.id, "a" * 32, 2)


async def test_a_danger_of_a_hidden_number_is_an_item_alone(db: Database, drain: Drain, spool: Spool) -> None:
    spool.keep(promised(phone=None), item=dict(DANGER))
    await drain.run_once()
    async with db.read() as session:
        (item,) = (await session.scalars(select(WorkItem))).all()
        assert (await session.scalars(select(DraftAppeal))).all() == []
    assert (item.kind, item.recording_id, item.appeal_id) == (ItemKind.DANGER, "a" * 32, None)
    assert item.made_at == TOLD_AT


@pytest.fixture
def incoming(tmp_path: Path) -> Incoming:
    return Incoming(tmp_path / "incoming", SystemClock(), least_free=1)


@pytest.fixture
def intake(
    db: Database, register: Register, worklist: Worklist, spool: Spool, incoming: Incoming, tmp_path: Path
) -> RecordingIntake:
    words = ToldWords(db, register, worklist, spool, incoming)
    return RecordingIntake(db, incoming, Store.in_folder(tmp_path / "store"), on_stored=words.on_stored)


def message(incoming: Incoming, *, ended: bool = True, loudness: int = 3000, kind: str = "message") -> Label:
    """Two seconds that a caller said (or did not), at rest long enough."""
    label = incoming.announce(CALL, "message" if kind == "message" else "complaint", company_id="skek", caller="+7913")
    if ended:
        incoming.ended(label.id)
    incoming.samples(label).write_bytes(np.full(16000, loudness, "<i2").tobytes())
    then = time.time() - (QUIET_ENDED_S if ended else QUIET_UNENDED_S) - 1
    os.utime(incoming.samples(label), (then, then))
    return label


async def drafts(db: Database) -> list[DraftAppeal]:
    async with db.read() as session:
        return list((await session.scalars(select(DraftAppeal))).all())


@pytest.mark.parametrize("ended", [True, False])
async def test_words_that_nothing_rests_on_become_a_draft(
    db: Database, intake: RecordingIntake, incoming: Incoming, ended: bool
) -> None:
    label = message(incoming, ended=ended)
    await intake.sweep()
    [draft] = await drafts(db)
    assert (draft.company_id, draft.call_id, draft.recording_id, draft.phone) == ("skek", CALL, label.id, "+7913")
    await intake.sweep()
    assert len(await drafts(db)) == 1


async def test_silence_and_the_other_side_of_a_talk_are_no_words(
    db: Database, intake: RecordingIntake, incoming: Incoming
) -> None:
    message(incoming, loudness=3)
    message(incoming, kind="complaint")
    assert await intake.sweep() == 2
    assert await drafts(db) == []


async def test_words_that_something_rests_on_are_left_alone(
    db: Database,
    register: Register,
    worklist: Worklist,
    spool: Spool,
    intake: RecordingIntake,
    incoming: Incoming,
) -> None:
    registered, added, drafted, kept = (message(incoming) for _ in range(4))
    made = await register.register(accept(promised(registered.id)))
    contact = FurtherContact("phone", "ivr", "+79131203401", call_id=CALL, recording_id=added.id)
    await register.add_contact("skek", made.number, contact)
    await unregistered.keep(
        db, worklist, HalfTold(Draft("skek", "telling", CALL, recording_id=drafted.id), SystemClock().now())
    )
    spool.keep(promised(kept.id))
    assert await intake.sweep() == 4
    assert [draft.recording_id for draft in await drafts(db)] == [drafted.id]


async def test_a_draft_that_could_not_be_kept_is_made_good_later(
    db: Database, companies: Companies, spool: Spool, intake: RecordingIntake, incoming: Incoming, tmp_path: Path
) -> None:
    label = message(incoming)
    away = Database(f"sqlite+aiosqlite:///{tmp_path / 'nowhere.db'}")
    gone = Register(away, SystemClock(), companies, ProductionCalendar())
    idle = Worklist(away, SystemClock(), clocks.of_installation(HOUSE / "dialplan"))
    words = ToldWords(away, gone, idle, spool, incoming)
    with pytest.raises(Unavailable):
        await RecordingIntake(db, incoming, Store.in_folder(tmp_path / "store"), on_stored=words.on_stored).sweep()
    await away.close()
    assert incoming.samples(label).exists()
    await intake.sweep()
    assert [draft.recording_id for draft in await drafts(db)] == [label.id]
