"""A call as it is stored, whole: the way through the menu, the wait, the talk, and a recording that can be heard."""

from __future__ import annotations

import hashlib
import math
import struct
import wave
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from gridline.db import Database, new_id
from ivr.desk.models import AgentEvent, Deed, Left, QueueVisit
from ivr.journal.models import CallLeg, CallRecord, CallStep, LegDevice, LegKind
from recordings.models import Recording, RecordingKind, RecordingState

RATE = 8000
NOTICE = "Разговор записывается."
MENU = "Если нет света или воды, нажмите два. Счётчики и справки, четыре. Оператор, нажмите ноль."


class Keeps(Protocol):
    """Where a call is stored: the console, or as much of it."""

    @property
    def db(self) -> Database: ...

    @property
    def recordings(self) -> Path: ...


@dataclass(frozen=True)
class StoredCall:
    """The ids of what was stored."""

    call: str
    recording: str
    file: Path


async def stored_call(
    console: Keeps,
    at: datetime,
    *,
    company: str = "skek",
    caller: str | None = "+79235550101",
    branch: str = "",
    queue: str = "skek-hotline",
    outcome: Left | None = Left.ANSWERED,
    agent: str = "101",
    user_id: str = "u",
    priority: int = 0,
    notice: bool = True,
    seconds: float = 12.0,
    sounds: float | None = None,
    appeal_id: str | None = None,
) -> StoredCall:
    """Store a call that began at `at`; `outcome` None: it never left the menu. Only a talk is recorded.

    `sounds`: seconds of sound in its file, where that may be less than was talked.
    """
    call, recording = new_id(), new_id()
    heard, pressed = at + timedelta(seconds=1), at + timedelta(seconds=7)
    waits, waited = at + timedelta(seconds=15), 9.5
    answered = waits + timedelta(seconds=waited)
    ended = answered + timedelta(seconds=seconds)
    record = CallRecord(
        id=call,
        node="node1",
        boot="2026",
        linkedid=f"{at.timestamp():.0f}.{call[:6]}",
        company_id=company,
        dialled="78005009494",
        caller_raw=caller or "",
        caller=caller,
        branch=branch,
        flow_version="f" * 64,
        started_at=at,
        answered_at=at,
        ended_at=ended,
        notice_prompt="notice",
        notice_version="ab12cd34" * 8,
        notice_started_at=heard,
        notice_ended_at=heard + timedelta(seconds=4),
        notice_completed=notice,
        outcome="talked" if outcome is Left.ANSWERED else "hung-up",
    )
    steps = [
        _step(call, 0, "notice", ("notice",), NOTICE, "", heard),
        _step(call, 1, "main", ("main-menu",), MENU, "2", pressed),
    ]
    rows: list[object] = []
    if outcome is not None:
        rows.append(
            QueueVisit(
                id=new_id(),
                call_id=call,
                company_id=company,
                queue=queue,
                priority=priority,
                entered_at=waits,
                left_at=answered,
                waited_s=waited,
                outcome=outcome,
                agent=agent if outcome is Left.ANSWERED else "",
                rang_s=3,
                missed=0,
            )
        )
    file = console.recordings / f"{at:%Y/%m/%d}" / f"{recording}.wav"
    if outcome is Left.ANSWERED:
        rows.append(
            AgentEvent(
                at=ended,
                agent=agent,
                user_id=user_id,
                company_id=company,
                kind="completed",
                queue=queue,
                linkedid=record.linkedid,
                seconds=int(seconds),
                detail="caller",
            )
        )
        sound(file, seconds if sounds is None else sounds)
        rows.append(_recorded(console, file, call, answered, seconds, appeal_id))
    async with console.db.write() as session:
        session.add(record)
        await session.flush()
        session.add_all([*steps, *rows])
    return StoredCall(call, recording, file)


