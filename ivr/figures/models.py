"""What is stored of surveys: what callers were asked after a talk, and what they pressed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gridline.db import Base, id_column


class CallSurvey(Base):
    """One caller who stayed when their agent had hung up."""

    __tablename__ = "call_surveys"
    __table_args__ = (UniqueConstraint("call_id"), Index(None, "company_id", "asked_at"))

    id: Mapped[str] = id_column()
    call_id: Mapped[str] = mapped_column(String(32))
    company_id: Mapped[str] = mapped_column(String(32))
    branch: Mapped[str] = mapped_column(String(32))
    agent: Mapped[str] = mapped_column(String(15))
    """The number of who answered; empty where it was not seen."""
    queue: Mapped[str] = mapped_column(String(32))
    topic: Mapped[str] = mapped_column(String(32))
    """What they called about, as far as the menu learnt it; else empty."""
    asked_at: Mapped[datetime]
    score: Mapped[int | None]
    """1-5; None: they pressed nothing that is a score, or hung up."""
