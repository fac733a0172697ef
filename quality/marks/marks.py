"""Marks: every query about them. Read by whoever may hear the recording, changed by their author alone."""

from __future__ import annotations

import math
from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from gridline.errors import InvalidInput, NotFound
from quality.marks.models import RecordingMark
from recordings.models import Recording

LONGEST: Final = 500
"""Signs of a mark's text: a sentence or two; more is a review, not a mark."""
MOST: Final = 500
"""Marks of one recording: one every seven seconds of an hour."""


async def of_recording(session: AsyncSession, recording: Recording, *, of: str = "") -> list[RecordingMark]:
    """The marks of a recording that the asker may hear, the earliest second first; `of`: this author's alone."""
    query = select(RecordingMark).where(RecordingMark.recording_id == recording.id)
    if of:
        query = query.where(RecordingMark.author == of)
    return list(await session.scalars(query.order_by(RecordingMark.at_s, RecordingMark.made_at).limit(MOST)))


async def add(
    session: AsyncSession, recording: Recording, *, author: str, at_s: float, text: str, now: datetime
) -> RecordingMark:
    """Mark a second of a recording that the author may hear.

    Raises InvalidInput for no words, too many of them, or a second outside of the recording.
    """
    if len(await of_recording(session, recording)) >= MOST:
        raise InvalidInput(f"На этой записи уже {MOST} пометок: больше не нужно никому.")
    mark = RecordingMark(
        recording_id=recording.id,
        author=author,
        at_s=_second(at_s, recording),
        text=_words(text),
        made_at=now,
        changed_at=None,
    )
    session.add(mark)
    await session.flush()
    return mark


async def change(
    session: AsyncSession, recording: Recording, id: str, *, author: str, text: str, now: datetime
) -> None:
    """Give a mark other words. Raises NotFound when it is not this author's, InvalidInput as `add`."""
    mark = await _own(session, recording, id, author)
    mark.text, mark.changed_at = _words(text), now


async def remove(session: AsyncSession, recording: Recording, id: str, *, author: str) -> None:
    """Take a mark away. Raises NotFound when it is not this author's."""
    await session.delete(await _own(session, recording, id, author))


async def erase(session: AsyncSession, recording_ids: Collection[str]) -> None:
    """Remove all marks of recordings whose sound is destroyed: they may repeat what was said."""
    await session.execute(delete(RecordingMark).where(RecordingMark.recording_id.in_(recording_ids)))


async def forget_callers(session: AsyncSession, calls: Collection[str]) -> None:
    """Remove all marks of these calls (ids): they may name whoever called."""
    of_calls = select(Recording.id).where(Recording.call_id.in_(calls))
    await session.execute(delete(RecordingMark).where(RecordingMark.recording_id.in_(of_calls)))


async def _own(session: AsyncSession, recording: Recording, id: str, author: str) -> RecordingMark:
    mark = await session.get(RecordingMark, id)
    if mark is None or (mark.recording_id, mark.author) != (recording.id, author):
        raise NotFound("Такой вашей пометки на этой записи нет.")
    return mark


def _second(at_s: float, recording: Recording) -> float:
    if not math.isfinite(at_s) or not 0 <= at_s <= (recording.seconds or 0.0):
        raise InvalidInput("Этой секунды в записи нет.")
    return round(at_s, 1)


def _words(text: str) -> str:
    words = " ".join(text.replace("\0", "").split())
    if not words:
        raise InvalidInput("Напишите, что здесь слышно.")
    if len(words) > LONGEST:
        raise InvalidInput(f"Пометка длиннее {LONGEST} знаков: сократите.")
    return words
