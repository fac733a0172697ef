"""What is stored of the words of a recording: a row for each channel, which is its job until it is heard."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from gridline.db import Base, code_type, id_column

_WAITING = text("state = 'waiting'")


class TranscriptState(StrEnum):
    """How far the words of a channel got."""

    WAITING = "waiting"
    HEARD = "heard"
    FAILED = "failed"
    """Tried as often as is reasonable; the reason is kept."""


class Transcript(Base):
    """The words of one channel of a recording, which is named by id alone.

    Erased with its recording by the trigger `transcripts_erased`, in the transaction that erases it.
    """

    __tablename__ = "transcripts"
    __table_args__ = (
        UniqueConstraint("recording_id", "channel"),
        Index("ix_transcripts_waiting", "holder", postgresql_where=_WAITING, sqlite_where=_WAITING),
    )

    id: Mapped[str] = id_column()
    recording_id: Mapped[str] = mapped_column(String(32))
    channel: Mapped[int]
    """From 0, which is the caller's."""
    state: Mapped[TranscriptState] = mapped_column(code_type(TranscriptState))
    attempts: Mapped[int]
    """Begun, whatever became of them: a recording that kills the process is not tried for ever."""
    holder: Mapped[str] = mapped_column(String(64))
    """The process that hears it now; empty for none."""
    held_until: Mapped[datetime]
    """Nobody else begins before: a lease while it is heard, a pause after a failure."""
    words: Mapped[list[Any]] = mapped_column(JSON)
    """`[text, start, end, confidence]` each, in the order of time; times in seconds from the recording's start."""
    engine: Mapped[str] = mapped_column(String(32))
    model: Mapped[str] = mapped_column(String(120))
    heard_at: Mapped[datetime | None]
    problem: Mapped[str] = mapped_column(String(200))
    """Why the last attempt gave nothing."""
