"""A complaint told to the machine, from its recording to the words in the register; what was heard is kept beside."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from obstore.store import MemoryStore
from sqlalchemy import select, update

from agent_console.people.models import Role
from agent_console.people.permissions import Actor
from agent_console.register import heard
from appeals.casework import voiced
from appeals.casework.casework import Casework
from appeals.finding.words import stem
from appeals.history import sha256
from appeals.models import Appeal, AppealEvent, Content, Words
from appeals.personal_data.erasure import Erasure
from appeals.proof.verify import verify
from appeals.register import Register
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import SetClock
from gridline.companies import Companies
from gridline.db import Database, new_id
from gridline.errors import Conflict, InvalidInput
from quality.transcripts import spoken_text
from quality.transcripts.spoken_text import SpokenText
from quality.transcripts.transcription import Transcription
from recordings.erasure import KeptRecordings
from recordings.models import Recording, RecordingKind, RecordingState
from recordings.store import Store
from speech.port import NotHeard
from tests.store.appeals.made import intake
from tests.table_ears import TableEars

SAID = "третий вечер моргает свет | улица весеняя? дом пять"
TEXT = "Третий вечер моргает свет. Улица весеняя дом пять."
WRITTEN = "Третий вечер моргает свет, улица Весенняя, дом пять. Обещали мастера."
CLERK = "user:clerk"


@pytest.fixture
def casework(db: Database, clock: SetClock, companies: Companies, calendar: ProductionCalendar) -> Casework:
    return Casework(db, clock, companies, calendar)


async def told(db: Database, clock: SetClock, said: str | Exception | None = SAID) -> str:
    """A message that was recorded, and heard unless `said` is None; its id."""
    id, at = new_id(), clock.now() - timedelta(minutes=5)
    row = Recording(
        id=id,
        call_id=new_id(),
        kind=RecordingKind.MESSAGE,
        state=RecordingState.STORED,
        started_at=at,
        ended_at=at,
        file=f"{id}.wav",
        seconds=9.0,
        channels=1,
    )
    async with db.write() as session:
        session.add(row)
    if said is not None:
        store = Store(MemoryStore, Path("nowhere"))  # ears that read from a table open no file
        for _ in range(3):
            ears = TableEars({(id, 0): said})
            await Transcription(db, clock, ears, store, node="n", is_quiet=lambda: True, days=1).run_once()
            clock.advance(timedelta(minutes=11))
    return id


async def text_of(db: Database, id: str, *, available: bool = True) -> SpokenText:
    async with db.read() as session:
        return await spoken_text.of_recording(session, id, available=available)


async def content_of(db: Database, appeal_id: str) -> Content:
    async with db.read() as session:
        return await session.get_one(Content, appeal_id)


async def test_what_was_told_is_a_text_with_its_doubtful_words(db: Database, clock: SetClock) -> None:
    found = await text_of(db, await told(db, clock))
    assert (found.text, found.poor, found.awaited, found.says) == (TEXT, 1, False, "")
    (doubtful,) = [word for sentence in found.sentences for word in sentence if word.poor]
    assert (doubtful.text, doubtful.start) == ("весеняя", 4.5)
    assert found.text[doubtful.place :].startswith("весеняя дом")


async def test_it_says_why_there_are_no_words(db: Database, clock: SetClock) -> None:
    failed = await text_of(db, await told(db, clock, NotHeard("Тишина.")))
    assert (failed.awaited, failed.says) == (False, "Расшифровать запись не удалось: слушайте её.")
    silent = await text_of(db, await told(db, clock, ""))
    assert silent.says == "Слов в записи не расслышано: слушайте её."
    waiting = await told(db, clock, None)
    assert (await text_of(db, waiting)).awaited
    assert (await text_of(db, new_id())).awaited, "the call still goes on"
    without = await text_of(db, waiting, available=False)
    assert (without.awaited, without.says) == (False, "Распознавание не настроено: запишите слова сами.")
    async with db.write() as session:
        await session.execute(
            update(Recording).where(Recording.id == silent.recording_id).values(state=RecordingState.ERASED)
        )
    gone = await text_of(db, silent.recording_id)
    assert (gone.recording, gone.says, gone.awaited) == (None, "", False)


async def test_a_person_writes_down_what_was_told_and_what_was_heard_stays_beside(
    db: Database, clock: SetClock, register: Register, casework: Casework
) -> None:
    recording = await told(db, clock)
    made = await register.register(intake(text=None, recording_id=recording))
    with pytest.raises(InvalidInput):
        await casework.describe(made.appeal_id, text=" ", heard=TEXT, actor=CLERK, version=1)
    version = await casework.describe(made.appeal_id, text=WRITTEN, heard=TEXT, actor=CLERK, version=1)
    with pytest.raises(Conflict, match="уже записано"):
        await casework.describe(made.appeal_id, text="Иначе", heard=None, actor=CLERK, version=version)
    content = await content_of(db, made.appeal_id)
    assert (content.text, content.heard) == (WRITTEN, TEXT)
    async with db.read() as session:
        event = (await session.scalars(select(AppealEvent).where(AppealEvent.kind == voiced.DESCRIBED))).one()
        assert not (await verify(session)).faults
        words = (await session.scalars(select(Words.words))).one()
    body = json.loads(event.body)
    assert (event.actor, body["words"], body["changed"]) == (CLERK, 8, 3)
    salt = content.salt or ""
    assert (body["digest"], body["heard_digest"]) == (sha256(salt + WRITTEN), sha256(salt + TEXT))
    assert "весен" not in event.body
    assert stem("моргает") in words, "it is found by its words from now on"


async def test_what_was_heard_goes_with_its_recording_and_with_its_appeal(
    db: Database, clock: SetClock, register: Register, casework: Casework
) -> None:
    recordings = [await told(db, clock), await told(db, clock)]
    made = [await register.register(intake(text=None, recording_id=one)) for one in recordings]
    for one in made:
        await casework.describe(one.appeal_id, text=WRITTEN, heard=TEXT, actor=CLERK, version=1)
    async with db.write() as session:
        erased = update(Recording).where(Recording.id == recordings[0]).values(state=RecordingState.ERASED)
        await session.execute(erased)
        closed = update(Appeal).where(Appeal.id == made[1].appeal_id).values(state="closed")
        await session.execute(closed)
    first = await content_of(db, made[0].appeal_id)
    assert (first.text, first.heard) == (WRITTEN, None)
    erasure = Erasure(db, clock, KeptRecordings())
    await erasure.erase("skek", [made[1].number], reason="срок", actor="user:one", witness="user:two")
    second = await content_of(db, made[1].appeal_id)
    assert (second.text, second.heard) == (None, None)


async def test_a_form_that_was_filled_keeps_it_once(
    db: Database, clock: SetClock, register: Register, casework: Casework
) -> None:
    made = await register.register(intake(text=WRITTEN))
    for _ in range(2):
        async with db.write() as session:
            await voiced.keep(session, made.appeal_id, TEXT, CLERK, clock.now())
    async with db.read() as session:
        kinds = list(await session.scalars(select(AppealEvent.kind).order_by(AppealEvent.seq)))
        assert not (await verify(session)).faults
    assert kinds == ["registered", "described"]


def test_what_a_person_changed_is_seen_and_masked_for_who_may_not_read_it() -> None:
    said = "Меня зовут петрова анна. У нас искрит провод."
    content = Content(text="Меня зовут Петрова Анна. Искрит провод.", heard=said)
    clerk = Actor("1", "clerk", "Мария", Role.CLERK, "skek", "", None)
    qa = Actor("2", "qa", "Анна", Role.QA, "skek", "", None)
    assert [one.text for one in heard.shown(clerk, content) if not one.kept] == ["У", "нас"]
    masked = heard.shown(qa, content)
    assert " ".join(one.text for one in masked) == "Меня зовут [имя] У нас искрит провод."
    assert [one.text for one in masked if not one.kept] == ["У", "нас"]
    assert heard.shown(qa, Content(text="Да", heard=None)) == ()
