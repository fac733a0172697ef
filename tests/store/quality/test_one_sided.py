"""Talks in which one of the two is never heard are counted, and the doctor says when they are too many."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from gridline import settings
from gridline.db import Database, new_id
from quality.measures.models import TalkMeasures
from quality.measures.one_sided import LEAST_S, OneSidedTalks, one_sided
from recordings.models import Recording, RecordingKind, RecordingState
from service.doctor import recordings as doctor

WEEK = timedelta(days=7)


async def measured(
    db: Database,
    *,
    caller_s: float = 5,
    agent_s: float = 5,
    hold_s: float = 0,
    seconds: float = 60,
    ago: timedelta = timedelta(hours=1),
    kind: RecordingKind = RecordingKind.TALK,
    problem: str = "",
) -> None:
    """A recording with its measures."""
    began, id = datetime.now(UTC) - ago, new_id()
    async with db.write() as session:
        session.add(
            Recording(
                id=id,
                call_id="a" * 32,
                appeal_id=None,
                kind=kind,
                state=RecordingState.STORED,
                started_at=began,
                ended_at=began + timedelta(seconds=seconds),
                file=f"{id}.wav",
                sha256="0" * 64,
                bytes=44,
                seconds=seconds,
                channels=2,
            )
        )
        session.add(
            TalkMeasures(
                recording_id=id,
                measured_at=began,
                problem=problem,
                seconds=seconds,
                caller_s=caller_s,
                agent_s=agent_s,
                silence_s=0,
                over_s=0,
                hold_s=hold_s,
                monologue_s=0,
                noticed=[],
            )
        )


async def test_a_side_that_is_never_heard_is_counted(db: Database) -> None:
    await measured(db)
    await measured(db, agent_s=0)
    await measured(db, caller_s=0)
    await measured(db, agent_s=0, hold_s=20)  # music is their side too
    await measured(db, agent_s=0, caller_s=0)  # nobody: a line that was left open
    await measured(db, agent_s=0, seconds=LEAST_S - 1)
    await measured(db, agent_s=0, kind=RecordingKind.MESSAGE)
    await measured(db, agent_s=0, ago=timedelta(days=8))
    await measured(db, agent_s=0, caller_s=0, problem="no WAV")
    async with db.read() as session:
        assert await one_sided(session, datetime.now(UTC) - WEEK) == OneSidedTalks(5, 1, 1)


async def test_the_doctor_says_when_they_are_too_many(db: Database, tmp_path: Path) -> None:
    config = settings.load(var=tmp_path, database_url=db.url.render_as_string(hide_password=False))
    (said,) = await doctor.both_sides(config)
    assert (said.level, said.what) == ("fine", "Мерить пока нечего.")
    await measured(db)
    (said,) = await doctor.both_sides(config)
    assert (said.level, said.what) == ("fine", "За неделю 1 разговор, обе стороны слышны в каждом.")
    await measured(db, agent_s=0)
    (said,) = await doctor.both_sides(config)
    assert (said.level, said.what) == ("note", "За неделю 2 разговора; не слышно оператора: 1, абонента: 0.")
    for _ in range(2):
        await measured(db, agent_s=0)
    (said,) = await doctor.both_sides(config)
    assert said.level == "wrong"
    assert "не слышно оператора: 3" in said.what
    assert "АТС" in said.cure
