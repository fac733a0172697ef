"""What is stored of reviews: one reviewer's judgement of one agent's talk in one call, and the grade of each point.

Calls and recordings are named by id alone: they may be stored later than what speaks of them.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from gridline.db import Base, code_type, id_column
from quality.cards.card import Grade
from quality.reviews.codes import AgentAnswer, ReviewState, Risk

_ONLY = text("calibration_id IS NULL")


class Review(Base):
    """One review."""

    __tablename__ = "reviews"
    __table_args__ = (
        Index("uq_reviews_talk", "call_id", "agent", unique=True, postgresql_where=_ONLY, sqlite_where=_ONLY),
        UniqueConstraint("calibration_id", "reviewer"),
        Index(None, "company_id", "finished_at"),
        Index(None, "agent_id", "finished_at"),
        Index(None, "reviewer", "finished_at"),
    )

    id: Mapped[str] = id_column()
    company_id: Mapped[str] = mapped_column(String(32))
    branch: Mapped[str] = mapped_column(String(32))
    """The call's; empty where it has none."""
    call_id: Mapped[str] = mapped_column(String(32))
    agent: Mapped[str] = mapped_column(String(15))
    """The number of their telephone."""
    agent_id: Mapped[str] = mapped_column(String(32))
    """Who had that number then; empty where it was not kept."""
    queue: Mapped[str] = mapped_column(String(32))
    """Empty: a call that an agent made."""
    talked_at: Mapped[datetime]
    reason: Mapped[Risk] = mapped_column(code_type(Risk))
    card: Mapped[str] = mapped_column(String(32))
    card_version: Mapped[str] = mapped_column(ForeignKey("scorecard_versions.version"))
    """The version it began with, whatever the file says later."""
    calibration_id: Mapped[str | None] = mapped_column(String(32))
    """The calibration it is one of the two reviews of; its agent sees none of them, and no figure counts them."""
    reviewer: Mapped[str] = mapped_column(String(80))
    """A signature: `user:login`."""
    claimed_at: Mapped[datetime]
    leased_until: Mapped[datetime]
    """While it is being judged nobody else may claim the talk until then."""
    state: Mapped[ReviewState] = mapped_column(code_type(ReviewState))
    comment: Mapped[str] = mapped_column(Text)
    total: Mapped[int | None]
    """0-100, once finished; what the second person's decision made of it."""
    failed_point: Mapped[str] = mapped_column(String(32))
    """The failing point that ended it at 0, or empty."""
    finished_at: Mapped[datetime | None]
    answer_by: Mapped[datetime | None]
    """Until when the agent may answer."""
    answer: Mapped[AgentAnswer | None] = mapped_column(code_type(AgentAnswer))
    answered_at: Mapped[datetime | None]


class ReviewGrade(Base):
    """One point's grade, with where in the sound it is heard."""

    __tablename__ = "review_grades"
    __table_args__ = (UniqueConstraint("review_id", "point"),)

    id: Mapped[str] = id_column()
    review_id: Mapped[str] = mapped_column(ForeignKey("reviews.id", ondelete="CASCADE"))
    point: Mapped[str] = mapped_column(String(32))
    grade: Mapped[Grade] = mapped_column(code_type(Grade))
    second: Mapped[float | None]
    """Seconds from the beginning of the recording."""
    recording_id: Mapped[str | None] = mapped_column(String(32))
    note: Mapped[str] = mapped_column(String(300))
    decided: Mapped[Grade | None] = mapped_column(code_type(Grade))
    """What the second person gave it instead."""


class ReviewDispute(Base):
    """An agent's no to a review, and what the second person made of it."""

    __tablename__ = "review_disputes"
    __table_args__ = (UniqueConstraint("review_id"),)

    id: Mapped[str] = id_column()
    review_id: Mapped[str] = mapped_column(ForeignKey("reviews.id", ondelete="CASCADE"))
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    text: Mapped[str] = mapped_column(Text)
    """What the agent says."""
    item_id: Mapped[str] = mapped_column(String(32))
    """Of the worklist."""
    first_total: Mapped[int]
    """What the review came to before."""
    decided_by: Mapped[str] = mapped_column(String(80))
    """A signature, or empty."""
    decided_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(Text)
    """What the second person says."""


class Calibration(Base):
    """One talk that two reviewers judge without knowing of each other."""

    __tablename__ = "calibrations"
    __table_args__ = (UniqueConstraint("call_id", "agent"), Index(None, "company_id", "made_at"))

    id: Mapped[str] = id_column()
    company_id: Mapped[str] = mapped_column(String(32))
    branch: Mapped[str] = mapped_column(String(32))
    call_id: Mapped[str] = mapped_column(String(32))
    agent: Mapped[str] = mapped_column(String(15))
    card: Mapped[str] = mapped_column(String(32))
    """Its code: both judge by its version of then."""
    made_by: Mapped[str] = mapped_column(String(80))
    """A signature."""
    made_at: Mapped[datetime]
