"""What is stored of outages: what is off and where, who said so, who was told, and how fresh each source is.

Outages of the company's own systems carry that system's key, so that it can tell them again without doubling anything.
Calls and recordings are named by id alone, without a foreign key: they may be stored later than what speaks of them.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from gridline.db import Base, code_type, id_column
from gridline.processes.news import NewsTopic, follow

_OPEN = text("closed_at IS NULL")
_PROPOSED = text("state = 'open'")


class Service(StrEnum):
    """What is supplied."""

    ELECTRICITY = "electricity"
    WATER = "water"


class OutageStatus(StrEnum):
    """How far an outage is."""

    ANNOUNCED = "announced"
    ACTIVE = "active"
    RESTORED = "restored"
    CANCELLED = "cancelled"


class OutageSource(StrEnum):
    """Who keeps an outage: whatever comes again from there may change it."""

    TABLE = "table"
    """An import of the dispatcher's own journal."""
    FEED = "feed"
    """A watched folder or an HTTP push of another system."""
    DISPATCHER = "dispatcher"
    """Published on the dispatcher's page, or changed there: then it is the dispatcher's from that moment."""


class ReportChannel(StrEnum):
    """How a report of an outage came in."""

    PHONE = "phone"
    CARD = "card"
    """An agent heard it."""
    SITE = "site"


