"""The console's tables: who may sign in, who is signed in, failed attempts, and what people did."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gridline.db import Base, code_type, id_column


class Role(StrEnum):
    """What a person is here for; `permissions.GRANTED` says what that lets them do."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    QA = "qa"
    """Judges talks of their own branch."""
    QA_BRANCHES = "qa-branches"
    """Judges talks of every branch, whichever is their own."""
    QA_HEAD = "qa-head"
    """Leads those who judge: decides disputes, has them calibrated."""
    DISPATCHER = "dispatcher"
    CLERK = "clerk"
    MANAGER = "manager"
    """Leads the line: decides what callers hear and press."""
    SECURITY = "security"
    ADMIN = "admin"


class User(Base):
    """A person who may sign in."""

    __tablename__ = "users"
    __table_args__ = (UniqueConstraint("login"), UniqueConstraint("agent"))

    id: Mapped[str] = id_column()
    login: Mapped[str] = mapped_column(String(64))
    """Lower case."""
    name: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str] = mapped_column(String(200))
    one_time: Mapped[bool] = mapped_column(default=True)
    """The password was given by somebody else: nothing but choosing an own one is allowed with it."""
    role: Mapped[Role] = mapped_column(code_type(Role))
    company_id: Mapped[str | None] = mapped_column(String(32))
    """None: every company."""
    branch: Mapped[str] = mapped_column(String(32), default="")
    """Empty: every branch of the company."""
    agent: Mapped[str | None] = mapped_column(String(15))
    """The SIP number, for those who answer calls."""
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class UserSession(Base):
    """One browser that is signed in; the token itself is with the browser alone."""

    __tablename__ = "user_sessions"
    __table_args__ = (Index(None, "user_id", "created_at"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    """SHA-256 of the token, hex."""
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    """The absolute end, whatever is done meanwhile."""
    device: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(String(64))
    revoked_at: Mapped[datetime | None]


class SignInFailure(Base):
    """A wrong password; enough of them make the next attempts wait."""

    __tablename__ = "sign_in_failures"
    __table_args__ = (Index(None, "login", "at"), Index(None, "address", "at"))

    id: Mapped[str] = id_column()
    login: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]


class AuditAction(StrEnum):
    """What is noted of people; `agent_console.people.audit_log` says each in Russian."""

    SIGNED_IN = "signed-in"
    SIGNED_OUT = "signed-out"
    SIGN_IN_REFUSED = "sign-in.refused"
    REFUSED = "refused"
    OUT_OF_SCOPE = "not-his"
    """Something was asked for that is not the asker's to see."""
    RECORDING_LISTENED = "recording.listened"
    CALL_EXPORTED = "call.exported"
    HOLD_SET = "hold.set"
    HOLD_LIFTED = "hold.lifted"
    ERASURE_ASKED = "erasure.asked"
    ERASURE_CARRIED_OUT = "erasure.carried-out"
    ERASURE_REFUSED = "erasure.refused"
    TRANSCRIPT_READ = "transcript.read"
    APPEAL_EXPORTED = "appeal.exported"
    APPEAL_REGISTERED = "appeal.registered"
    CARD_OPENED = "card.opened"
    AGENT_READIED = "agent.readied"
    AGENT_PAUSED = "agent.paused"
    AGENT_SIGNED_OFF = "agent.signed-off"
    STORM_SWITCHED = "storm.switched"
    ANNOUNCED = "announced"
    ANNOUNCEMENT_WITHDRAWN = "announcement.withdrawn"
    CAMPAIGN_STOPPED = "campaign.stopped"
    CAMPAIGN_RESUMED = "campaign.resumed"
    SURVEY_STARTED = "survey.started"
    MESSAGE_SENT_AGAIN = "message.sent-again"
    EDITION_PUBLISHED = "edition.published"
    CALENDAR_CHANGED = "calendar.changed"
    """What callers meet was changed: before and after of each thing."""
    APPOINTMENT_BOOKED = "appointment.booked"
    APPOINTMENT_MOVED = "appointment.moved"
    APPOINTMENT_CANCELLED = "appointment.cancelled"
    APPOINTMENT_MARKED = "appointment.marked"
    USER_ADDED = "user.added"
    USER_RESET = "user.reset"
    USER_PASSWORD = "user.password"
    USER_SIGNED_OUT = "user.signed-out"
    USER_DISABLED = "user.disabled"
    USER_ENABLED = "user.enabled"


class AuditEntry(Base):
    """Something a person did or was refused; written once, never changed."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index(None, "at"), Index(None, "user_id", "at"), Index(None, "subject", "at"))

    id: Mapped[str] = id_column()
    at: Mapped[datetime]
    user_id: Mapped[str | None] = mapped_column(String(32))
    """None: nobody was signed in."""
    action: Mapped[AuditAction] = mapped_column(code_type(AuditAction, length=64))
    subject: Mapped[str] = mapped_column(String(120))
    """What it was done to: a path, `appeal:ID`, `user:LOGIN`."""
    detail: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(String(64))
