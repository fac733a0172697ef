"""The tables that an installation's processes have between them: news of changes, leases of background work."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, String, func
from sqlalchemy.orm import Mapped, mapped_column

from gridline.db import Base


class NewsRow(Base):
    """That something was changed, stored with the change. No personal data; gone after an hour."""

    __tablename__ = "news"
    __table_args__ = (Index(None, "at"),)

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    topic: Mapped[str] = mapped_column(String(32))
    company_id: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(String(80))
    """What was changed (an id, with its kind where that matters); empty: anything of the topic."""
    node: Mapped[str] = mapped_column(String(64))
    boot: Mapped[str] = mapped_column(String(32))
    """The process that changed it: it knows already."""
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    """By the database's clock."""


class LeaseRow(Base):
    """Which process does one piece of the installation's background work, and until when."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(48), primary_key=True)
    holder: Mapped[str] = mapped_column(String(100))
    """Node and boot of the process; empty: given back."""
    until: Mapped[datetime]
    """By the database's clock."""
    term: Mapped[int] = mapped_column(BigInteger)
    """One more each time that it goes to another process."""
