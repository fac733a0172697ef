"""Marks on a recording: whose words they are, where they may stand, and what takes them away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gridline.db import Database, new_id
from gridline.errors import InvalidInput, NotFound
from quality.marks import marks
from recordings.models import Recording, RecordingKind, RecordingState

NOW = datetime(2026, 11, 29, 9, tzinfo=UTC)


async def recorded(db: Database) -> Recording:
    """A talk of an hour."""
    recording = Recording(
        id=new_id(),
        call_id=new_id(),
        kind=RecordingKind.TALK,
        state=RecordingState.STORED,
        started_at=NOW,
        ended_at=NOW + timedelta(hours=1),
        file=str(Path("2026") / "x.wav"),
        bytes=115_200_044,
        seconds=3600.0,
        channels=2,
    )
    async with db.write() as session:
        session.add(recording)
    return recording


async def texts(db: Database, recording: Recording) -> list[str]:
    async with db.read() as session:
        return [one.text for one in await marks.of_recording(session, recording)]


async def test_a_mark_is_its_authors_to_change(db: Database) -> None:
    recording, other = await recorded(db), await recorded(db)
    async with db.write() as session:
        late = await marks.add(session, recording, author="user:qa", at_s=61.26, text=" грубо \n ответили ", now=NOW)
        await marks.add(session, recording, author="user:boss", at_s=5, text="не представились", now=NOW)
    assert await texts(db, recording) == ["не представились", "грубо ответили"]
    assert late.at_s == 61.3
    for whose, author in ((recording, "user:boss"), (other, "user:qa")):
        async with db.write() as session:
            with pytest.raises(NotFound):
                await marks.change(session, whose, late.id, author=author, text="вежливо", now=NOW)
            with pytest.raises(NotFound):
                await marks.remove(session, whose, late.id, author=author)
    async with db.write() as session:
        await marks.change(session, recording, late.id, author="user:qa", text="резко", now=NOW)
    assert await texts(db, recording) == ["не представились", "резко"]
    async with db.write() as session:
        await marks.remove(session, recording, late.id, author="user:qa")
    assert await texts(db, recording) == ["не представились"]


async def test_a_mark_has_words_and_a_second_of_its_recording(db: Database) -> None:
    recording = await recorded(db)
    async with db.write() as session:
        for at_s, text in ((-1.0, "а"), (3600.1, "а"), (float("nan"), "а"), (1.0, " \0 "), (1.0, "а" * 501)):
            with pytest.raises(InvalidInput):
                await marks.add(session, recording, author="user:qa", at_s=at_s, text=text, now=NOW)


async def test_marks_go_with_the_sound_and_with_a_caller_to_be_forgotten(db: Database) -> None:
    erased, forgotten, kept = [await recorded(db) for _ in range(3)]
    async with db.write() as session:
        for one in (erased, forgotten, kept):
            await marks.add(session, one, author="user:qa", at_s=0, text="слышно имя", now=NOW)
        await marks.erase(session, [erased.id])
        await marks.forget_callers(session, [forgotten.call_id])
    assert [await texts(db, one) for one in (erased, forgotten, kept)] == [[], [], ["слышно имя"]]
