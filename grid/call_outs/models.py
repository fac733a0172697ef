"""What is stored of a visit of a technician, or of the office to a home: for what, on which half-day, in which seat."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from gridline.calendar.call_outs import CallOutWork, HalfDay
from gridline.db import Base, code_type, id_column


class MeterVisit(Base):
    """One visit. Its appeal is named by id alone; whoever sees that, or its item of the worklist, sees it."""

    __tablename__ = "call_outs"
    __table_args__ = (Index(None, "company_id", "day"), Index(None, "appeal_id"))

    id: Mapped[str] = id_column()
    company_id: Mapped[str] = mapped_column(String(32))
    branch: Mapped[str] = mapped_column(String(32))
    work: Mapped[CallOutWork] = mapped_column(code_type(CallOutWork))
    day: Mapped[date]
    half: Mapped[HalfDay] = mapped_column(code_type(HalfDay))
    seat: Mapped[str | None] = mapped_column(String(120), unique=True)
    """`company:branch:day:half:number` (`home:` before the day of a visit to a home).

    None: it was cancelled, and the seat is somebody else's to take.
    """
    appeal_id: Mapped[str | None] = mapped_column(String(32))
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
