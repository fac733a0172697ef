"""What is kept of a recording: which call, which file, its checksum, and how far it got."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from gridline.db import Base, code_type, id_column


class RecordingKind(StrEnum):
    """What was recorded."""

    TALK = "talk"
    COMPLAINT = "complaint"
    MESSAGE = "message"


class RecordingState(StrEnum):
    """How far a recording got."""

    RECORDING = "recording"
    STORED = "stored"
    PARTIAL = "partial"
    FAILED = "failed"
    ERASED = "erased"
    """The sound is gone by an act of destruction; what is left tells that it was there."""


PLAYABLE = (RecordingState.STORED, RecordingState.PARTIAL)
"""What can be heard."""


class Recording(Base):
    """One recording. Its call and appeal are named by id alone: either may be stored later than this."""

    __tablename__ = "recordings"
    __table_args__ = (Index(None, "call_id"), Index(None, "appeal_id"), Index(None, "state", "started_at"))

    id: Mapped[str] = id_column()
    call_id: Mapped[str] = mapped_column(String(32))
    appeal_id: Mapped[str | None] = mapped_column(String(32))
    kind: Mapped[RecordingKind] = mapped_column(code_type(RecordingKind))
    state: Mapped[RecordingState] = mapped_column(code_type(RecordingState))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    file: Mapped[str] = mapped_column(String(200))
    """Relative to the recordings' folder; made from the id, never from what a caller sent."""
    sha256: Mapped[str | None] = mapped_column(String(64))
    bytes: Mapped[int | None] = mapped_column(BigInteger)
    seconds: Mapped[float | None]
    channels: Mapped[int]
