"""What is kept of a call: the call itself with its proof of notice, every step of the menu, who talked when."""

from __future__ import annotations

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from gridline.db import Base, code_type, id_column

_OPEN = text("ended_at IS NULL")
_CALLED = text("called_by <> ''")


def call_id(node: str, boot: str, linkedid: str) -> str:
    """The id of the call that Asterisk `node`, started at `boot`, calls `linkedid`: 32 hex.

    The linked id alone comes back after a restart of Asterisk (fault F16). The same call handed to
    the controller a second time (after its crash) gets the same id, so its record goes on.
    """
    return hashlib.sha256(f"{node}\n{boot}\n{linkedid}".encode()).hexdigest()[:32]


class CallRecord(Base):
    """One call."""

    __tablename__ = "calls"
    __table_args__ = (
        UniqueConstraint("node", "boot", "linkedid"),
        Index(None, "company_id", "started_at"),
        Index(None, "caller", "started_at"),
        Index("ix_calls_called", "company_id", "started_at", postgresql_where=_CALLED, sqlite_where=_CALLED),
        Index("ix_calls_open", "node", postgresql_where=_OPEN, sqlite_where=_OPEN),
    )

    id: Mapped[str] = id_column()
    node: Mapped[str] = mapped_column(String(32))
    boot: Mapped[str] = mapped_column(String(40))
    linkedid: Mapped[str] = mapped_column(String(64))
    company_id: Mapped[str | None] = mapped_column(String(32))
    """None where nobody owns the dialled number."""
    dialled: Mapped[str] = mapped_column(String(32))
    caller_raw: Mapped[str] = mapped_column(String(64))
    """As it came, without control characters; empty where the line must not keep it."""
    caller: Mapped[str | None] = mapped_column(String(16))
    """E.164; None: withheld or not a number."""
    branch: Mapped[str] = mapped_column(String(32))
    flow_version: Mapped[str] = mapped_column(String(64))
    started_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    notice_prompt: Mapped[str | None] = mapped_column(String(64))
    notice_version: Mapped[str | None] = mapped_column(String(64))
    notice_started_at: Mapped[datetime | None]
    notice_ended_at: Mapped[datetime | None]
    notice_completed: Mapped[bool | None]
    """Rule R5: only after a completed notice may recording start."""
    outcome: Mapped[str | None] = mapped_column(String(64))
    called_by: Mapped[str] = mapped_column(String(15), default="", server_default="")
    """The number of the agent who made this call; empty: it came in. Then `caller` is whom they called, `dialled` the
    company's number that was shown."""


class LegKind(StrEnum):
    """How somebody came to talk with the person outside."""

    TALK = "talk"
    """They answered from a queue."""
    CALLBACK = "callback"
    """They have called."""
    TRANSFER = "transfer"
    RESUMED = "resumed"
    """The same agent again, after a reload of the page."""


class LegDevice(StrEnum):
    """What they talked on."""

    BROWSER = "browser"
    DESK = "desk"
    OUTSIDE = "outside"
    """A telephone of nobody here."""


class CallLeg(Base):
    """One talk of somebody with the person outside, written when it is over. Its call is named by id alone."""

    __tablename__ = "call_legs"
    __table_args__ = (Index(None, "call_id"),)

    id: Mapped[str] = id_column()
    call_id: Mapped[str] = mapped_column(String(32))
    kind: Mapped[LegKind] = mapped_column(code_type(LegKind))
    agent: Mapped[str] = mapped_column(String(15))
    """The number of their telephone; empty: somebody outside."""
    device: Mapped[LegDevice] = mapped_column(code_type(LegDevice, length=8))
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    holds: Mapped[list[Any]] = mapped_column(JSON)
    """When the person outside was on hold: pairs of whole seconds from the beginning of the leg."""


class CallStep(Base):
    """One step of a call through its menu."""

    __tablename__ = "call_steps"
    __table_args__ = (Index(None, "call_id", "started_at", "ordinal"), Index(None, "place", "call_id"))

    id: Mapped[str] = id_column()
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id", ondelete="CASCADE"))
    ordinal: Mapped[int]
    """From 0 in each sitting of the controller: order by `started_at`, then by this."""
    place: Mapped[str] = mapped_column(String(64))
    prompt_ids: Mapped[list[Any]] = mapped_column(JSON)
    prompt_text: Mapped[str] = mapped_column(Text)
    sound: Mapped[str] = mapped_column(String(64))
    """Hash of what was played (`ivr.voice.Utterance.version`); empty when nothing was."""
    key: Mapped[str] = mapped_column(String(64))
    exit: Mapped[str] = mapped_column(String(64))
    leads_to: Mapped[str] = mapped_column(String(64))
    flow_version: Mapped[str] = mapped_column(String(64))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]


class CallConsultation(Base):
    """What a caller said of themselves when they asked how to connect, as codes: no menu need be read with them."""

    __tablename__ = "call_consultations"
    __table_args__ = (Index(None, "call_id"),)

    id: Mapped[str] = id_column()
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    applicant: Mapped[str] = mapped_column(String(16))
    """`grid.reference.passports.WhoConnects`."""
    power: Mapped[str] = mapped_column(String(16))
    """`grid.reference.passports.PowerBand`."""
    reason: Mapped[str] = mapped_column(String(16))
    """`grid.reference.passports.ConnectionReason`; empty: they were not asked."""
    wants: Mapped[str] = mapped_column(String(16))
    """`accompaniment` where they asked for it; else empty."""
