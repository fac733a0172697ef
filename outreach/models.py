"""What is stored of reaching people: their consents, the messages to them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from gridline.db import Base, code_type, id_column

_WAITS = text("state = 'waiting'")
_IS_SENT = text("state = 'sending'")


class Purpose(StrEnum):
    """What a person agreed to be reached about."""

    RESTORED = "restored"
    """A call when the power is back."""
    PLANNED = "planned"
    """A call before planned works at their address; the matter is the premise."""
    PLANNED_MESSAGE = "planned-message"
    """A message before planned works where no call reached them; the matter is the premise."""
    SURVEY = "survey"
    """A call after a visit to an office, to ask about it; the matter is the number of the visit."""
    APPEAL = "appeal"
    """The number of an appeal by message, and what becomes of it."""
    VISIT = "visit"
    """Day, time, address and number of a visit to an office by message, and what becomes of it."""


class Consent(Base):
    """One consent, given in one call; withdrawn ones stay as proof of what was right at the time."""

    __tablename__ = "consents"
    __table_args__ = (Index(None, "company_id", "phone", "purpose"), Index(None, "subject_id"), Index(None, "call_id"))

    id: Mapped[str] = id_column()
    company_id: Mapped[str] = mapped_column(String(32))
    phone: Mapped[str] = mapped_column(String(16))
    """E.164."""
    purpose: Mapped[Purpose] = mapped_column(code_type(Purpose))
    given_at: Mapped[datetime]
    call_id: Mapped[str] = mapped_column(String(32))
    recording_id: Mapped[str | None] = mapped_column(String(32))
    """The question and the key as they were heard."""
    asked: Mapped[str] = mapped_column(Text)
    """The words of the question."""
    asked_by: Mapped[str | None] = mapped_column(String(80))
    """The agent who asked in a talk, as the register signs them; None: the robot, or it was not kept yet."""
    subject_id: Mapped[str | None] = mapped_column(String(32))
    """Consent for one matter alone: an outage, a premise, an appeal; None is for all of the purpose."""
    withdrawn_at: Mapped[datetime | None]
    withdrawn_call_id: Mapped[str | None] = mapped_column(String(32))


class MessageWay(StrEnum):
    """How a message goes."""

    SMS = "sms"
    EMAIL = "email"


class MessageState(StrEnum):
    """How far a message is."""

    WAITING = "waiting"
    SENDING = "sending"
    """A process has it in hand; past its lease that process is gone, and nobody knows whether it left."""
    UNKNOWN = "unknown"
    """Whether it left nobody knows: a person decides whether it goes again."""
    SENT = "sent"
    """A provider took it, or it lies in the outbox."""
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    """The provider took it and could not bring it."""
    GIVEN_UP = "given-up"
    """Nobody took it, as often as it was tried."""
    WITHDRAWN = "withdrawn"
    """The consent was withdrawn before it left, or what it tells is not so any more."""

    @property
    def may_have_left(self) -> bool:
        """Whether somebody may have read it."""
        return self in (self.SENDING, self.UNKNOWN, self.SENT, self.DELIVERED)


class MessageOut(Base):
    """One message to a caller, stored in the transaction of what it tells. `key` makes it one however often asked."""

    __tablename__ = "messages_out"
    __table_args__ = (
        UniqueConstraint("company_id", "key"),
        Index("ix_messages_out_waiting", "next_at", postgresql_where=_WAITS, sqlite_where=_WAITS),
        Index("ix_messages_out_sending", "leased_until", postgresql_where=_IS_SENT, sqlite_where=_IS_SENT),
        Index(None, "subject_id"),
        Index(None, "call_id"),
    )

    id: Mapped[str] = id_column()
    company_id: Mapped[str] = mapped_column(String(32))
    way: Mapped[MessageWay] = mapped_column(code_type(MessageWay))
    to: Mapped[str] = mapped_column(String(254))
    """E.164, or an e-mail address; empty once the caller is to be forgotten."""
    text: Mapped[str] = mapped_column(Text)
    purpose: Mapped[Purpose] = mapped_column(code_type(Purpose))
    key: Mapped[str] = mapped_column(String(120))
    consent_id: Mapped[str] = mapped_column(ForeignKey("consents.id"))
    subject_id: Mapped[str | None] = mapped_column(String(32))
    """What it is about: an appeal, an outage."""
    call_id: Mapped[str | None] = mapped_column(String(32))
    """The call in which it was asked for."""
    queued_at: Mapped[datetime]
    next_at: Mapped[datetime]
    """Not to be tried before."""
    leased_until: Mapped[datetime | None]
    """A process has it in hand; after this that process is gone."""
    attempts: Mapped[int]
    state: Mapped[MessageState] = mapped_column(code_type(MessageState))
    sent_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    """When it was known what became of it."""
    problem: Mapped[str] = mapped_column(String(300))


class MessagePart(Base):
    """One part of a message as its provider knows it."""

    __tablename__ = "message_parts"
    __table_args__ = (Index(None, "message_id"), Index(None, "provider_id"))

    id: Mapped[str] = id_column()
    provider_id: Mapped[str] = mapped_column(String(128))
    message_id: Mapped[str] = mapped_column(ForeignKey("messages_out.id", ondelete="CASCADE"))
    state: Mapped[MessageState] = mapped_column(code_type(MessageState))
    asked_at: Mapped[datetime]
    """When the provider was last asked, or took it."""
