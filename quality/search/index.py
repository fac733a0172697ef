"""Puts the words of a recording where they are found, in the transaction that stores them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncSession

from appeals.finding.words import plain, tokens
from quality.masking.masking import masked_words
from quality.masking.masks import Mask
from quality.search.models import SpokenWords
from quality.transcripts import transcripts
from recordings.models import Recording

_INSERT: Final = {
    "postgresql": (
        "INSERT INTO spoken_words (recording_id, words)"
        " VALUES (:recording_id, array_to_tsvector(ARRAY[CAST(:mark AS text)]) || to_tsvector('russian', :said))"
    ),
    "sqlite": "INSERT INTO spoken_words (recording_id, words) VALUES (:recording_id, :said)",
}
_MARKS: Final = frozenset(Mask)


async def add(session: AsyncSession, recording_id: str) -> None:
    """Index what was heard of a recording so far; anew whenever another channel was heard."""
    recording = await session.get(Recording, recording_id)
    if recording is None:
        return
    rows = await transcripts.of_recording(session, recording)
    said = " ".join(
        word.text
        for channel in transcripts.channels(recording, rows)
        for word in masked_words(channel.words)
        if word.text not in _MARKS
    )
    month, dialect = mark(recording.started_at), session.get_bind().dialect.name
    words = " ".join([month, *tokens(said)]) if dialect == "sqlite" else plain(said)
    await session.execute(delete(SpokenWords).where(SpokenWords.recording_id == recording_id))
    given = {"recording_id": recording_id, "said": words}
    await session.execute(text(_INSERT[dialect]), given if dialect == "sqlite" else given | {"mark": month})


def mark(moment: datetime) -> str:
    """A month's word (UTC): it begins with a private character, so that nobody's query can hold it."""
    return f"\ue001{moment.astimezone(UTC):%y%m}"


def marks(since: datetime, before: datetime) -> Iterator[str]:
    """The words of every month from `since` to `before`."""
    first, last = since.astimezone(UTC), before.astimezone(UTC)
    for month in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        yield mark(datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC))
