"""The tables of an installation's processes: news of changes, leases of background work, the nodes and what they do."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Index, Integer, String, func
from sqlalchemy.orm import Mapped, mapped_column

from gridline.db import Base, code_type


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


class NodeWanted(StrEnum):
    """What a person wants of a node."""

    IN = "in"
    """It takes calls as soon as it agrees with the others."""
    ANYWAY = "anyway"
    """It takes calls although it runs something else than they do."""
    OUT = "out"
    """It takes no calls."""


class NodeRow(Base):
    """One node, as it says of itself every second."""

    __tablename__ = "nodes"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    series: Mapped[int]
    """Of its receipts."""
    place: Mapped[str] = mapped_column(String(300))
    """The machine and the folder: the same name from another place is another node."""
    address: Mapped[str] = mapped_column(String(80))
    """`host:port` of its SIP."""
    release: Mapped[str] = mapped_column(String(40))
    words: Mapped[str] = mapped_column(String(64))
    """Fingerprint of the menus, words and companies it runs."""
    seal: Mapped[str] = mapped_column(String(64))
    """Fingerprint of the secret that seals calls: whoever has another one believes none of its calls."""
    store: Mapped[str] = mapped_column(String(200))
    """Where its recordings go."""
    clock_ms: Mapped[int]
    """How far its clock is ahead of the database's."""
    wanted: Mapped[NodeWanted] = mapped_column(code_type(NodeWanted))
    serves: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(200))
    """Why it does not, in Russian."""
    seen_at: Mapped[datetime]
    """By the database's clock."""
