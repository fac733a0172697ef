"""What is kept of a listening: who, why, which seconds were sent to them, and which they heard."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from gridline.db import Base, code_type, id_column


class ListeningReason(StrEnum):
    """Why somebody listens; `listenings.REASONS` says each in Russian."""

    APPEAL = "appeal"
    QUALITY = "quality"
    TRAINING = "training"
    REQUEST = "request"
    """An authority or the caller themselves has asked for what was said."""


class Listening(Base):
    """One person listening to one recording; the row stays when the sound is erased."""

    __tablename__ = "listenings"
    __table_args__ = (Index(None, "recording_id", "begun_at"),)

    id: Mapped[str] = id_column()
    recording_id: Mapped[str] = mapped_column(String(32))
    user_id: Mapped[str] = mapped_column(String(32))
    reason: Mapped[ListeningReason | None] = mapped_column(code_type(ListeningReason))
    """None: the sound was asked for past the player, where no reason can be given."""
    begun_at: Mapped[datetime]
    sent: Mapped[list[list[float]]] = mapped_column(JSON)
    """Stretches (see `stretches`) that the server sent."""
    heard: Mapped[list[list[float]]] = mapped_column(JSON)
    """Stretches that the page played, as it says."""
