"""What the product has kept of a call: its record, who talked in it, and what was recorded of whom."""

from __future__ import annotations

import wave
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from carrier.hearing.sound import Clip
from carrier.stories.installation import Installation
from carrier.stories.store import until
from ivr.journal.models import CallLeg, CallRecord
from ivr.voice.audio import RATE
from recordings.models import Recording, RecordingKind
from tests.console.softphone_agent import likeness

LOUD = 1000


async def record_of(house: Installation, call_id: str) -> CallRecord:
    """The call, once it is over."""

    async def look() -> CallRecord | None:
        async with house.db.read() as session:
            found = await session.get(CallRecord, call_id)
        return found if found is not None and found.ended_at is not None else None

    return await until(look, f"конец звонка {call_id}")


async def legs_of(house: Installation, call_id: str, count: int) -> Sequence[CallLeg]:
    """So many legs of the call, the earliest first."""

    async def look() -> Sequence[CallLeg] | None:
        async with house.db.read() as session:
            query = select(CallLeg).where(CallLeg.call_id == call_id).order_by(CallLeg.began_at)
            found = list(await session.scalars(query))
        return found if len(found) >= count else None

    return await until(look, f"{count} разговоров звонка {call_id}")


async def talks_of(house: Installation, call_id: str, count: int) -> Sequence[Recording]:
    """So many recorded talks of the call, the earliest first."""

    async def look() -> Sequence[Recording] | None:
        async with house.db.read() as session:
            mine = (Recording.call_id == call_id, Recording.kind == RecordingKind.TALK)
            found = list(await session.scalars(select(Recording).where(*mine).order_by(Recording.started_at)))
        return found if len(found) >= count else None

    return await until(look, f"{count} записей звонка {call_id}")


@dataclass(frozen=True)
class Sides:
    """The two channels of a recording: the person outside, and whoever talked with them."""

    theirs: NDArray[np.int16]
    agents: NDArray[np.int16]

    def both_speak(self) -> bool:
        """Whether neither side is silence."""
        return all(bool(np.abs(side.astype(np.int32)).max() > LOUD) for side in (self.theirs, self.agents))

    def agent_likest(self, *sounds: Clip, since_s: float = 0.0, until_s: float = 1e6) -> Clip:
        """Which of these words is the most like what the agents' side says between two seconds."""
        heard = self.agents[int(since_s * RATE) : int(until_s * RATE)].astype(np.float32)
        return max(sounds, key=lambda sound: likeness(sound, heard))


def sides(house: Installation, recording: Recording) -> Sides:
    """The channels of a talk that was taken in."""
    file = house.settings.var / "recordings/store" / recording.file
    with wave.open(str(file), "rb") as sound:
        samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2").reshape(-1, 2)
    return Sides(samples[:, 0].copy(), samples[:, 1].copy())
