"""How many talks have one side alone: a microphone that is off, or a recorder that missed a side."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from quality.measures.models import TalkMeasures
from recordings.models import Recording, RecordingKind

LEAST_S: Final = 15.0
"""In a shorter talk one of the two may have had nothing to say."""


@dataclass(frozen=True, slots=True)
class OneSidedTalks:
    """Measured talks of at least `LEAST_S`."""

    talks: int
    without_agent: int
    without_caller: int

    @property
    def count(self) -> int:
        """Talks in which one of the two is never heard."""
        return self.without_agent + self.without_caller


async def one_sided(session: AsyncSession, since: datetime) -> OneSidedTalks:
    """Count those that began since this moment (UTC), of all companies."""
    heard_agent, heard_caller = TalkMeasures.agent_s + TalkMeasures.hold_s > 0, TalkMeasures.caller_s > 0
    query = (
        select(
            func.count(),
            func.count().filter(~heard_agent, heard_caller),
            func.count().filter(heard_agent, ~heard_caller),
        )
        .join(Recording, Recording.id == TalkMeasures.recording_id)
        .where(
            Recording.kind == RecordingKind.TALK,
            Recording.started_at >= since,
            TalkMeasures.problem == "",
            TalkMeasures.seconds >= LEAST_S,
        )
    )
    talks, without_agent, without_caller = (await session.execute(query)).one()
    return OneSidedTalks(talks, without_agent, without_caller)
