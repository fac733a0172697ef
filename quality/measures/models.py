"""What is stored of a recording's measures: the figures a search asks by, and the moments its call's page shows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from gridline.db import Base


class TalkMeasures(Base):
    """The figures of one recording, which is named by id alone; they say nothing of its words and outlive it."""

    __tablename__ = "talk_measures"

    recording_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    measured_at: Mapped[datetime]
    problem: Mapped[str] = mapped_column(String(200))
    """Why the figures are none; empty where they are some."""
    seconds: Mapped[float]
    caller_s: Mapped[float]
    agent_s: Mapped[float]
    silence_s: Mapped[float]
    over_s: Mapped[float]
    hold_s: Mapped[float]
    monologue_s: Mapped[float]
    noticed: Mapped[list[Any]] = mapped_column(JSON)
    """`[kind, at, seconds]` each (`quality.measures.talk.Noticed`)."""
