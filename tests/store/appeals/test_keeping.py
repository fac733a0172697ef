"""How long recordings are kept, on both databases: by what they are of, while an appeal is open, while a hold lasts."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from agent_console.calls.keeping import Keeping
from appeals.models import DestructionAct
from appeals.personal_data.acts import Destruction
from appeals.personal_data.erasure import Erasure
from appeals.register import Register
from gridline.clock import SetClock
from gridline.db import Database, new_id
from gridline.errors import Conflict, InvalidInput, Misconfigured, Unavailable
from gridline.settings import HOUSE
from ivr.journal.models import CallRecord
from recordings import holds, retention
from recordings.erasure import KeptRecordings
from recordings.models import ChainDeed, Recording, RecordingHold, RecordingKind, RecordingLink, RecordingState
from recordings.retention import RetentionKind
from recordings.store import Store
from tests.store.appeals.made import intake

WHY = Destruction("истёк срок хранения", "cli:root", "Петрова")
ANSWERED = {"kind": "appeal", "answer_on_call": {"text": "Свет дадут."}}


class Kept:
    """A store of recordings that began so many days ago."""

    def __init__(self, db: Database, clock: SetClock, store: Path) -> None:
        self.db = db
        self.clock = clock
        self.store = store
        self.keeping = Keeping(
            db, clock, Store.in_folder(store), retention.of_installation(HOUSE / "dialplan"), "node1"
        )

    async def recording(
        self, days: int, kind: RecordingKind = RecordingKind.TALK, *, company: str = "skek"
    ) -> Recording:
        """A second of sound of a call of its own."""
        at = self.clock.now() - timedelta(days=days)
        call, id = new_id(), new_id()
        (self.store / f"{id}.wav").write_bytes(id.encode())
        row = Recording(
            id=id,
            call_id=call,
            kind=kind,
            state=RecordingState.STORED,
            started_at=at,
            file=f"{id}.wav",
            sha256=hashlib.sha256(id.encode()).hexdigest(),
            bytes=32,
            seconds=1.0,
            channels=2,
        )
        record = CallRecord(
            id=call,
            node="node1",
            boot="2026",
            linkedid=call[:12],
            company_id=company,
            dialled="",
            caller_raw="",
            branch="",
            flow_version="",
            started_at=at,
            notice_completed=True,
        )
        async with self.db.write() as session:
            session.add_all([record, row])
        return row

    async def hold(self, row: Recording) -> RecordingHold:
        async with self.db.write() as session:
            return await holds.hold(session, row.call_id, reason="иск", actor="user:qa", at=self.clock.now())

    def files(self) -> set[str]:
        return {file.stem for file in self.store.glob("*.wav")}


@pytest.fixture
def kept(db: Database, clock: SetClock, tmp_path: Path) -> Kept:
    (tmp_path / "store").mkdir()
    return Kept(db, clock, tmp_path / "store")


async def test_each_kind_has_its_time_and_open_and_held_ones_stay(kept: Kept, register: Register) -> None:
    robot = await kept.recording(100, RecordingKind.MESSAGE)
    await kept.recording(100)  # a talk is kept for a year
    talk = await kept.recording(400)
    await kept.recording(400, company="mrsk-centra")
    answered, complained, named = [await kept.recording(days) for days in (400, 1200, 1200)]
    await register.register(intake(**ANSWERED, call_id=answered.call_id, recording_id=new_id()))
    await register.register(intake(call_id=complained.call_id))
    await register.register(intake(**ANSWERED, call_id=new_id(), recording_id=named.id, topic="connection"))
    held = await kept.recording(400)
    await kept.hold(held)

    outlook = await kept.keeping.look("skek")
    assert outlook.due == {RetentionKind.ROBOT: 1, RetentionKind.CONSULTATION: 1, RetentionKind.CONNECTION: 1}
    assert (outlook.held, outlook.open, outlook.bytes.total()) == (1, 1, 96)
    before = kept.files()
    [act] = await kept.keeping.destroy("skek", WHY)
    assert before - kept.files() == {robot.id, talk.id, named.id}
    async with kept.db.read() as session:
        items = json.loads((await session.get_one(DestructionAct, act)).items)
        deeds = (await session.execute(select(RecordingLink.deed, RecordingLink.sha256))).all()
    assert items["sums"] == {row.id: row.sha256 for row in (robot, talk, named)}
    assert {(deed, sha256) for deed, sha256 in deeds} == {
        (ChainDeed.ERASED, row.sha256) for row in (robot, talk, named)
    }
    assert await kept.keeping.destroy("skek", WHY) == []


async def test_a_hold_stands_against_an_act_that_was_filed_before_it(kept: Kept) -> None:
    row = await kept.recording(400)
    (kept.store / row.file).unlink()
    (kept.store / row.file).mkdir()  # a file that cannot be removed: the act is filed and not carried out
    with pytest.raises(Unavailable, match="не уничтожена"):
        await kept.keeping.destroy("skek", WHY)
    (kept.store / row.file).rmdir()
    (kept.store / row.file).write_bytes(b"RIFF")
    hold = await kept.hold(row)
    assert await kept.keeping.carry_out("skek") == 0
    assert kept.files() == {row.id}
    async with kept.db.write() as session:
        await holds.lift(session, await session.get_one(RecordingHold, hold.id), actor="user:two", at=kept.clock.now())
    assert await kept.keeping.carry_out("skek") == 1
    assert kept.files() == set()


async def test_a_hold_is_lifted_by_another_person_alone(kept: Kept) -> None:
    row = await kept.recording(1)
    hold = await kept.hold(row)
    with pytest.raises(Conflict, match="уже запрещено"):
        await kept.hold(row)
    async with kept.db.write() as session:
        held = await session.get_one(RecordingHold, hold.id)
        with pytest.raises(Conflict, match="второй человек"):
            await holds.lift(session, held, actor="user:qa", at=kept.clock.now())
        with pytest.raises(InvalidInput):
            await holds.hold(session, new_id(), reason="  ", actor="user:qa", at=kept.clock.now())


async def test_an_appeal_whose_recording_is_held_is_not_erased(kept: Kept, register: Register) -> None:
    row = await kept.recording(1)
    done = await register.register(intake(**ANSWERED, call_id=row.call_id, recording_id=row.id))
    await kept.hold(row)
    erasure = Erasure(kept.db, kept.clock, KeptRecordings())
    told = await erasure.erase("skek", [done.number], reason="x", actor="a", witness="b")
    assert [one.reason for one in told.kept] == ["запрет на уничтожение: иск"]


async def test_destruction_takes_two_people(kept: Kept) -> None:
    for why, error in ((Destruction("x", "a", "a"), Conflict), (Destruction("x", "a", " "), InvalidInput)):
        with pytest.raises(error):
            await kept.keeping.destroy("skek", why)


def test_a_company_may_keep_longer_and_every_kind_has_a_time(tmp_path: Path) -> None:
    (tmp_path / "retention.yaml").write_text(
        "retention:\n  - kind: robot\n    company: skek\n    days: 400\n    standing: default\n", encoding="utf-8"
    )
    rules = retention.of_installation(tmp_path)
    assert rules.of(RetentionKind.ROBOT, "skek") == timedelta(days=400)
    assert rules.of(RetentionKind.ROBOT, "mrsk-centra") == timedelta(days=90)
    assert rules.shortest("skek") == timedelta(days=365)
    (tmp_path / "retention.yaml").write_text("retention:\n  - kind: robot\n    days: 0\n    standing: default\n")
    with pytest.raises(Misconfigured):
        retention.of_installation(tmp_path)
