"""What is stored of targeted surveys: what a campaign asks about which visits, and each answer as it was keyed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gridline.db import Base, id_column


class SurveyCampaign(Base):
    """A campaign that asks: a row beside its row of `campaigns`."""

    __tablename__ = "survey_campaigns"
    __table_args__ = (Index(None, "company_id", "survey_id"),)

    id: Mapped[str] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True)
    company_id: Mapped[str] = mapped_column(String(32))
    survey_id: Mapped[str] = mapped_column(String(32))
    survey: Mapped[dict[str, Any]] = mapped_column(JSON)
    """The survey as it was when the campaign began: all in it hear the same words, whatever the file says later."""
    first_day: Mapped[date]
    """Visits from this day on, in the company's zone,"""
    last_day: Mapped[date]
    """to this one, both included."""
    started_by: Mapped[str] = mapped_column(String(80))


class SurveyAnswer(Base):
    """One answer. It belongs to a call of the campaign, and to nobody once that call's number is forgotten."""

    __tablename__ = "survey_answers"
    __table_args__ = (UniqueConstraint("call_id", "question"),)

    id: Mapped[str] = id_column()
    call_id: Mapped[str] = mapped_column(ForeignKey("campaign_calls.id", ondelete="CASCADE"))
    """Of `campaign_calls`."""
    question: Mapped[str] = mapped_column(String(32))
    key: Mapped[str] = mapped_column(String(1))
    """A mark, or the place of the choice."""
    at: Mapped[datetime]
