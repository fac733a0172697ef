"""What is stored of a storm: each node's rate of calls, every switch of the mode, and what the line announces."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, deferred, mapped_column

from gridline.db import Base, id_column
from gridline.processes.news import NewsTopic, follow


class StormLoad(Base):
    """How many calls a minute one node takes; each node writes its own row, and all of them add them up."""

    __tablename__ = "storm_loads"

    node: Mapped[str] = mapped_column(String(32), primary_key=True)
    company_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    branch: Mapped[str] = mapped_column(String(32), primary_key=True)
    """Empty: the whole company."""
    at: Mapped[datetime]
    calls_a_minute: Mapped[float]


class StormEvent(Base):
    """One switch of the mode, with the figures it was decided by. Append-only; the last of a scope is its mode."""

    __tablename__ = "storm_events"
    __table_args__ = (UniqueConstraint("company_id", "branch", "ordinal"), Index(None, "company_id", "at"))

    id: Mapped[str] = id_column()
    company_id: Mapped[str] = mapped_column(String(32))
    branch: Mapped[str] = mapped_column(String(32))
    """Empty: the whole company."""
    ordinal: Mapped[int]
    """From 1 in each scope: of two nodes that decide the same thing at the same moment one is refused."""
    at: Mapped[datetime]
    on: Mapped[bool] = mapped_column("is_on")
    actor: Mapped[str] = mapped_column(String(80))
    """`user:login`, or `rate`: by the rate of calls."""
    calls_a_minute: Mapped[float]
    limit: Mapped[float] = mapped_column("limit_a_minute")
    """What it was compared with."""
    stands_until: Mapped[datetime | None]
    """Until when a person's decision is not changed by the rate of calls."""


class Announcement(Base):
    """What every caller of a company, or of its branch, hears right after the notice for a time."""

    __tablename__ = "announcements"
    __table_args__ = (Index(None, "company_id", "ends_at"),)

    id: Mapped[str] = id_column()
    company_id: Mapped[str] = mapped_column(String(32))
    branch: Mapped[str] = mapped_column(String(32))
    """Empty: the whole company."""
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    text: Mapped[str] = mapped_column(Text)
    """The words; empty where they were spoken and nobody wrote them down."""
    sound: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    """The words as they were spoken: WAV, 8 kHz mono. None: they are synthesised."""
    seconds: Mapped[float]
    made_by: Mapped[str] = mapped_column(String(80))
    made_at: Mapped[datetime]
    withdrawn_by: Mapped[str] = mapped_column(String(80), default="")
    withdrawn_at: Mapped[datetime | None]


follow(StormEvent, NewsTopic.STORM)
follow(Announcement, NewsTopic.ANNOUNCEMENT)
