"""The words of a recording as they are searched: a tsvector on PostgreSQL, stems (fed to FTS5) on SQLite."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, String, Text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from gridline.db import Base


class SpokenWords(Base):
    """The masked words of all channels of one recording; erased with it by the trigger `spoken_words_erased`."""

    __tablename__ = "spoken_words"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    recording_id: Mapped[str] = mapped_column(String(32), unique=True)
    words: Mapped[str] = mapped_column(Text().with_variant(TSVECTOR, "postgresql"))
