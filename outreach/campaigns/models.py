"""What is stored of campaigns: whom the robot calls after a restoration, before works, to ask; what they said."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from gridline.db import Base, code_type, id_column
from outreach.models import Purpose
from worklist.codes import AttemptResult


class CampaignState(StrEnum):
    """How far a campaign is."""

    RUNNING = "running"
    STOPPED = "stopped"
    """By a person: it goes on when they say so."""
    DONE = "done"
    LAPSED = "lapsed"
    """What it told is not so any more: supply was gone again, the works were moved or cancelled. The next restoration,
    or the works at their new hour, have a campaign of their own."""


_CURRENT = text("state <> 'lapsed'")


class CallState(StrEnum):
    """How far the call to one number of a campaign is."""

    WAITING = "waiting"
    DIALLING = "dialling"
    DONE = "done"


class Said(StrEnum):
    """What somebody answered to «is the power back?», that they heard of planned works, how far they were asked."""

    YES = "yes"
    NO = "no"
    TOLD = "told"
    ASKED = "asked"
    """Every question of a survey, to the end."""
    PART = "part"
    """A survey that they left half-way: what they had answered is kept."""
    STOP = "stop"
    """Call me no more."""


class Campaign(Base):
    """Everybody who is to be called about one restoration, before planned works at one hour, or to be asked."""

    __tablename__ = "campaigns"
    __table_args__ = (
        Index(
            "uq_campaigns_current",
            *("outage_id", "purpose"),
            unique=True,
            postgresql_where=_CURRENT,
            sqlite_where=_CURRENT,
        ),
        Index(None, "company_id", "made_at"),
        Index(None, "state"),
    )

    id: Mapped[str] = id_column()
    company_id: Mapped[str] = mapped_column(String(32))
    branch: Mapped[str] = mapped_column(String(32))
    outage_id: Mapped[str | None] = mapped_column(ForeignKey("outages.id", ondelete="CASCADE"))
    """None of a survey: what that asks stands in `survey_campaigns`."""
    purpose: Mapped[Purpose] = mapped_column(code_type(Purpose))
    """`RESTORED`, `PLANNED` or `SURVEY`."""
    starts_at: Mapped[datetime | None]
    """When the planned works begin, as people are told; None of a restoration."""
    outage_version: Mapped[int | None]
    """Of planned works: the version of the outage whose places its numbers were taken from."""
    made_at: Mapped[datetime]
    state: Mapped[CampaignState] = mapped_column(code_type(CampaignState))
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(80))
    """Who stopped it or let it go on; empty: nobody."""


class CampaignCall(Base):
    """One number of a campaign: called once at a time, and never again when its end was not seen."""

    __tablename__ = "campaign_calls"
    __table_args__ = (
        UniqueConstraint("campaign_id", "phone"),
        Index(None, "state", "next_at"),
        Index(None, "consent_id"),
    )

    id: Mapped[str] = id_column()
    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"))
    phone: Mapped[str] = mapped_column(String(16))
    """E.164; `NOBODY` and a part of the id once its person is to be forgotten."""
    consent_id: Mapped[str] = mapped_column(ForeignKey("consents.id"))
    state: Mapped[CallState] = mapped_column(code_type(CallState))
    attempts: Mapped[int]
    next_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    """While a process has it in hand; past that, the process is gone."""
    result: Mapped[AttemptResult | None] = mapped_column(code_type(AttemptResult))
    """Of the last attempt; None when it was done without one: consent withdrawn, supply gone again, end unseen."""
    said: Mapped[Said | None] = mapped_column(code_type(Said))
    message_id: Mapped[str | None] = mapped_column(String(32))
    """The message that went where no call reached them."""
    ended_at: Mapped[datetime | None]
