"""What is kept of a mark: the second it is at, its words, and who wrote them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from gridline.db import Base, id_column


class RecordingMark(Base):
    """A listener's words at a second of a recording, which is named by its id alone, as recordings name their calls."""

    __tablename__ = "recording_marks"
    __table_args__ = (Index(None, "recording_id", "at_s"),)

    id: Mapped[str] = id_column()
    recording_id: Mapped[str] = mapped_column(String(32))
    author: Mapped[str] = mapped_column(String(80))
    """`user:LOGIN`, as the register names people."""
    at_s: Mapped[float]
    """Seconds from the recording's start."""
    text: Mapped[str] = mapped_column(String(500))
    made_at: Mapped[datetime]
    changed_at: Mapped[datetime | None]
    """None: the words are the first ones."""