class ProposalState(StrEnum):
    """What became of a proposed outage."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DISMISSED = "dismissed"
    FADED = "faded"
    """Its reports are joined, closed or too old, or a larger proposal explains them."""


class OutageChange(StrEnum):
    """What may happen to an outage after it is there."""

    PUBLISHED = "published"
    WIDENED = "widened"
    JOINED = "joined"
    """Reports were added to it."""
    HOUR = "hour"
    """Its expected end was corrected."""
    CAUSE = "cause"
    CREW = "crew"
    """A crew is on its way."""
    RESTORED = "restored"
    CONFIRMED = "confirmed"
    ANNOUNCED = "announced"
    """Whoever keeps it says that it is still to come, after it said otherwise."""
    BEGUN = "begun"
    """What was announced is off now."""
    RESUMED = "resumed"
    """Whoever keeps it took back that it was restored or cancelled."""
    REOPENED = "reopened"
    """Some are still dark: a nested outage began."""
    CANCELLED = "cancelled"


class TellingWay(StrEnum):
    """How somebody was told of an outage."""

    LINE = "line"
    """A caller, by the menu."""
    AGENT = "agent"
    CALL_OUT = "call-out"
    MESSAGE = "message"


class Outage(Base):
    """One interruption, planned or not, with what is known of its end."""

    __tablename__ = "outages"
    __table_args__ = (UniqueConstraint("company_id", "code"), Index(None, "company_id", "starts_at"))

    id: Mapped[str] = id_column()
    company_id: Mapped[str] = mapped_column(String(32))
    code: Mapped[str] = mapped_column(String(40))
    """The outage's number in the dispatcher's journal."""
    service: Mapped[Service] = mapped_column(code_type(Service))
    planned: Mapped[bool]
    status: Mapped[OutageStatus] = mapped_column(code_type(OutageStatus))
    cause: Mapped[str] = mapped_column(String(300))
    """Empty means nobody has said it yet."""
    starts_at: Mapped[datetime]
    expected_end: Mapped[datetime | None]
    """None means no data: the line then says so, and names no time."""
    actual_end: Mapped[datetime | None]
    source: Mapped[OutageSource] = mapped_column(code_type(OutageSource), default=OutageSource.TABLE)
    feed: Mapped[str] = mapped_column(String(40), default="")
    """The feed it came by, by its name; a dispatcher who changed it keeps it since. Empty where none told it."""
    branch: Mapped[str] = mapped_column(String(32), default="")
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("outages.id"), index=True)
    """The outage this one is nested in: restored there, still dark here."""
    confirmed_at: Mapped[datetime | None]
    """When its restoration was beyond doubt; a restored outage without it is provisional."""
    version: Mapped[int] = mapped_column(default=1)
    """Grows with every change: two dispatchers do not overwrite each other."""


class OutageScope(Base):
    """One part of what an outage affects: a node of the net, a premise, or a settlement, its street, some houses."""

    __tablename__ = "outage_scopes"
    __table_args__ = (
        Index(None, "outage_id"),
        Index(None, "line"),
        Index(None, "transformer"),
        Index(None, "substation"),
        Index(None, "premise_id"),
        Index(None, "settlement_key", "street_key"),
    )

    id: Mapped[str] = id_column()
    outage_id: Mapped[str] = mapped_column(ForeignKey("outages.id", ondelete="CASCADE"))
    line: Mapped[str] = mapped_column(String(60), default="")
    transformer: Mapped[str] = mapped_column(String(60), default="")
    substation: Mapped[str] = mapped_column(String(60), default="")
    premise_id: Mapped[str | None] = mapped_column(ForeignKey("premises.id", ondelete="CASCADE"))
    settlement: Mapped[str] = mapped_column(String(100), default="")
    street: Mapped[str] = mapped_column(String(100), default="")
    """Empty with a settlement means the whole of it."""
    settlement_key: Mapped[str] = mapped_column(String(100), default="")
    street_key: Mapped[str] = mapped_column(String(100), default="")
    houses: Mapped[str] = mapped_column(String(300), default="")
    """Of the street, as people write them: «1-15 нечётные, 5а, 5/2, вл. 3»; empty means all."""


class OutageEvent(Base):
    """One thing that happened to an outage. Append-only."""

    __tablename__ = "outage_events"
    __table_args__ = (Index(None, "outage_id", "at"),)

    id: Mapped[str] = id_column()
    outage_id: Mapped[str] = mapped_column(ForeignKey("outages.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))
    kind: Mapped[OutageChange] = mapped_column(code_type(OutageChange, length=32))
    body: Mapped[dict[str, Any]] = mapped_column(JSON)


class OutageTelling(Base):
    """Who was told what of an outage, and when. Append-only."""

    __tablename__ = "outage_tellings"
    __table_args__ = (Index(None, "outage_id", "at"), Index(None, "call_id"))

    id: Mapped[str] = id_column()
    outage_id: Mapped[str] = mapped_column(ForeignKey("outages.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    way: Mapped[TellingWay] = mapped_column(code_type(TellingWay))
    call_id: Mapped[str | None] = mapped_column(String(32))
    """The call in which it was told, or asked for; of `CALL_OUT` the call that we placed."""
    phone: Mapped[str | None] = mapped_column(String(16))
    told: Mapped[str] = mapped_column(Text)
    """The words."""


class OutageReport(Base):
    """Somebody said that the supply is gone; a second contact of one premise joins the open report."""

    __tablename__ = "outage_reports"
    __table_args__ = (
        Index(None, "call_id"),
        Index(None, "phone"),
        Index(None, "company_id", "reported_at"),
        Index("ix_outage_reports_open", "company_id", postgresql_where=_OPEN, sqlite_where=_OPEN),
        Index(None, "outage_id"),
    )

    id: Mapped[str] = id_column()
    company_id: Mapped[str] = mapped_column(String(32))
    call_id: Mapped[str | None] = mapped_column(String(32))
    """Of the first contact by telephone."""
    service: Mapped[Service] = mapped_column(code_type(Service))
    premise_id: Mapped[str | None] = mapped_column(ForeignKey("premises.id", ondelete="SET NULL"), index=True)
    recording_id: Mapped[str | None] = mapped_column(String(32))
    """Where the caller said the place aloud."""
    reported_at: Mapped[datetime]
    """The first clock: further contacts do not move it."""
    last_at: Mapped[datetime]
    contacts: Mapped[int] = mapped_column(default=1)
    channel: Mapped[ReportChannel] = mapped_column(code_type(ReportChannel), default=ReportChannel.PHONE)
    branch: Mapped[str] = mapped_column(String(32), default="")
    phone: Mapped[str | None] = mapped_column(String(16))
    place: Mapped[str] = mapped_column(String(300), default="")
    """The address in words."""
    settlement: Mapped[str] = mapped_column(String(100), default="")
    street: Mapped[str] = mapped_column(String(100), default="")
    settlement_key: Mapped[str] = mapped_column(String(100), default="")
    street_key: Mapped[str] = mapped_column(String(100), default="")
    house: Mapped[str] = mapped_column(String(20), default="")
    line: Mapped[str] = mapped_column(String(60), default="")
    transformer: Mapped[str] = mapped_column(String(60), default="")
    outage_id: Mapped[str | None] = mapped_column(ForeignKey("outages.id", ondelete="SET NULL"))
    """The outage it was joined to, by a dispatcher or because it was known."""
    closed_at: Mapped[datetime | None]
    """Joined, restored, or found unfounded; further contacts make a new report."""


class OutageProposal(Base):
    """A cluster of open reports that looks like an outage nobody has published yet."""

    __tablename__ = "outage_proposals"
    __table_args__ = (
        Index(None, "company_id", "state"),
        Index(
            "uq_outage_proposals_open",
            *("company_id", "service", "key"),
            unique=True,
            postgresql_where=_PROPOSED,
            sqlite_where=_PROPOSED,
        ),
    )

    id: Mapped[str] = id_column()
    company_id: Mapped[str] = mapped_column(String(32))
    branch: Mapped[str] = mapped_column(String(32))
    """Whose it is; empty where the company has none, or its node feeds several: `ProposalShare` has their parts."""
    service: Mapped[Service] = mapped_column(code_type(Service))
    key: Mapped[str] = mapped_column(String(240))
    """The node or the place its reports have in common: `transformer:ТП-12`, `street:кемерово:весенняя`."""
    scope: Mapped[list[Any]] = mapped_column(JSON)
    """Rows of `outage_scopes` as it would be published."""
    reports: Mapped[int]
    """Voices: places that reported, whole ones."""
    contacts: Mapped[int]
    first_report_at: Mapped[datetime]
    made_at: Mapped[datetime]
    state: Mapped[ProposalState] = mapped_column(code_type(ProposalState), default=ProposalState.OPEN)
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(String(80), default="")
    outage_id: Mapped[str | None] = mapped_column(ForeignKey("outages.id", ondelete="SET NULL"))


class ProposalShare(Base):
    """What one branch's part of a proposed outage says, where its node feeds several; of reports of no branch, ""."""

    __tablename__ = "outage_proposal_shares"

    proposal_id: Mapped[str] = mapped_column(ForeignKey("outage_proposals.id", ondelete="CASCADE"), primary_key=True)
    branch: Mapped[str] = mapped_column(String(32), primary_key=True)
    reports: Mapped[int]
    """Voices of places of this branch, whole ones."""
    contacts: Mapped[int]
    first_report_at: Mapped[datetime | None]
    """None: the node feeds this branch too, and nobody of it has reported."""


class Feed(Base):
    """A source of outages that another system keeps, and how old what it said is."""

    __tablename__ = "outage_feeds"

    company_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    heard_at: Mapped[datetime]
    """When it last came, right or wrong."""
    good_at: Mapped[datetime | None]
    """When it last came whole: the age of what is known."""
    problem: Mapped[str] = mapped_column(Text, default="")


for _shown in (Outage, OutageReport, OutageProposal, Feed):
    follow(_shown, NewsTopic.OUTAGE)
