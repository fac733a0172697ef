"""What the numbering tables say: a range of numbers a row, and which edition of which table is stored."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from gridline.db import Base


class NumberOrigin(Base):
    """Who was given numbers, and for where, as it is written; thousands of ranges have one in common."""

    __tablename__ = "number_origins"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    operator: Mapped[str] = mapped_column(String(300))
    region: Mapped[str] = mapped_column(Text)
    """The column «Регион»; a dash in some rows."""
    territory: Mapped[str] = mapped_column(Text)
    """The column «Территория ГАР»; empty in older tables."""


class NumberRange(Base):
    """Numbers given to one operator for one place. Who took their number to another operator is not in the tables."""

    __tablename__ = "number_ranges"

    first: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    last: Mapped[int] = mapped_column(BigInteger)
    """Both of it, as national numbers of ten digits: 9000000000. No two ranges overlap."""
    origin_id: Mapped[int]
    """Of `number_origins`; no foreign key, for checking it would double the time that others wait for the import."""


class NumberingTable(Base):
    """One of the four tables as it was taken in last: what an audit asks, and what says that it has changed."""

    __tablename__ = "numbering_tables"

    digit: Mapped[str] = mapped_column(String(1), primary_key=True)
    """The first one of its codes: 3, 4, 8 or 9."""
    edition: Mapped[str] = mapped_column(String(32))
    """A new id whenever its ranges change."""
    file: Mapped[str] = mapped_column(String(200))
    ranges: Mapped[int]
    numbers: Mapped[int] = mapped_column(BigInteger)
    """How many numbers the ranges hold together."""
    imported_at: Mapped[datetime]
    """When it was last handed in, changed or not."""
    imported_by: Mapped[str] = mapped_column(String(80))
