"""What a machine says of the recordings of one call, as its page shows it: measures, moments, rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from appeals.models import Appeal
from ivr.journal.models import CallRecord
from quality.measures import measuring
from quality.measures.judgement import RuleOutcome, Sides, TalkFacts, judged
from quality.measures.models import TalkMeasures
from quality.measures.rules import TalkRule
from quality.measures.talk import AGENT, CALLER, Noticed, NoticedKind
from quality.transcripts import transcripts
from recordings.models import Recording, RecordingKind

NOTICED: Final[Mapping[NoticedKind, str]] = {
    NoticedKind.SILENCE: "Тишина",
    NoticedKind.OVER: "Говорят вместе",
    NoticedKind.HOLD: "На удержании",
    NoticedKind.MONOLOGUE: "Самый долгий монолог оператора",
}


@dataclass(frozen=True, slots=True)
class RecordingFigures:
    """One recording's measures, and what the rules say of it."""

    measures: TalkMeasures | None
    noticed: tuple[Noticed, ...]
    rules: tuple[RuleOutcome, ...]

    def share(self, seconds: float) -> int:
        """Whole per cent of the recording."""
        whole = self.measures.seconds if self.measures else 0.0
        return round(seconds * 100 / whole) if whole else 0


async def of_call(
    session: AsyncSession,
    call: CallRecord,
    recorded: Sequence[Recording],
    made: Sequence[Appeal],
    rules: Sequence[TalkRule],
) -> dict[str, RecordingFigures]:
    """By recording id; `recorded` and `made` are the call's recordings and appeals that its reader sees."""
    measured = await measuring.of_recordings(session, recorded)
    numbers = tuple(appeal.number for appeal in made)
    found = {}
    for recording in recorded:
        row = measured.get(recording.id)
        outcomes: list[RuleOutcome] = []
        if recording.kind is RecordingKind.TALK:
            facts = TalkFacts(
                bool(call.notice_completed), numbers, recording.seconds or 0.0, called_out=bool(call.called_by)
            )
            outcomes = judged(rules, facts, await _sides(session, recording))
        found[recording.id] = RecordingFigures(row, tuple(measuring.noticed(row)) if row else (), tuple(outcomes))
    return found


async def _sides(session: AsyncSession, recording: Recording) -> Sides:
    rows = await transcripts.of_recording(session, recording)
    heard = {channel.who: channel.words for channel in transcripts.channels(recording, rows)}
    sides = {"caller": transcripts.who(recording, CALLER), "agent": transcripts.who(recording, AGENT)}
    return {who: heard[name] for who, name in sides.items() if name in heard}
