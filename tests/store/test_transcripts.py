"""Words of recordings on both databases: what is heard first, who hears it, what a kill and an erasure leave."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from obstore.store import MemoryStore
from prometheus_client import REGISTRY
from sqlalchemy import select, update

from gridline import settings
from gridline.clock import Clock, SetClock
from gridline.db import Database, new_id
from quality.search.models import SpokenWords
from quality.transcripts import jobs, transcripts, waiting
from quality.transcripts.models import Transcript, TranscriptState
from quality.transcripts.transcription import Transcription
from quality.transcripts.waiting import WaitingRecordings, WaitingWatch
from recordings import erasure
from recordings.models import Recording, RecordingKind, RecordingState
from recordings.store import Store
from service.doctor import transcripts as doctor
from speech.engines.engine import EngineName
from speech.models import label_for, write_label
from speech.port import NotHeard
from tests.table_ears import TableEars, heard

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
NOWHERE = Store(MemoryStore, Path("nowhere"))
"""Ears that read from a table open no file."""
SINCE = NOW - timedelta(days=30)


async def recorded(
    db: Database, kind: RecordingKind = RecordingKind.TALK, *, ago_min: int = 5, channels: int = 2, now: datetime = NOW
) -> str:
    id = new_id()
    at = now - timedelta(minutes=ago_min)
    row = Recording(
        id=id,
        call_id=new_id(),
        kind=kind,
        state=RecordingState.STORED,
        started_at=at,
        ended_at=at,
        file=f"{id}.wav",
        seconds=9.0,
        channels=channels,
    )
    async with db.write() as session:
        session.add(row)
    return id


async def rows(db: Database, id: str) -> list[Transcript]:
    async with db.read() as session:
        return list(
            await session.scalars(select(Transcript).where(Transcript.recording_id == id).order_by(Transcript.channel))
        )


def listener(db: Database, ears: TableEars, clock: Clock, *, quiet: bool = True, node: str = "node1") -> Transcription:
    return Transcription(db, clock, ears, NOWHERE, node=node, is_quiet=lambda: quiet, days=30)


async def test_what_was_told_is_heard_first_then_its_calls_then_the_newest(db: Database) -> None:
    """A complaint's own words are a message: the recording named `complaint` is the call round it."""
    old, new = await recorded(db, ago_min=60), await recorded(db, ago_min=5)
    complaint = await recorded(db, RecordingKind.COMPLAINT, ago_min=600)
    message = await recorded(db, RecordingKind.MESSAGE, ago_min=700, channels=1)
    await recorded(db, ago_min=60 * 24 * 31)  # older than anybody asks for
    table = {(id, side): "нет света" for id in (old, new, complaint) for side in (0, 1)} | {(message, 0): "алло"}
    ears = TableEars(table)
    assert await listener(db, ears, SetClock(NOW)).run_once() == 7
    order = [message, complaint, complaint, new, new, old, old]
    assert [id for id, _ in ears.asked] == order
    first, second = await rows(db, new)
    assert (first.state, first.engine, first.model) == (TranscriptState.HEARD, "table", "sentences")
    assert second.words == [["нет", 0.0, 0.4, 0.9], ["света", 0.5, 0.9, 0.9]]
    assert await listener(db, ears, SetClock(NOW)).run_once() == 0


async def test_nothing_is_heard_while_the_line_is_busy_or_without_a_model(db: Database) -> None:
    id = await recorded(db)
    ears = TableEars({})
    assert await listener(db, ears, SetClock(NOW), quiet=False).run_once() == 0
    assert await listener(db, TableEars({}, available=False), SetClock(NOW)).run_once() == 0
    assert ears.asked == []
    async with db.read() as session:
        recording = await session.get_one(Recording, id)
    assert transcripts.says(recording, [], available=False) == "Распознавание не настроено."


async def test_two_processes_never_hear_one_file(db: Database) -> None:
    id = await recorded(db)
    mine = await jobs.begin(db, "node1:a", NOW, since=SINCE)
    assert mine is not None
    assert mine.recording_id == id
    assert await jobs.begin(db, "node2:b", NOW, since=SINCE) is None
    later = NOW + jobs.LEASE - timedelta(seconds=1)
    await jobs.hold(db, mine, "node1:a", later)
    assert await jobs.begin(db, "node2:b", NOW + jobs.LEASE, since=SINCE) is None


