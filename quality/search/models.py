"""The words of a recording as they are searched: a tsvector (PostgreSQL) or stems for FTS5 (SQLite); saved searches."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Integer, String, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from gridline.db import Base, id_column


class SpokenWords(Base):
    """The masked words of all channels of one recording; erased with it by the trigger `spoken_words_erased`."""

    __tablename__ = "spoken_words"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    recording_id: Mapped[str] = mapped_column(String(32), unique=True)
    words: Mapped[str] = mapped_column(Text().with_variant(TSVECTOR, "postgresql"))


class SavedSearch(Base):
    """What somebody searches for again and again, under a name of their own; nobody else's to see."""

    __tablename__ = "saved_searches"
    __table_args__ = (UniqueConstraint("user_id", "company_id", "name"),)

    id: Mapped[str] = id_column()
    user_id: Mapped[str] = mapped_column(String(32))
    company_id: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(60))
    query: Mapped[str] = mapped_column(Text)
    """The query string of the page of talks, written anew from what was read of it."""
    saved_at: Mapped[datetime]
