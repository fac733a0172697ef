"""What the company knows: subscribers, their premises, the net that feeds them, connection applications.

Whatever comes from the company's own systems carries that system's key (account, premise code,
application number), so that an import can be done again without doubling anything.
Calls and recordings are named by id alone, without a foreign key: they may be stored later than
what speaks of them (the journal is written behind the call's back).
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gridline.db import Base, code_type, id_column
from gridline.numbers.applications import MOST_DIGITS, MOST_WRITTEN


class SubscriberKind(StrEnum):
    """Физлицо, юрлицо, ИП: the codes the appeals register uses too."""

    PERSON = "person"
    COMPANY = "company"
    ENTREPRENEUR = "entrepreneur"


class NodeKind(StrEnum):
    """What a node of the net is."""

    SUBSTATION = "substation"
    FEEDER = "feeder"
    TRANSFORMER = "transformer"


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
        Index(None, "company_id", "transformer"),
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
    transformer: Mapped[str] = mapped_column(String(60), default="")
    substation: Mapped[str] = mapped_column(String(60), default="")
    """Codes of `net_nodes`, as is `line`; kept here too, so that a caller's look-up need not climb the net."""


class NetNode(Base):
    """One node of the net: a substation, a feeder of it, a transformer of the feeder."""

    __tablename__ = "net_nodes"
    __table_args__ = (UniqueConstraint("company_id", "kind", "code"), Index(None, "parent_id"))

    id: Mapped[str] = id_column()
    company_id: Mapped[str] = mapped_column(String(32))
    kind: Mapped[NodeKind] = mapped_column(code_type(NodeKind))
    code: Mapped[str] = mapped_column(String(60))
    """As it is written on the scheme: «ТП-12», «Ф-104», «ПС Южная»."""
    name: Mapped[str] = mapped_column(String(100))
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("net_nodes.id"))


class PremisePhone(Base):
    """A phone number that is likely to call about a premise."""

    __tablename__ = "premise_phones"

    premise_id: Mapped[str] = mapped_column(ForeignKey("premises.id", ondelete="CASCADE"), primary_key=True)
    phone: Mapped[str] = mapped_column(String(16), primary_key=True, index=True)
    """E.164."""


class ConnectionApplication(Base):
    """An application for technological connection (заявка на технологическое присоединение)."""

    __tablename__ = "connection_applications"
    __table_args__ = (
        UniqueConstraint("company_id", "number"),
        Index(None, "phone"),
        Index(None, "company_id", "digits"),
    )

    id: Mapped[str] = id_column()
    company_id: Mapped[str] = mapped_column(String(32))
    number: Mapped[str] = mapped_column(String(MOST_WRITTEN))
    """As the company writes it: «ТП-1234/2026»."""
    digits: Mapped[str] = mapped_column(String(MOST_DIGITS))
    """The digits of its number, which an applicant keys."""
    applicant: Mapped[str] = mapped_column(String(200))
    applicant_kind: Mapped[SubscriberKind] = mapped_column(code_type(SubscriberKind))
    phone: Mapped[str | None] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(String(300))
    track: Mapped[str] = mapped_column(String(32))
    """The code of `grid.connections.tracks` its stages were taken from."""
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
