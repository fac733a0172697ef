"""What agents keep with a call: whom they took the caller for, their notes, and the form as it was typed so far."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from gridline.db import Base, id_column


class CallCard(Base):
    """The choice among the candidates; a call without a row has none made."""

    __tablename__ = "call_cards"

    call_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    company_id: Mapped[str] = mapped_column(String(32))
    chosen: Mapped[dict[str, Any]] = mapped_column(JSON)
    """`ref`, `name`, `address`, `account` of the candidate as it was shown, and `reasons` why it was offered."""
    chosen_by: Mapped[str] = mapped_column(String(120))
    chosen_at: Mapped[datetime]


class CardNote(Base):
    """A remark for the next one who talks with this caller; kept with the call and with the number."""

    __tablename__ = "card_notes"
    __table_args__ = (Index(None, "call_id"), Index(None, "phone", "at"))

    id: Mapped[str] = id_column()
    company_id: Mapped[str] = mapped_column(String(32))
    call_id: Mapped[str] = mapped_column(String(32))
    phone: Mapped[str | None] = mapped_column(String(16))
    """E.164; None: the number was withheld."""
    text: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]


class CardDraft(Base):
    """The form of one call as far as it was typed; gone from here once it became an appeal."""

    __tablename__ = "card_drafts"

    call_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    company_id: Mapped[str] = mapped_column(String(32))
    key: Mapped[str] = mapped_column(String(32))
    """The idempotency key of the appeal that this form becomes: a new one for each form."""
    fields: Mapped[dict[str, Any]] = mapped_column(JSON)
    version: Mapped[int]
    """Grows with every save and never starts again; 0 is a form nobody typed in."""
    tab: Mapped[str] = mapped_column(String(32))
    """The browser tab that wrote last: somebody else's save is told from our own repeated one."""
    author: Mapped[str] = mapped_column(String(120))
    saved_at: Mapped[datetime]
