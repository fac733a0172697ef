"""What is stored of the worklist: items, the contacts that joined them, the attempts made on them.

Calls, recordings, premises and appeals are named by id alone: they may be stored later than what speaks of them.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from gridline.db import Base, code_type, id_column
from gridline.processes.news import NewsTopic, follow
from worklist.codes import AttemptResult, Ending, ItemKind, Level

_OPEN = text("ended_at IS NULL")


class WorkItem(Base):
    """One matter that somebody was told will be seen to."""

    __tablename__ = "work_items"
    __table_args__ = (
        Index("ix_work_items_open", "company_id", "due_at", postgresql_where=_OPEN, sqlite_where=_OPEN),
        Index("uq_work_items_open_key", "company_id", "key", unique=True, postgresql_where=_OPEN, sqlite_where=_OPEN),
        Index(None, "company_id", "made_at"),
        Index(None, "call_id"),
        Index(None, "phone"),
        Index(None, "appeal_id"),
        Index(None, "subject_id"),
    )

    id: Mapped[str] = id_column()
    company_id: Mapped[str] = mapped_column(String(32))
    branch: Mapped[str] = mapped_column(String(32))
    """Empty where the company has none, or it is not known."""
    kind: Mapped[ItemKind] = mapped_column(code_type(ItemKind))
    key: Mapped[str] = mapped_column(String(120))
    """What makes two contacts one matter while it is open: `outage-report:electricity:PREMISE`."""
    made_at: Mapped[datetime]
    """The first clock: further contacts do not move it."""
    due_at: Mapped[datetime]
    next_at: Mapped[datetime]
    """When to try next; the moment it was made until something was tried."""
    weight: Mapped[int]
    """Contacts in all, the first included."""
    attempts: Mapped[int]
    call_id: Mapped[str | None] = mapped_column(String(32))
    """Of the first contact; the others' are in `work_contacts`."""
    recording_id: Mapped[str | None] = mapped_column(String(32))
    phone: Mapped[str | None] = mapped_column(String(16))
    """E.164."""
    premise_id: Mapped[str | None] = mapped_column(String(32))
    place: Mapped[str] = mapped_column(String(300))
    """The address in words, as far as it is known."""
    topic: Mapped[str] = mapped_column(String(32))
    appeal_id: Mapped[str | None] = mapped_column(String(32))
    promise_id: Mapped[str | None] = mapped_column(String(32))
    """The register's promise that ends with it."""
    subject_id: Mapped[str | None] = mapped_column(String(32))
    """What it is about: an outage report, a draft of an appeal."""
    owner: Mapped[str] = mapped_column(String(80))
    """Who took it (`user:login`, `duty:+7…`), or empty."""
    taken_at: Mapped[datetime | None]
    level: Mapped[Level] = mapped_column(code_type(Level))
    """The highest that people were shown."""
    ending: Mapped[Ending | None] = mapped_column(code_type(Ending))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str] = mapped_column(String(80))
    note: Mapped[str] = mapped_column(Text)


class WorkContact(Base):
    """One contact on an item: the one it was made of, and each that joined it."""

    __tablename__ = "work_contacts"
    __table_args__ = (Index(None, "item_id"), Index(None, "call_id"))

    id: Mapped[str] = id_column()
    item_id: Mapped[str] = mapped_column(ForeignKey("work_items.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    call_id: Mapped[str | None] = mapped_column(String(32))
    recording_id: Mapped[str | None] = mapped_column(String(32))
    phone: Mapped[str | None] = mapped_column(String(16))


class WorkAttempt(Base):
    """One attempt on an item: a call to somebody and how it ended."""

    __tablename__ = "work_attempts"
    __table_args__ = (Index(None, "item_id", "at"), Index(None, "call_id"))

    id: Mapped[str] = id_column()
    item_id: Mapped[str] = mapped_column(ForeignKey("work_items.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))
    result: Mapped[AttemptResult] = mapped_column(code_type(AttemptResult))
    note: Mapped[str] = mapped_column(String(300))
    call_id: Mapped[str | None] = mapped_column(String(32))
    """Of the call that was made, where one was."""


def subject(kind: ItemKind, id: str) -> str:
    """An item as news name it."""
    return f"{kind}:{id}"


follow(WorkItem, NewsTopic.WORK, lambda item: subject(item.kind, item.id))
