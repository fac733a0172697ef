"""Which channel of which recording is to be heard next, and by whom: leases in the rows of the transcripts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, and_, case, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gridline.db import Database, insert_missing
from quality.transcripts.models import Transcript, TranscriptState
from recordings.models import PLAYABLE, Recording, RecordingKind
from speech.port import Heard

LEASE: Final = timedelta(seconds=60)
"""A process that has not said for so long that it still listens is dead."""
PAUSE: Final = timedelta(minutes=10)
"""After an attempt that gave nothing."""
MOST_ATTEMPTS: Final = 3
_URGENCY: Final = {RecordingKind.MESSAGE: 0, RecordingKind.COMPLAINT: 1, RecordingKind.TALK: 2}
"""First what a person makes an appeal of: a complaint's own words are a message. Then the call round it."""


@dataclass(frozen=True, slots=True)
class TranscriptJob:
    """One channel that a process may now hear, and no other process will."""

    id: str
    recording_id: str
    channel: int
    file: str
    """Relative to the recordings' store."""
    call_id: str


async def begin(db: Database, holder: str, now: datetime, *, since: datetime) -> TranscriptJob | None:
    """Take the most urgent channel of what was recorded since then, the newest first.

    None when there is none, or another process was first. Raises Unavailable.
    """
    async with db.read() as session:  # no lock is held while it looks: mostly there is nothing
        recording = await session.scalar(_next(now, since))
    if recording is None:
        return None
    async with db.write() as session:
        await insert_missing(session, Transcript, [_fresh(recording.id, n, now) for n in range(recording.channels)])
        rows = await _rows(session, recording.id)
        if any(now < row.held_until <= now + PAUSE for row in rows):
            return None
        for row in rows:
            if row.state is TranscriptState.WAITING and row.attempts >= MOST_ATTEMPTS:
                row.state, row.holder = TranscriptState.FAILED, ""
        first = next((row for row in rows if row.state is TranscriptState.WAITING), None)
        if first is None:
            return None
        first.attempts, first.holder, first.held_until = first.attempts + 1, holder, now + LEASE
        return TranscriptJob(first.id, recording.id, first.channel, recording.file, recording.call_id)


def _next(now: datetime, since: datetime) -> Select[Recording]:
    """Two processes never hear one file: a recording of which any channel is held is nobody else's.

    Nothing is held for longer than PAUSE: what says so was written before the clock was set back.
    """
    rows = exists().where(Transcript.recording_id == Recording.id)
    held = and_(Transcript.held_until > now, Transcript.held_until <= now + PAUSE)
    return (
        select(Recording)
        .where(
            Recording.state.in_(PLAYABLE),
            Recording.started_at >= since,
            or_(~rows, rows.where(Transcript.state == TranscriptState.WAITING)),
            ~rows.where(held),
        )
        .order_by(case(_URGENCY, value=Recording.kind, else_=len(_URGENCY)), Recording.started_at.desc())
        .limit(1)
    )


async def _rows(session: AsyncSession, recording_id: str) -> list[Transcript]:
    query = select(Transcript).where(Transcript.recording_id == recording_id)
    return list(await session.scalars(query.order_by(Transcript.channel).with_for_update()))


def _fresh(recording_id: str, channel: int, now: datetime) -> dict[str, Any]:
    return {
        "recording_id": recording_id,
        "channel": channel,
        "state": TranscriptState.WAITING,
        "attempts": 0,
        "holder": "",
        "held_until": now,
        "words": [],
        "engine": "",
        "model": "",
        "problem": "",
    }


async def hold(db: Database, job: TranscriptJob, holder: str, now: datetime) -> None:
    """Say that it is still being heard. Raises Unavailable."""
    await _change(db, job, holder, held_until=now + LEASE)


async def end(session: AsyncSession, job: TranscriptJob, holder: str, heard: Heard, now: datetime) -> bool:
    """Keep what was heard; False when the recording was erased meanwhile, or the lease is another's."""
    words = [
        [word.text, round(word.start_s, 2), round(word.end_s, 2), round(word.confidence, 3)] for word in heard.words
    ]
    done = _mine(job, holder).values(
        state=TranscriptState.HEARD,
        words=words,
        engine=heard.engine,
        model=heard.model,
        heard_at=now,
        holder="",
        held_until=now,
        problem="",
    )
    return bool((await session.execute(done.returning(Transcript.id))).all())


async def fail(db: Database, job: TranscriptJob, holder: str, problem: str, now: datetime) -> None:
    """It gave nothing; tried again after a pause, and given up after the last attempt. Raises Unavailable."""
    state = case(
        (Transcript.attempts >= MOST_ATTEMPTS, TranscriptState.FAILED.value), else_=TranscriptState.WAITING.value
    )
    await _change(db, job, holder, state=state, problem=problem[:200], holder="", held_until=now + PAUSE)


async def put_back(db: Database, job: TranscriptJob, holder: str, now: datetime) -> None:
    """Nobody listened: the attempt does not count. Raises Unavailable."""
    await _change(db, job, holder, attempts=Transcript.attempts - 1, holder="", held_until=now)


async def give_up_others(db: Database, node: str, holder: str, now: datetime) -> None:
    """A process of this node has started anew: what earlier ones held is free at once. Raises Unavailable."""
    theirs = (Transcript.holder.startswith(f"{node}:", autoescape=True), Transcript.holder != holder)
    waiting = Transcript.state == TranscriptState.WAITING
    async with db.write() as session:
        await session.execute(update(Transcript).where(waiting, *theirs).values(holder="", held_until=now))


def _mine(job: TranscriptJob, holder: str) -> Any:
    return update(Transcript).where(Transcript.id == job.id, Transcript.holder == holder)


async def _change(db: Database, job: TranscriptJob, me: str, **values: Any) -> None:
    async with db.write() as session:
        await session.execute(_mine(job, me).values(**values))