def _recorded(
    console: Keeps, file: Path, call: str, began: datetime, seconds: float, appeal_id: str | None = None
) -> Recording:
    """The row of a talk whose sound lies in `file`, named by the recording's id."""
    data = file.read_bytes()
    return Recording(
        id=file.stem,
        call_id=call,
        appeal_id=appeal_id,
        kind=RecordingKind.TALK,
        state=RecordingState.STORED,
        started_at=began,
        ended_at=began + timedelta(seconds=seconds),
        file=file.relative_to(console.recordings).as_posix(),
        sha256=hashlib.sha256(data).hexdigest(),
        bytes=len(data),
        seconds=seconds,
        channels=2,
    )


async def stored_call_out(
    console: Keeps,
    at: datetime,
    *,
    company: str = "skek",
    caller: str = "+79235550101",
    branch: str = "",
    agent: str = "101",
    user_id: str = "u",
    seconds: float = 12.0,
    sounds: float | None = None,
) -> StoredCall:
    """Store a call that an agent made at `at`: who is called answers, hears the notice, and talks from 15 s on."""
    made = await stored_call(console, at, company=company, caller=caller, branch=branch, outcome=None)
    answered = at + timedelta(seconds=15)
    ended, id = answered + timedelta(seconds=seconds), new_id()
    file = console.recordings / f"{at:%Y/%m/%d}" / f"{id}.wav"
    sound(file, seconds if sounds is None else sounds)
    shift = {"agent": agent, "user_id": user_id, "company_id": company}
    rows = [
        AgentEvent(at=at - timedelta(minutes=1), kind=Deed.SIGNED_ON, **shift),
        CallLeg(
            id=new_id(),
            call_id=made.call,
            kind=LegKind.CALLBACK,
            agent=agent,
            device=LegDevice.BROWSER,
            began_at=answered,
            ended_at=ended,
            holds=[],
        ),
        _recorded(console, file, made.call, answered, seconds),
    ]
    async with console.db.write() as session:
        record = await session.get_one(CallRecord, made.call)
        record.called_by, record.ended_at, record.outcome = agent, ended, "talked"
        session.add_all(rows)
    return StoredCall(made.call, id, file)


def sound(file: Path, seconds: float) -> None:
    """Two people by turns: the caller's tone in the first channel, the agent's in the second, two seconds each."""
    file.parent.mkdir(parents=True, exist_ok=True)
    frames = bytearray()
    for at in range(int(seconds * RATE)):
        moment = at / RATE
        loud = int(9000 * abs(math.sin(moment * 2.3)) * math.sin(2 * math.pi * 220 * moment))
        frames += struct.pack("<hh", *((loud, 40) if int(moment / 2) % 2 == 0 else (40, loud)))
    with wave.open(str(file), "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(bytes(frames))


async def lasts(console: Keeps, call: StoredCall, seconds: int) -> None:
    """Make the call's recording this long and silent, its samples a hole of the disk."""
    data = seconds * RATE * 4
    with call.file.open("wb") as out:
        out.write(b"RIFF" + struct.pack("<I", 36 + data) + b"WAVEfmt ")
        out.write(struct.pack("<IHHIIHH", 16, 1, 2, RATE, RATE * 4, 4, 16) + b"data" + struct.pack("<I", data))
        out.truncate(44 + data)
    async with console.db.write() as session:
        recording = await session.get_one(Recording, call.recording)
        recording.bytes, recording.seconds = 44 + data, float(seconds)


def _step(call: str, ordinal: int, place: str, prompts: tuple[str, ...], text: str, key: str, at: datetime) -> CallStep:
    return CallStep(
        id=new_id(),
        call_id=call,
        ordinal=ordinal,
        place=place,
        prompt_ids=list(prompts),
        prompt_text=text,
        sound="",
        key=key,
        exit="2" if key else "said",
        leads_to="power" if key else place,
        flow_version="f" * 64,
        started_at=at,
        ended_at=at + timedelta(seconds=5),
    )
