"""The register's tables: `appeal_contents` alone may be erased, `appeal_events` may never change."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from appeals.codes import OPEN_STATES, AppealChannel, AppealKind, AppealState, PromiseKind, PromiseOutcome, TaskKind
from gridline.db import Base, code_type, id_column
from gridline.processes.news import NewsTopic, follow

ACTOR = 80
CODE = 32
HASH = 64
FILTERED = ("state", "topic", "kind", "channel", "branch")
_OPEN = text("state IN ({})".format(", ".join(f"'{state}'" for state in OPEN_STATES)))
SPARSE = {"owner": ("company_id", "owner", "number"), "account_number": ("company_id", "account_number")}
SPARSE |= {"premise_id": ("premise_id",), "call_id": ("call_id",), "recording_id": ("recording_id",)}


def _of_some(name: str, *columns: str) -> Index:
    """An index of the appeals that have this column at all: SQLite reckons with the average, which the rest spoils."""
    there = text(f"{name} IS NOT NULL")
    return Index(f"ix_appeals_{name}", *columns, postgresql_where=there, sqlite_where=there)


class Counter(Base):
    """One series of numbers and its journal: the row every registration and every event locks.

    The row is changed in the transaction that uses it, so that a rolled-back registration gives its
    number back: a plain sequence would leave a hole.
    """

    __tablename__ = "appeal_counters"
    __table_args__ = (PrimaryKeyConstraint("company_id", "year"),)

    company_id: Mapped[str] = mapped_column(String(CODE))
    year: Mapped[int] = mapped_column(Integer, autoincrement=False)
    last_sequence: Mapped[int] = mapped_column(Integer, default=0)
    journal_no: Mapped[int] = mapped_column(BigInteger, default=0)
    journal_hash: Mapped[str] = mapped_column(String(HASH), default="")


class Appeal(Base):
    """Where one appeal stands now; holds no personal data."""

    __tablename__ = "appeals"
    __table_args__ = (
        UniqueConstraint("company_id", "number"),
        UniqueConstraint("company_id", "year", "sequence"),
        UniqueConstraint("company_id", "idempotency_key"),
        UniqueConstraint("company_id", "receipt"),
        CheckConstraint("sequence >= 1", name="sequence_from_one"),
        # The orders of the list, each with all a filter looks at (appeals/finding/listing.py).
        Index("ix_appeals_by_number", "company_id", "number", *FILTERED, "received_at", "deadline"),
        Index("ix_appeals_by_received", "company_id", "received_at", "number", *FILTERED, "deadline"),
        Index("ix_appeals_by_deadline", "company_id", "deadline", "number", *FILTERED, "received_at"),
        Index("ix_appeals_by_codes", "company_id", *FILTERED, "number", "received_at", "deadline"),
        *(_of_some(name, *columns) for name, columns in SPARSE.items()),
        Index(
            "ix_appeals_open",
            "company_id",
            "deadline",
            "number",
            *FILTERED,
            "received_at",
            postgresql_where=_OPEN,
            sqlite_where=_OPEN,
        ),
    )

    id: Mapped[str] = id_column()
    company_id: Mapped[str] = mapped_column(String(CODE))
    year: Mapped[int]
    sequence: Mapped[int]
    number: Mapped[str] = mapped_column(String(9))
    receipt: Mapped[str | None] = mapped_column(String(10))
    idempotency_key: Mapped[str] = mapped_column(String(100))
    registered_at: Mapped[datetime]
    received_at: Mapped[datetime]
    channel: Mapped[AppealChannel] = mapped_column(code_type(AppealChannel, CODE))
    kind: Mapped[AppealKind] = mapped_column(code_type(AppealKind, CODE))
    topic: Mapped[str] = mapped_column(String(CODE))
    disposition: Mapped[str | None] = mapped_column(String(CODE))
    applicant_kind: Mapped[str] = mapped_column(String(CODE))
    answer_way: Mapped[str] = mapped_column(String(CODE))
    branch: Mapped[str | None] = mapped_column(String(64))
    contract_number: Mapped[str | None] = mapped_column(String(64))
    account_number: Mapped[str | None] = mapped_column(String(64))
    premise_id: Mapped[str | None] = mapped_column(String(64))
    call_id: Mapped[str | None] = mapped_column(String(100))
    recording_id: Mapped[str | None] = mapped_column(String(64))
    repeat_of: Mapped[str | None] = mapped_column(String(32), ForeignKey("appeals.id"))
    joined_to: Mapped[str | None] = mapped_column(String(32), ForeignKey("appeals.id"))
    state: Mapped[AppealState] = mapped_column(code_type(AppealState, CODE))
    owner: Mapped[str | None] = mapped_column(String(ACTOR))
    unit: Mapped[str | None] = mapped_column(String(ACTOR))
    deadline: Mapped[date]
    deadline_rule: Mapped[str] = mapped_column(String(CODE * 2))
    deadline_sentence: Mapped[str] = mapped_column(Text)
    deadline_basis: Mapped[str] = mapped_column(Text)
    justified: Mapped[bool | None]
    answered_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(Integer, default=1)
    event_count: Mapped[int] = mapped_column(Integer, default=1)
    event_hash: Mapped[str] = mapped_column(String(HASH))


class Content(Base):
    """The words and the person of an appeal: everything that erasure empties.

    `intake` is the accepted request as canonical JSON; the first event holds the SHA-256 of
    `salt` + `intake`, so that the content can be proved while it is kept and says nothing once the salt is gone.
    """

    __tablename__ = "appeal_contents"
    __table_args__ = (Index("ix_appeal_contents_phone", "phone"), Index("ix_appeal_contents_email", "email"))

    appeal_id: Mapped[str] = mapped_column(String(32), ForeignKey("appeals.id"), primary_key=True)
    salt: Mapped[str | None] = mapped_column(String(32))
    intake: Mapped[str | None] = mapped_column(Text)
    text: Mapped[str | None] = mapped_column(Text)
    heard: Mapped[str | None] = mapped_column(Text)
    """What a machine had heard where `text` was written from it; goes with its recording as well."""
    name: Mapped[str | None] = mapped_column(String(300))
    phone: Mapped[str | None] = mapped_column(String(20))
    phone_raw: Mapped[str | None] = mapped_column(String(64))
    email: Mapped[str | None] = mapped_column(String(254))
    post_address: Mapped[str | None] = mapped_column(String(500))
    details: Mapped[str | None] = mapped_column(Text)
    findings: Mapped[str | None] = mapped_column(Text)
    rights_restored: Mapped[str | None] = mapped_column(Text)
    erased_at: Mapped[datetime | None]


class AppealEvent(Base):
    """One thing that happened to an appeal; triggers of the database refuse to change or remove it."""

    __tablename__ = "appeal_events"
    __table_args__ = (
        PrimaryKeyConstraint("appeal_id", "seq"),
        UniqueConstraint("company_id", "year", "journal_no"),
        Index("ix_appeal_events_at", "company_id", "at"),
    )

    appeal_id: Mapped[str] = mapped_column(String(32), ForeignKey("appeals.id"))
    seq: Mapped[int] = mapped_column(Integer, autoincrement=False)
    company_id: Mapped[str] = mapped_column(String(CODE))
    year: Mapped[int]
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(ACTOR))
    kind: Mapped[str] = mapped_column(String(CODE))
    body: Mapped[str] = mapped_column(Text)
    prev_hash: Mapped[str] = mapped_column(String(HASH))
    hash: Mapped[str] = mapped_column(String(HASH))
    journal_no: Mapped[int] = mapped_column(BigInteger)
    journal_hash: Mapped[str] = mapped_column(String(HASH))


class Words(Base):
    """The words of an appeal to search by: a tsvector on PostgreSQL, stemmed tokens (fed to FTS5) on SQLite.

    `id` grows with the register, so that the newest are found first without a sort.
    """

    __tablename__ = "appeal_words"
    __table_args__ = (UniqueConstraint("company_id", "number"),)

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    company_id: Mapped[str] = mapped_column(String(CODE))
    number: Mapped[str] = mapped_column(String(9))
    words: Mapped[str] = mapped_column(Text().with_variant(TSVECTOR, "postgresql"))


class Contact(Base):
    """A further contact of the applicant on the same matter; the first clock goes on."""

    __tablename__ = "appeal_contacts"
    __table_args__ = (Index("ix_appeal_contacts_appeal", "appeal_id"),)

    id: Mapped[str] = id_column()
    appeal_id: Mapped[str] = mapped_column(String(32), ForeignKey("appeals.id"))
    at: Mapped[datetime]
    channel: Mapped[AppealChannel] = mapped_column(code_type(AppealChannel, CODE))
    actor: Mapped[str] = mapped_column(String(ACTOR))
    call_id: Mapped[str | None] = mapped_column(String(100))
    recording_id: Mapped[str | None] = mapped_column(String(64))
    recording_offset_s: Mapped[int | None]
    phone: Mapped[str | None] = mapped_column(String(20))
    text: Mapped[str | None] = mapped_column(Text)


class Measure(Base):
    """A corrective measure with its planned date, a deadline of its own (R12)."""

    __tablename__ = "appeal_measures"
    __table_args__ = (Index("ix_appeal_measures_appeal", "appeal_id"),)

    id: Mapped[str] = id_column()
    appeal_id: Mapped[str] = mapped_column(String(32), ForeignKey("appeals.id"))
    text: Mapped[str] = mapped_column(Text)
    planned_on: Mapped[date]
    done_on: Mapped[date | None]


class Answer(Base):
    """An answer as it was given or sent, with the proof of sending and where to appeal further."""

    __tablename__ = "appeal_answers"
    __table_args__ = (Index("ix_appeal_answers_appeal", "appeal_id"),)

    id: Mapped[str] = id_column()
    appeal_id: Mapped[str] = mapped_column(String(32), ForeignKey("appeals.id"))
    text: Mapped[str | None] = mapped_column(Text)
    way: Mapped[str] = mapped_column(String(CODE))
    sent_at: Mapped[datetime]
    proof: Mapped[str] = mapped_column(Text)
    further_appeal: Mapped[str] = mapped_column(Text)
    on_call: Mapped[bool]
    tries: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    """Guesses of the digits that open it by telephone, since the last right one."""
    locked_until: Mapped[datetime | None]


class Refusal(Base):
    """A refusal to consider: one ground of three, proposed by one person, approved by another (R13)."""

    __tablename__ = "appeal_refusals"

    appeal_id: Mapped[str] = mapped_column(String(32), ForeignKey("appeals.id"), primary_key=True)
    ground: Mapped[str] = mapped_column(String(CODE))
    text: Mapped[str | None] = mapped_column(Text)
    link: Mapped[str | None] = mapped_column(String(9))
    proposed_by: Mapped[str] = mapped_column(String(ACTOR))
    proposed_at: Mapped[datetime]
    approved_by: Mapped[str | None] = mapped_column(String(ACTOR))
    notice_sent_at: Mapped[datetime | None]
    notice_proof: Mapped[str | None] = mapped_column(Text)


class Task(Base):
    """Work asked of another department, or of a third party, with return control; hidden from the applicant."""

    __tablename__ = "appeal_tasks"
    __table_args__ = (
        Index("ix_appeal_tasks_appeal", "appeal_id"),
        CheckConstraint("kind IN ('subtask', 'referral')", name="kind"),
    )

    id: Mapped[str] = id_column()
    appeal_id: Mapped[str] = mapped_column(String(32), ForeignKey("appeals.id"))
    kind: Mapped[TaskKind] = mapped_column(code_type(TaskKind, CODE))
    whom: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime]
    due_on: Mapped[date]
    returned_at: Mapped[datetime | None]
    result: Mapped[str | None] = mapped_column(Text)


class Promise(Base):
    """Something said to an applicant that must happen by a moment, with its owner."""

    __tablename__ = "promises"
    __table_args__ = (
        Index("ix_promises_open", "company_id", "settled_at", "due_at"),
        Index("ix_promises_appeal", "appeal_id"),
        CheckConstraint("outcome IN ('kept', 'broken', 'void')", name="outcome"),
    )

    id: Mapped[str] = id_column()
    company_id: Mapped[str] = mapped_column(String(CODE))
    appeal_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("appeals.id"))
    call_id: Mapped[str | None] = mapped_column(String(100))
    kind: Mapped[PromiseKind] = mapped_column(code_type(PromiseKind, CODE))
    subject_id: Mapped[str | None] = mapped_column(String(32))
    owner: Mapped[str] = mapped_column(String(ACTOR))
    made_at: Mapped[datetime]
    due_at: Mapped[datetime]
    escalated: Mapped[int] = mapped_column(Integer, default=0)
    outcome: Mapped[PromiseOutcome | None] = mapped_column(code_type(PromiseOutcome, CODE))
    settled_at: Mapped[datetime | None]


class TrustCall(Base):
    """A call in which something was told to the trust line: the security service's alone from then on.

    It names the call and no appeal. Written in the transaction of the registration (`appeals.personal_data.trust`).
    """

    __tablename__ = "trust_calls"

    call_id: Mapped[str] = mapped_column(String(CODE), primary_key=True)
    at: Mapped[datetime]
    cleared_at: Mapped[datetime | None]
    """When the number was out of everything that is kept of the call; None: it may still be written somewhere."""


class AppealPin(Base):
    """How whoever told the trust line something asks about it, and what they hear: the PIN itself is kept nowhere."""

    __tablename__ = "appeal_pins"

    appeal_id: Mapped[str] = mapped_column(String(CODE), ForeignKey("appeals.id"), primary_key=True)
    salt: Mapped[str] = mapped_column(String(CODE))
    hash: Mapped[str] = mapped_column(String(HASH))
    tries: Mapped[int] = mapped_column(Integer, default=0)
    """Since the last right one."""
    locked_until: Mapped[datetime | None]
    answer: Mapped[str | None] = mapped_column(Text)
    """What the security service wrote to be read out; None: nothing yet."""
    answered_by: Mapped[str | None] = mapped_column(String(ACTOR))
    answered_at: Mapped[datetime | None]


class DraftAppeal(Base):
    """A complaint the caller did not finish, kept with its audio; it has no number and was promised to nobody."""

    __tablename__ = "appeal_drafts"
    __table_args__ = (Index("ix_appeal_drafts_open", "company_id", "appeal_id", "at"),)

    id: Mapped[str] = id_column()
    company_id: Mapped[str] = mapped_column(String(CODE))
    at: Mapped[datetime]
    call_id: Mapped[str | None] = mapped_column(String(100))
    phone: Mapped[str | None] = mapped_column(String(20))
    topic: Mapped[str | None] = mapped_column(String(CODE))
    recording_id: Mapped[str | None] = mapped_column(String(64))
    stage: Mapped[str] = mapped_column(String(CODE))
    appeal_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("appeals.id"))


class Hold(Base):
    """A legal hold: while it lasts, nothing of the appeal may be erased."""

    __tablename__ = "appeal_holds"
    __table_args__ = (Index("ix_appeal_holds_appeal", "appeal_id"),)

    id: Mapped[str] = id_column()
    appeal_id: Mapped[str] = mapped_column(String(32), ForeignKey("appeals.id"))
    reason: Mapped[str] = mapped_column(String(300))
    set_by: Mapped[str] = mapped_column(String(ACTOR))
    set_at: Mapped[datetime]
    lifted_by: Mapped[str | None] = mapped_column(String(ACTOR))
    lifted_at: Mapped[datetime | None]


class DestructionAct(Base):
    """The act of destruction of personal data: of which appeals, by whom, before which second person."""

    __tablename__ = "destruction_acts"

    id: Mapped[str] = id_column()
    company_id: Mapped[str] = mapped_column(String(CODE))
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(ACTOR))
    witness: Mapped[str] = mapped_column(String(ACTOR))
    reason: Mapped[str] = mapped_column(String(300))
    items: Mapped[str] = mapped_column(Text)


follow(Appeal, NewsTopic.APPEAL, lambda appeal: appeal.id)
