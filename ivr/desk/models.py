"""What is stored of agents at work and callers in queues: shifts, what agents did, and every wait."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from gridline.db import Base, code_type, id_column
from ivr.desk.devices import DeviceKind
from ivr.desk.shift import ShiftState


class AgentShift(Base):
    """One agent who is on shift now; the row goes when they sign off."""

    __tablename__ = "agent_shifts"

    agent: Mapped[str] = mapped_column(String(15), primary_key=True)
    """The number of their telephone."""
    user_id: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(120))
    company_id: Mapped[str] = mapped_column(String(32))
    queues: Mapped[list[Any]] = mapped_column(JSON)
    state: Mapped[ShiftState] = mapped_column(code_type(ShiftState))
    reason: Mapped[str] = mapped_column(String(64))
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    """When a wrap-up ends by itself."""
    phone: Mapped[DeviceKind] = mapped_column(code_type(DeviceKind, length=8))
    """Where they take calls."""


class Deed(StrEnum):
    """What an agent did, or what happened to them."""

    SIGNED_ON = "signed-on"
    READY = "ready"
    PAUSED = "paused"
    ANSWERED = "answered"
    COMPLETED = "completed"
    """A talk has ended, whether it came from a queue, by transfer, or was resumed after a reload of the page."""
    MISSED = "missed"
    """Their telephone rang and was not answered."""
    RECORDING_PAUSED = "recording-paused"
    RECORDING_RESUMED = "recording-resumed"
    SIGNED_OFF = "signed-off"


class AgentEvent(Base):
    """One deed of an agent. Append-only; which call it belongs to is asked in `ivr.desk.deeds` alone."""

    __tablename__ = "agent_events"
    __table_args__ = (Index(None, "agent", "at"), Index(None, "company_id", "at"), Index(None, "linkedid"))

    id: Mapped[str] = id_column()
    at: Mapped[datetime]
    agent: Mapped[str] = mapped_column(String(15))
    user_id: Mapped[str] = mapped_column(String(32))
    company_id: Mapped[str] = mapped_column(String(32))
    kind: Mapped[Deed] = mapped_column(code_type(Deed, length=24))
    queue: Mapped[str] = mapped_column(String(32), default="")
    linkedid: Mapped[str] = mapped_column(String(64), default="")
    seconds: Mapped[int | None]
    """How long it rang (answered), they talked (completed), nothing was recorded (recording-resumed), or they had
    been in the state they leave (the others)."""
    detail: Mapped[str] = mapped_column(String(64), default="")


class Left(StrEnum):
    """How a caller's wait in a queue ended."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    """The caller hung up, waiting or while an agent's telephone rang."""
    UNSERVED = "unserved"
    """The longest wait was over, or nobody was there to answer: the caller was offered to leave a message."""
    UNKNOWN = "unknown"
    """Its end was not seen: Asterisk was restarted, or our link to it was away."""


LOST = (Left.ABANDONED, Left.UNSERVED)
"""The one definition of a caller who waited in vain; an end that was not seen is no proof of it."""


class QueueVisit(Base):
    """One caller's wait in one queue, written when it is over."""

    __tablename__ = "queue_visits"
    __table_args__ = (
        Index(None, "company_id", "entered_at"),
        Index(None, "agent", "entered_at"),
        Index(None, "call_id"),
    )

    id: Mapped[str] = id_column()
    call_id: Mapped[str] = mapped_column(String(32))
    """The id of its `calls` row, which may be missing: no controller met the call."""
    company_id: Mapped[str] = mapped_column(String(32))
    queue: Mapped[str] = mapped_column(String(32))
    priority: Mapped[int]
    """0 ordinary, 5 back after a transfer or reload, 10 danger."""
    entered_at: Mapped[datetime]
    left_at: Mapped[datetime]
    """Of an answer: when the two were connected."""
    waited_s: Mapped[float]
    outcome: Mapped[Left] = mapped_column(code_type(Left))
    agent: Mapped[str] = mapped_column(String(15))
    """The number of who answered, or empty."""
    rang_s: Mapped[int | None]
    """How long the telephone of who answered rang."""
    missed: Mapped[int]
    """How many telephones had rung before without an answer."""
