"""The tables of editions: the open draft of each company with its saves, and every version that was published.

None of them holds anything of a caller; who changed what is the audit's to keep as well.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gridline.db import Base, id_column


class EditionDraft(Base):
    """What is being changed in a company; there is one, for everybody, and it is gone once published or dropped."""

    __tablename__ = "edition_drafts"
    __table_args__ = (UniqueConstraint("company_id"),)

    id: Mapped[str] = id_column()
    company_id: Mapped[str] = mapped_column(String(32))
    begun_at: Mapped[datetime]
    begun_by: Mapped[str] = mapped_column(String(120))
    base: Mapped[dict[str, Any]] = mapped_column(JSON)
    """The edition that the files held when it was begun."""


class DraftSave(Base):
    """One save of a draft: a whole edition."""

    __tablename__ = "edition_saves"
    __table_args__ = (UniqueConstraint("draft_id", "revision"),)

    id: Mapped[str] = id_column()
    draft_id: Mapped[str] = mapped_column(ForeignKey("edition_drafts.id", ondelete="CASCADE"))
    revision: Mapped[int]
    """From 0, what the files held; two who save the same one are told apart by the constraint."""
    saved_at: Mapped[datetime]
    saved_by: Mapped[str] = mapped_column(String(120))
    said: Mapped[str] = mapped_column(Text)
    """What was changed, in Russian."""
    before: Mapped[int | None]
    """The revision that an undo leads to; None: there is nothing to undo."""
    content: Mapped[dict[str, Any]] = mapped_column(JSON)


class EditionVersion(Base):
    """What a company's callers have met from a moment on."""

    __tablename__ = "edition_versions"
    __table_args__ = (UniqueConstraint("company_id", "number"),)

    id: Mapped[str] = id_column()
    company_id: Mapped[str] = mapped_column(String(32))
    number: Mapped[int]
    """From 1, what was there before the first change."""
    published_at: Mapped[datetime]
    published_by: Mapped[str] = mapped_column(String(120))
    """Empty: nobody, it was found in the files."""
    note: Mapped[str] = mapped_column(Text)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
