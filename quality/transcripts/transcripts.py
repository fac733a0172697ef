"""The words of a recording as they are read: who said what and when, in sentences between pauses.

Whoever may hear a recording may read its words: the recording that is given here was found for its reader
(`agent_console.calls.recordings`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from quality.transcripts.models import Transcript, TranscriptState
from recordings.models import Recording, RecordingKind

PAUSE_S: Final = 0.8
"""A pause that ends a sentence of the screen."""
LONGEST_S: Final = 20.0
"""Nobody reads a sentence longer than this in step with the sound."""


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """One word of a transcript, or a mark in place of some."""

    text: str
    start: float
    """Seconds from the recording's start."""
    end: float


@dataclass(frozen=True, slots=True)
class SpokenChannel:
    """What one side said."""

    who: str
    words: tuple[SpokenWord, ...]


async def of_recording(session: AsyncSession, recording: Recording) -> list[Transcript]:
    """The rows of a recording that the asker may hear, by channel; none before anybody began to listen."""
    query = select(Transcript).where(Transcript.recording_id == recording.id)
    return list(await session.scalars(query.order_by(Transcript.channel)))


def channels(recording: Recording, rows: Sequence[Transcript]) -> list[SpokenChannel]:
    """The channels that were heard."""
    return [
        SpokenChannel(who(recording, row.channel), tuple(SpokenWord(word[0], word[1], word[2]) for word in row.words))
        for row in rows
        if row.state is TranscriptState.HEARD
    ]


def who(recording: Recording, channel: int) -> str:
    """Whose channel it is, in Russian."""
    if channel == 0:
        return "Абонент"
    return "Оператор" if recording.kind is RecordingKind.TALK else "Робот"


def says(recording: Recording, rows: Sequence[Transcript], *, available: bool) -> str:
    """Why there is nothing to read (yet), in a Russian sentence; empty where all channels were heard."""
    if len(rows) == recording.channels and all(row.state is TranscriptState.HEARD for row in rows):
        return ""
    if any(row.state is TranscriptState.FAILED for row in rows):
        return "Расшифровать запись не удалось."
    if not available:
        return "Распознавание не настроено."
    return "Расшифровки ещё нет: она делается, пока линия свободна."


def utterances(words: Sequence[SpokenWord]) -> Iterator[tuple[SpokenWord, ...]]:
    """Words between pauses; a long speech is cut where it grows too long."""
    said: list[SpokenWord] = []
    for word in words:
        if said and (word.start - said[-1].end > PAUSE_S or word.end - said[0].start > LONGEST_S):
            yield tuple(said)
            said = []
        said.append(word)
    if said:
        yield tuple(said)