async def test_a_killed_process_leaves_what_it_heard_and_another_goes_on(db: Database) -> None:
    id = await recorded(db)
    first = await jobs.begin(db, "node1:a", NOW, since=SINCE)
    assert first is not None
    async with db.write() as session:
        assert await jobs.end(session, first, "node1:a", heard("алло"), NOW)
    assert await jobs.begin(db, "node1:a", NOW + timedelta(seconds=1), since=SINCE)  # and then it is killed
    clock = SetClock(NOW)
    clock.advance(timedelta(seconds=2))
    ears = TableEars({(id, 1): "слушаю"})
    assert await listener(db, ears, clock, node="node2").run_once() == 0  # its lease still holds
    assert await listener(db, ears, clock).run_once() == 1  # the same node, begun anew
    assert ears.asked == [(id, 1)]
    assert [row.attempts for row in await rows(db, id)] == [1, 2]


async def test_a_clock_that_was_a_day_ahead_and_is_set_right_holds_nothing_up(db: Database) -> None:
    await recorded(db, channels=1)
    assert await jobs.begin(db, "node1:a", NOW + timedelta(days=1), since=SINCE)
    assert await jobs.begin(db, "node2:b", NOW, since=SINCE)
    assert await jobs.begin(db, "node1:a", NOW, since=SINCE) is None


async def test_what_cannot_be_heard_is_given_up_after_a_few_attempts_and_the_rest_goes_on(db: Database) -> None:
    bad, good = await recorded(db, ago_min=1), await recorded(db, ago_min=2, channels=1)
    ears = TableEars(
        {(bad, 0): NotHeard("Движок повторяет одно и то же."), (bad, 1): OSError("нет файла"), (good, 0): "да"}
    )
    clock = SetClock(NOW)
    for _ in range(jobs.MOST_ATTEMPTS * 2):
        await listener(db, ears, clock).run_once()
        clock.advance(jobs.PAUSE)
    assert [row.state for row in await rows(db, good)] == [TranscriptState.HEARD]
    first, second = await rows(db, bad)
    assert (first.state, first.attempts) == (TranscriptState.FAILED, jobs.MOST_ATTEMPTS)
    assert (first.problem, second.problem) == ("Движок повторяет одно и то же.", "нет файла")
    asked = len(ears.asked)
    await listener(db, ears, clock).run_once()
    assert len(ears.asked) == asked


async def test_a_recording_that_kills_whoever_hears_it_is_given_up(db: Database) -> None:
    id = await recorded(db, channels=1)
    at = NOW
    for _ in range(jobs.MOST_ATTEMPTS):
        assert await jobs.begin(db, "node1:a", at, since=SINCE)
        at += jobs.LEASE + timedelta(seconds=1)
    assert await jobs.begin(db, "node1:a", at, since=SINCE) is None
    assert [row.state for row in await rows(db, id)] == [TranscriptState.FAILED]


async def test_words_go_with_their_recording_whoever_erases_it(db: Database, tmp_path: Path) -> None:
    by_act, by_hand, late = await recorded(db), await recorded(db), await recorded(db, channels=1)
    table = {(id, side): "нет света" for id in (by_act, by_hand) for side in (0, 1)} | {(late, 0): "поздно"}
    ears, clock = TableEars(table), SetClock(NOW)
    job = None
    while job is None or job.recording_id != late:
        job = await jobs.begin(db, "node2:a", NOW, since=SINCE)
        assert job is not None
        if job.recording_id != late:
            await jobs.put_back(db, job, "node2:a", NOW)
            async with db.write() as session:  # somebody is at it: the last one is left
                await session.execute(
                    update(Transcript)
                    .where(Transcript.recording_id == job.recording_id)
                    .values(held_until=NOW + jobs.PAUSE)
                )
    clock.advance(jobs.PAUSE)
    await listener(db, ears, clock).run_once()
    await erasure.erase(db, Store.in_folder(tmp_path), [by_act, late], node="node1", at=NOW)
    async with db.write() as session:
        erased = update(Recording).where(Recording.id == by_hand).values(state=RecordingState.ERASED)
        await session.execute(erased)
        assert not await jobs.end(session, job, "node2:a", heard("поздно"), NOW)
    async with db.read() as session:
        assert list(await session.scalars(select(Transcript))) == []
        assert list(await session.scalars(select(SpokenWords.recording_id))) == []


