"""What the company knows: subscribers, their premises, outages, reports of new ones, connection applications.

Whatever comes from the company's own systems carries that system's key (account, premise code,
outage code, application number), so that an import can be done again without doubling anything.
Calls and recordings are named by id alone, without a foreign key: they may be stored later than
what speaks of them (the journal is written behind the call's back).
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gridline.db import Base, code_type, id_column


class Service(StrEnum):
    """What is supplied."""

    ELECTRICITY = "electricity"
    WATER = "water"


class SubscriberKind(StrEnum):
    """Физлицо, юрлицо, ИП: the codes the appeals register uses too."""

    PERSON = "person"
    COMPANY = "company"
    ENTREPRENEUR = "entrepreneur"


class OutageStatus(StrEnum):
    """How far an outage is."""

    ANNOUNCED = "announced"
    ACTIVE = "active"
    RESTORED = "restored"
    CANCELLED = "cancelled"


class Turn(StrEnum):
    """Who has to act in a stage of a technological connection."""

    APPLICANT = "applicant"
    GRID = "grid"


class Subscriber(Base):
    """Who has a contract: a person or an organisation with an account number."""

    __tablename__ = "subscribers"
    __table_args__ = (UniqueConstraint("company_id", "account"),)

    id: Mapped[str] = id_column()
    company_id: Mapped[str] = mapped_column(String(32))
    account: Mapped[str] = mapped_column(String(20))
    """Digits only, as they are keyed on a phone."""
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[SubscriberKind] = mapped_column(code_type(SubscriberKind))


class Premise(Base):
    """A place that is supplied: one address, fed by one line."""

    __tablename__ = "premises"
    __table_args__ = (
        UniqueConstraint("company_id", "code"),
        Index(None, "company_id", "line"),
        Index(None, "company_id", "settlement_key", "street_key"),
    )

    id: Mapped[str] = id_column()
    company_id: Mapped[str] = mapped_column(String(32))
    code: Mapped[str] = mapped_column(String(40))
    """The premise's number in the company's own systems."""
    subscriber_id: Mapped[str] = mapped_column(ForeignKey("subscribers.id"), index=True)
    branch: Mapped[str] = mapped_column(String(32))
    """A branch of `dialplan/companies`, or empty where the company has none."""
    settlement: Mapped[str] = mapped_column(String(100))
    street: Mapped[str] = mapped_column(String(100))
    house: Mapped[str] = mapped_column(String(20))
    building: Mapped[str] = mapped_column(String(20))
    flat: Mapped[str] = mapped_column(String(20))
    address: Mapped[str] = mapped_column(String(300))
    """One line, as it is written on a bill: «г. Кемерово, ул. Весенняя, д. 5, корп. 2, кв. 10»."""
    settlement_key: Mapped[str] = mapped_column(String(100))
    street_key: Mapped[str] = mapped_column(String(100))
    """`grid.places.key` of both: what outages are compared with."""
    line: Mapped[str] = mapped_column(String(60))
    """The feeder that supplies it, or empty where it is not known."""


class PremisePhone(Base):
    """A phone number that is likely to call about a premise."""

    __tablename__ = "premise_phones"

    premise_id: Mapped[str] = mapped_column(ForeignKey("premises.id", ondelete="CASCADE"), primary_key=True)
    phone: Mapped[str] = mapped_column(String(16), primary_key=True, index=True)
    """E.164."""


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


class OutageScope(Base):
    """One part of what an outage affects: a line, a premise, or a settlement with or without a street."""

    __tablename__ = "outage_scopes"
    __table_args__ = (
        Index(None, "outage_id"),
        Index(None, "line"),
        Index(None, "premise_id"),
        Index(None, "settlement_key", "street_key"),
    )

    id: Mapped[str] = id_column()
    outage_id: Mapped[str] = mapped_column(ForeignKey("outages.id", ondelete="CASCADE"))
    line: Mapped[str] = mapped_column(String(60), default="")
    premise_id: Mapped[str | None] = mapped_column(ForeignKey("premises.id", ondelete="CASCADE"))
    settlement: Mapped[str] = mapped_column(String(100), default="")
    street: Mapped[str] = mapped_column(String(100), default="")
    """Empty with a settlement means the whole of it."""
    settlement_key: Mapped[str] = mapped_column(String(100), default="")
    street_key: Mapped[str] = mapped_column(String(100), default="")


class OutageReport(Base):
    """A caller said that the supply is gone where no outage was known."""

    __tablename__ = "outage_reports"
    __table_args__ = (Index(None, "call_id"), Index(None, "company_id", "reported_at"))

    id: Mapped[str] = id_column()
    company_id: Mapped[str] = mapped_column(String(32))
    call_id: Mapped[str] = mapped_column(String(32))
    service: Mapped[Service] = mapped_column(code_type(Service))
    premise_id: Mapped[str | None] = mapped_column(ForeignKey("premises.id", ondelete="SET NULL"), index=True)
    recording_id: Mapped[str | None] = mapped_column(String(32))
    """Where the caller said the place aloud."""
    reported_at: Mapped[datetime]


class ConnectionApplication(Base):
    """An application for technological connection (заявка на технологическое присоединение)."""

    __tablename__ = "connection_applications"
    __table_args__ = (UniqueConstraint("company_id", "number"), Index(None, "phone"))

    id: Mapped[str] = id_column()
    company_id: Mapped[str] = mapped_column(String(32))
    number: Mapped[str] = mapped_column(String(12))
    """Digits, the last of them a Damm check digit."""
    applicant: Mapped[str] = mapped_column(String(200))
    applicant_kind: Mapped[SubscriberKind] = mapped_column(code_type(SubscriberKind))
    phone: Mapped[str | None] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(String(300))
    track: Mapped[str] = mapped_column(String(32))
    """The code of `grid.tracks` its stages were taken from."""
    submitted_on: Mapped[date]


class ConnectionStage(Base):
    """One stage of one application: a copy of its track, so that a later edition does not rewrite it."""

    __tablename__ = "connection_stages"

    application_id: Mapped[str] = mapped_column(
        ForeignKey("connection_applications.id", ondelete="CASCADE"), primary_key=True
    )
    ordinal: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """From 1."""
    name: Mapped[str] = mapped_column(String(100))
    turn: Mapped[Turn] = mapped_column(code_type(Turn))
    due: Mapped[date | None]
    next_step: Mapped[str] = mapped_column(Text)
    """One sentence for the applicant: what to do, or what is being waited for."""
    done: Mapped[bool]
