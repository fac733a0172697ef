"""What is kept of a person's request to erase what is theirs: who asked, by what paper, and what became of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Boolean, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from gridline.db import Base, code_type, id_column


class RequestState(StrEnum):
    """How far a request is."""

    FILED = "filed"
    CARRIED_OUT = "carried-out"
    REFUSED = "refused"


class ErasureRequest(Base):
    """One request: filed by one person, carried out or refused by another."""

    __tablename__ = "erasure_requests"
    __table_args__ = (Index(None, "company_id", "filed_at"),)

    id: Mapped[str] = id_column()
    company_id: Mapped[str] = mapped_column(String(32))
    branch: Mapped[str] = mapped_column(String(32))
    """Of who filed it; empty: they work for all."""
    trust: Mapped[bool] = mapped_column(Boolean)
    """On which side of the trust line they stand."""
    person: Mapped[str] = mapped_column(String(200))
    """Who asks."""
    paper: Mapped[str] = mapped_column(String(300))
    """By what: a letter's number and date, a court's ruling."""
    phone: Mapped[str | None] = mapped_column(String(16))
    """E.164, what is theirs is found by it; empty once it is carried out."""
    email: Mapped[str | None] = mapped_column(String(254))
    """In small letters; as the number, empty once it is carried out."""
    calls: Mapped[list[Any]] = mapped_column(JSON)
    """Ids of calls that they named."""
    appeals: Mapped[list[Any]] = mapped_column(JSON)
    """Digits of appeals that they named."""
    state: Mapped[RequestState] = mapped_column(code_type(RequestState))
    filed_by: Mapped[str] = mapped_column(String(80))
    filed_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(String(80))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(300))
    """Why it was refused."""
    acts: Mapped[list[Any]] = mapped_column(JSON)
    """Ids of the acts of destruction."""
