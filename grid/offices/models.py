"""What is stored of booked visits: one row a booking; one that was moved leaves a row behind."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from gridline.db import Base, code_type, id_column


class VisitState(StrEnum):
    """What has become of a booked visit."""

    BOOKED = "booked"
    SUPERSEDED = "superseded"
    """It was moved: the row of the same number that is not superseded says where to."""
    CANCELLED = "cancelled"
    ARRIVED = "arrived"
    """Waits, or is at the window (`called_at`)."""
    SERVED = "served"
    MISSED = "missed"
    """They did not come, or left before they were served."""


FREED: Final = (VisitState.SUPERSEDED, VisitState.CANCELLED)
"""States in which a booking holds no window any more."""
_HOLDS: Final = text("state NOT IN ('superseded', 'cancelled')")
_STANDS: Final = text("state <> 'superseded'")


class Appointment(Base):
    """One window of one office at one time, for one visitor."""

    __tablename__ = "appointments"
    __table_args__ = (
        Index(
            "uq_appointments_slot",
            *("company_id", "office_id", "starts_at", "window_no"),
            unique=True,
            postgresql_where=_HOLDS,
            sqlite_where=_HOLDS,
        ),
        Index(
            "uq_appointments_number",
            *("company_id", "number"),
            unique=True,
            postgresql_where=_STANDS,
            sqlite_where=_STANDS,
        ),
        Index(None, "company_id", "starts_at"),
        Index(None, "phone"),
        Index(None, "call_id"),
        Index(None, "ended_call_id"),
    )

    id: Mapped[str] = id_column()
    company_id: Mapped[str] = mapped_column(String(32))
    branch: Mapped[str] = mapped_column(String(32))
    """The office's, when it was booked; empty where it has none."""
    office_id: Mapped[str] = mapped_column(String(32))
    """As the company's file names it; the file may have lost it since."""
    number: Mapped[str] = mapped_column(String(12))
    """Told to the caller: digits, the last one a check digit; a move keeps it."""
    topic: Mapped[str] = mapped_column(String(32))
    starts_at: Mapped[datetime]
    minutes: Mapped[int]
    window_no: Mapped[int]
    """From 1; windows are told apart only to count them."""
    state: Mapped[VisitState] = mapped_column(code_type(VisitState))
    phone: Mapped[str] = mapped_column(String(16))
    """E.164; empty once it is forgotten."""
    name: Mapped[str] = mapped_column(String(120))
    """Where an agent wrote it down."""
    booked_at: Mapped[datetime]
    booked_by: Mapped[str] = mapped_column(String(80))
    """`ivr`, or the agent as the register signs them."""
    call_id: Mapped[str | None] = mapped_column(String(32))
    """The call it was booked or moved here in."""
    ended_at: Mapped[datetime | None]
    """When it was moved away, cancelled, or marked as missed."""
    ended_call_id: Mapped[str | None] = mapped_column(String(32))
    """The call it was moved away or cancelled in."""
    arrived_at: Mapped[datetime | None]
    called_at: Mapped[datetime | None]
    """Called to the window."""
    served_at: Mapped[datetime | None]
