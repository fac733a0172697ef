"""What is stored of scorecards: every version that something was judged by."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from gridline.db import Base


class ScorecardVersion(Base):
    """One version of a card, whole; written when the first review begins with it and never changed."""

    __tablename__ = "scorecard_versions"

    version: Mapped[str] = mapped_column(String(64), primary_key=True)
    code: Mapped[str] = mapped_column(String(32))
    body: Mapped[str] = mapped_column(Text)
    """The card as JSON."""
    kept_at: Mapped[datetime]