async def test_the_backlog_is_measured_with_and_without_ears(db: Database) -> None:
    clock = SetClock(NOW)
    watch = WaitingWatch(db, clock, days=30)
    good, bad = await recorded(db, ago_min=90, channels=1), await recorded(db, ago_min=30, channels=1)
    await recorded(db, ago_min=60 * 24 * 31)
    await watch.run_once()
    assert (figure("gridline_transcripts_waiting"), figure("gridline_transcripts_oldest_seconds")) == (2, 90 * 60)
    before = [figure("gridline_transcripts_total", result=result) or 0 for result in ("heard", "failed")]
    rtf = figure("gridline_transcript_rtf_count", engine="table") or 0
    ears = TableEars({(good, 0): "нет света", (bad, 0): NotHeard("Тишина.")})
    for _ in range(jobs.MOST_ATTEMPTS):
        await listener(db, ears, clock).run_once()
        clock.advance(jobs.PAUSE)
    async with db.read() as session:
        assert await waiting.count(session, SINCE) == WaitingRecordings(0, None, 1)
    await watch.run_once()
    assert (figure("gridline_transcripts_waiting"), figure("gridline_transcripts_oldest_seconds")) == (0, 0)
    assert figure("gridline_transcripts_failed") == 1
    done = [figure("gridline_transcripts_total", result=result) or 0 for result in ("heard", "failed")]
    assert [now - then for now, then in zip(done, before, strict=True)] == [1, jobs.MOST_ATTEMPTS]
    assert figure("gridline_transcript_rtf_count", engine="table") == rtf + 1


async def test_the_doctor_says_what_hears_and_whether_it_keeps_up(db: Database, tmp_path: Path) -> None:
    config = settings.load(var=tmp_path, database_url=db.url.render_as_string(hide_password=False))
    hour_ago = await recorded(db, ago_min=60, channels=1, now=datetime.now(UTC))
    (said,) = await doctor.backlog(config)
    assert (said.level, said.what) == ("note", "Распознавать нечем, без слов 1 запись, старшая 1\u00a0ч.")
    assert said.cure.startswith("gridline speech add")
    model = tmp_path / "speech/small"
    model.mkdir(parents=True)
    (model / "am").write_bytes(b"model")
    write_label(model, label_for(model, EngineName.VOSK, "ru", NOW))
    (said,) = await doctor.backlog(config)
    assert (said.level, said.what) == ("fine", "Ждут слов 1 запись, старшая 1\u00a0ч.")
    await recorded(db, ago_min=60 * 24 * 3, channels=1, now=datetime.now(UTC))
    (said,) = await doctor.backlog(config)
    assert (said.level, said.what) == ("wrong", "Ждут слов 2 записи, старшая 3 дня.")
    assert "transcribe_below_calls" in said.cure
    ears = TableEars({(hour_ago, 0): NotHeard("Тишина.")})
    clock = SetClock(datetime.now(UTC))
    for _ in range(jobs.MOST_ATTEMPTS):
        await Transcription(db, clock, ears, NOWHERE, node="n", is_quiet=lambda: True, days=1).run_once()
        clock.advance(jobs.PAUSE)
    late, lost = await doctor.backlog(config)
    assert late.level == "wrong"
    assert (lost.level, lost.what) == ("note", "Не удалось расшифровать: 1 запись за 30 дн.")


def figure(name: str, **labels: str) -> float | None:
    """What /metrics would say of it now."""
    return REGISTRY.get_sample_value(name, labels)


@pytest.mark.parametrize(
    ("said", "parts"),
    [("раз два | три", [["раз", "два"], ["три"]]), ("", []), ("слово " * 50, [["слово"] * 40, ["слово"] * 10])],
)
def test_speech_is_cut_at_pauses_and_where_it_grows_long(said: str, parts: list[list[str]]) -> None:
    words = [transcripts.SpokenWord(word.text, word.start_s, word.end_s) for word in heard(said).words]
    assert [[word.text for word in one] for one in transcripts.utterances(words)] == parts
