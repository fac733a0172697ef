"""What is stored of places by name: the settlements and streets a company serves, and streets that were renamed."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from gridline.db import Base


class ServedStreet(Base):
    """One street with premises of a company; counted anew by every import, so that nobody counts premises in a call."""

    __tablename__ = "served_streets"

    company_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    branch: Mapped[str] = mapped_column(String(32), primary_key=True)
    settlement_key: Mapped[str] = mapped_column(String(100), primary_key=True)
    street_key: Mapped[str] = mapped_column(String(100), primary_key=True)
    """Empty for premises that stand by no street."""
    settlement: Mapped[str] = mapped_column(String(100))
    street: Mapped[str] = mapped_column(String(100))
    premises: Mapped[int]


class StreetRename(Base):
    """A street's former name: whoever uses it means the street by its present one."""

    __tablename__ = "street_renames"

    company_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    settlement_key: Mapped[str] = mapped_column(String(100), primary_key=True)
    old_key: Mapped[str] = mapped_column(String(100), primary_key=True)
    old: Mapped[str] = mapped_column(String(100))
    new_key: Mapped[str] = mapped_column(String(100))
    """`grid.places.key` of the present name, as premises carry it."""
    new: Mapped[str] = mapped_column(String(100))
