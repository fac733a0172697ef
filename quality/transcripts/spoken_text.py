"""What a caller told the machine, as text for a form: sentences, and which of their words were heard poorly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from quality.transcripts import transcripts
from quality.transcripts.models import Transcript, TranscriptState
from quality.transcripts.transcripts import SpokenWord, utterances
from recordings.models import PLAYABLE, Recording

POOR: Final = 0.6
"""A word that its engine is less sure of is shown as one to be checked. Ours: engines reckon each in their own way."""
CALLER: Final = 0
"""The channel of whoever told it."""


@dataclass(frozen=True, slots=True)
class TextWord:
    """One word of the text."""

    text: str
    """As it stands in the text: the first one of a sentence begins with a capital letter."""
    start: float
    """Seconds from the recording's start."""
    place: int
    """Letters of the text before it."""
    poor: bool


@dataclass(frozen=True, slots=True)
class SpokenText:
    """The text of one recording; without sentences `says` tells in Russian why there are none, or is empty."""

    recording_id: str
    recording: Recording | None
    """None when it cannot be heard: not taken in yet, failed, erased."""
    sentences: tuple[tuple[TextWord, ...], ...] = ()
    says: str = ""
    awaited: bool = False
    """Whether the words may still come."""

    @property
    def text(self) -> str:
        """The sentences, each with its full stop."""
        return _written(self.sentences)

    @property
    def poor(self) -> int:
        """How many words were heard poorly."""
        return sum(word.poor for sentence in self.sentences for word in sentence)


async def of_recording(session: AsyncSession, recording_id: str, *, available: bool) -> SpokenText:
    """The text of a recording that the asker may read; `available`: whether anything here hears words at all."""
    recording = await session.get(Recording, recording_id)
    if recording is None:  # it is taken in when its call is over
        return _without(recording_id, None, available=available)
    if recording.state not in PLAYABLE:
        return SpokenText(recording_id, None)
    rows = await transcripts.of_recording(session, recording)
    row = next((one for one in rows if one.channel == CALLER), None)
    if row is None or row.state is TranscriptState.WAITING:
        return _without(recording_id, recording, available=available)
    if row.state is TranscriptState.FAILED:
        return SpokenText(recording_id, recording, says="Расшифровать запись не удалось: слушайте её.")
    if not row.words:
        return SpokenText(recording_id, recording, says="Слов в записи не расслышано: слушайте её.")
    return SpokenText(recording_id, recording, tuple(_sentences(row)))


def _without(recording_id: str, recording: Recording | None, *, available: bool) -> SpokenText:
    if not available:
        return SpokenText(recording_id, recording, says="Распознавание не настроено: запишите слова сами.")
    says = "Слова записи ещё распознаются: их можно будет вставить отсюда."
    return SpokenText(recording_id, recording, says=says, awaited=True)


def _sentences(row: Transcript) -> Iterator[tuple[TextWord, ...]]:
    """What stands between pauses is a sentence; a reader moves the full stops where they belong."""
    poor = {(word[1], word[2]) for word in row.words if word[3] < POOR}
    place = 0
    for said in utterances([_word(one) for one in row.words]):
        sentence: list[TextWord] = []
        for word in said:
            text = word.text if sentence else word.text[:1].upper() + word.text[1:]
            sentence.append(TextWord(text, word.start, place, (word.start, word.end) in poor))
            place += len(text) + 1
        place += 1  # the full stop
        yield tuple(sentence)


def _word(stored: Sequence[Any]) -> SpokenWord:
    return SpokenWord(stored[0], stored[1], stored[2])


def _written(sentences: Sequence[Sequence[TextWord]]) -> str:
    return " ".join(" ".join(word.text for word in sentence) + "." for sentence in sentences)
