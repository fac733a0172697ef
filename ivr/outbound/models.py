"""What is stored of the calls we place: whom and why, when it rang, what was heard and pressed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from gridline.db import Base, code_type, id_column
from ivr.outbound.codes import CallPurpose
from worklist.codes import AttemptResult

_OPEN = text("ended_at IS NULL")


class CallOutRecord(Base):
    """One call to one number."""

    __tablename__ = "calls_out"
    __table_args__ = (
        Index("uq_calls_out_open_phone", "phone", unique=True, postgresql_where=_OPEN, sqlite_where=_OPEN),
        Index(None, "company_id", "placed_at"),
        Index(None, "subject_id"),
    )

    id: Mapped[str] = id_column()
    node: Mapped[str] = mapped_column(String(32))
    company_id: Mapped[str] = mapped_column(String(32))
    phone: Mapped[str] = mapped_column(String(16))
    """E.164; nobody is called twice at the same time, whichever process calls."""
    purpose: Mapped[CallPurpose] = mapped_column(code_type(CallPurpose))
    subject_id: Mapped[str | None] = mapped_column(String(32))
    """What it is about: an item of the worklist, an outage."""
    placed_at: Mapped[datetime]
    rang_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    result: Mapped[AttemptResult | None] = mapped_column(code_type(AttemptResult))
    """None of a call that has ended: nobody knows, the program that placed it was killed."""
    cause: Mapped[int]
    """Why Asterisk ended it (Q.850): 17 busy, 1 no such number, 34 the trunk is full; 0 while unknown."""
    key: Mapped[str] = mapped_column(String(64))
    """What it came to, in the words of its script: mostly the key that was pressed."""
    heard: Mapped[list[Any]] = mapped_column(JSON)
    """What was said, in order: the ids of the prompts, the words, the key pressed, whether it was heard to its end."""


class DutyAlarm(Base):
    """How far the duty telephones have been rung about one item of the worklist."""

    __tablename__ = "duty_alarms"

    item_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    step: Mapped[int]
    """Calls begun, counted before each: nobody is rung twice for one of them."""
    next_at: Mapped[datetime]
    """When the next may begin."""
    holder: Mapped[str] = mapped_column(String(48))
    """The process that rings now; empty: none."""
    held_until: Mapped[datetime]
