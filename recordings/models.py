"""What is kept of a recording: which call, which file, its checksum, how far it got, and what was done to its file."""

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
    CONSENT = "consent"
    """The question whether somebody may be called, and the answer."""


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
    __table_args__ = (
        Index(None, "call_id"),
        Index(None, "appeal_id"),
        Index(None, "state", "started_at"),
        Index(None, "file"),
    )

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
    """Of the file as it is now."""
    wav_sha256: Mapped[str | None] = mapped_column(String(64))
    """Of the WAV that was stored first, once it is compressed: its samples give the same WAV again."""
    bytes: Mapped[int | None] = mapped_column(BigInteger)
    seconds: Mapped[float | None]
    channels: Mapped[int]


class ChainDeed(StrEnum):
    """What was done to a recording's file."""

    STORED = "stored"
    COMPRESSED = "compressed"
    ERASED = "erased"


class RecordingLink(Base):
    """One deed on a recording's file, linked to the node's deed before it by a hash (`recordings.chain`)."""

    __tablename__ = "recording_links"
    __table_args__ = (Index(None, "recording_id"),)

    node: Mapped[str] = mapped_column(String(32), primary_key=True)
    no: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    """From 1, without a gap."""
    recording_id: Mapped[str] = mapped_column(String(32))
    deed: Mapped[ChainDeed] = mapped_column(code_type(ChainDeed))
    sha256: Mapped[str] = mapped_column(String(64))
    """Of the file as the deed left it; of an erased one, as it was."""
    at: Mapped[datetime]
    hash: Mapped[str] = mapped_column(String(64))
    """Over the link before and all of the above."""


class RecordingChain(Base):
    """Where a node's chain ends: without it a removed last link would not be missed."""

    __tablename__ = "recording_chains"

    node: Mapped[str] = mapped_column(String(32), primary_key=True)
    last_no: Mapped[int] = mapped_column(BigInteger)
    last_hash: Mapped[str] = mapped_column(String(64))


class RecordingHold(Base):
    """A legal hold: while it lasts, no recording of the call may be destroyed."""

    __tablename__ = "recording_holds"
    __table_args__ = (Index(None, "call_id"),)

    id: Mapped[str] = id_column()
    call_id: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(String(300))
    set_by: Mapped[str] = mapped_column(String(80))
    """As the journal names people: `user:LOGIN`, `cli:NAME`."""
    set_at: Mapped[datetime]
    lifted_by: Mapped[str | None] = mapped_column(String(80))
    lifted_at: Mapped[datetime | None]
