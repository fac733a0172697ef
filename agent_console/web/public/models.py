"""What is stored of the site's forms: which were taken in, and how many came from one sender or of one place.

Both are kept for hours, and only so that all processes know the same: no network address is among it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from gridline.db import Base


class SiteForm(Base):
    """A form that was taken in, by its key: sent again, to whichever process, it is the same sending."""

    __tablename__ = "site_forms"

    key: Mapped[str] = mapped_column(String(48), primary_key=True)
    """The form's name and its seal's key: `report:…`."""
    taken_at: Mapped[datetime] = mapped_column(index=True)
    place: Mapped[str] = mapped_column(String(300))
    """Of a report: the address in one line, as they were told."""
    outage_id: Mapped[str | None] = mapped_column(String(32))
    """Of a report: the outage they were told of."""


class FormCount(Base):
    """How many forms came from one sender, or of one place, since its first one."""

    __tablename__ = "site_form_counts"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    """What is counted, and a keyed hash of the sender or the place."""
    count: Mapped[int]
    until: Mapped[datetime] = mapped_column(index=True)
    """When counting begins anew."""
