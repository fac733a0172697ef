"""Agents at work: who is on shift in which state, and every change of it, for figures that survive a restart."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from gridline.db import Base, id_column


class AgentShift(Base):
    """One agent who is on shift now; the row goes when he signs off."""

    __tablename__ = "agent_shifts"

    agent: Mapped[str] = mapped_column(String(15), primary_key=True)
    """His SIP number."""
    user_id: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(120))
    company_id: Mapped[str] = mapped_column(String(32))
    queues: Mapped[list[Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(64))
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    """When a wrap-up ends by itself."""


class AgentEvent(Base):
    """Something an agent did, or that happened to him. Append-only."""

    __tablename__ = "agent_events"
    __table_args__ = (Index(None, "agent", "at"), Index(None, "company_id", "at"), Index(None, "linkedid"))

    id: Mapped[str] = id_column()
    at: Mapped[datetime]
    agent: Mapped[str] = mapped_column(String(15))
    user_id: Mapped[str] = mapped_column(String(32))
    company_id: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(24))
    """signed-on, ready, paused, answered, completed, missed, signed-off."""
    queue: Mapped[str] = mapped_column(String(32), default="")
    linkedid: Mapped[str] = mapped_column(String(64), default="")
    seconds: Mapped[int | None]
    """How long he rang (answered), talked (completed) or was in the state he leaves (the others)."""
    detail: Mapped[str] = mapped_column(String(64), default="")
