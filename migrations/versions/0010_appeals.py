"""The register of appeals: its tables, the guard of its history, and the index of its words."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0003"

# Nothing that happened can be changed or removed, not even by the product itself.
GUARD = {
    "sqlite": [
        """CREATE TRIGGER appeal_events_no_update BEFORE UPDATE ON appeal_events
           BEGIN SELECT RAISE(ABORT, 'appeal_events is append-only'); END""",
        """CREATE TRIGGER appeal_events_no_delete BEFORE DELETE ON appeal_events
           BEGIN SELECT RAISE(ABORT, 'appeal_events is append-only'); END""",
    ],
    "postgresql": [
        """CREATE FUNCTION appeal_events_refuse() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN RAISE EXCEPTION 'appeal_events is append-only'; END $$""",
        """CREATE TRIGGER appeal_events_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON appeal_events
           FOR EACH STATEMENT EXECUTE FUNCTION appeal_events_refuse()""",
    ],
}
WORDS = {
    "sqlite": [
        """CREATE VIRTUAL TABLE appeal_words_fts USING fts5
           (words, content='appeal_words', content_rowid='id', detail='none', tokenize='unicode61')""",
        """CREATE TRIGGER appeal_words_added AFTER INSERT ON appeal_words
           BEGIN INSERT INTO appeal_words_fts (rowid, words) VALUES (new.id, new.words); END""",
        """CREATE TRIGGER appeal_words_removed AFTER DELETE ON appeal_words
           BEGIN INSERT INTO appeal_words_fts (appeal_words_fts, rowid, words)
                 VALUES ('delete', old.id, old.words); END""",
    ],
    # No pending list: every page of a search would read it once for each bucket (see appeals/finding/search.py).
    "postgresql": ["CREATE INDEX ix_appeal_words_fts ON appeal_words USING gin (words) WITH (fastupdate=off)"],
}

SPARSE = {
    "owner": ["company_id", "owner", "number"],
    "account_number": ["company_id", "account_number"],
    "premise_id": ["premise_id"],
    "call_id": ["call_id"],
}


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "appeal_counters",
        sa.Column("company_id", sa.String(length=32), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last_sequence", sa.Integer(), nullable=False),
        sa.Column("journal_no", sa.BigInteger(), nullable=False),
        sa.Column("journal_hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("company_id", "year", name=op.f("pk_appeal_counters")),
    )
    op.create_table(
        "appeal_words",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("company_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=9), nullable=False),
        sa.Column("words", sa.Text().with_variant(postgresql.TSVECTOR(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal_words")),
        sa.UniqueConstraint("company_id", "number", name=op.f("uq_appeal_words_company_id_number")),
    )
    op.create_table(
        "appeals",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("company_id", sa.String(length=32), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=9), nullable=False),
        sa.Column("receipt", sa.String(length=10), nullable=True),
        sa.Column("idempotency_key", sa.String(length=100), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("topic", sa.String(length=32), nullable=False),
        sa.Column("disposition", sa.String(length=32), nullable=True),
        sa.Column("applicant_kind", sa.String(length=32), nullable=False),
        sa.Column("answer_way", sa.String(length=32), nullable=False),
        sa.Column("branch", sa.String(length=64), nullable=True),
        sa.Column("contract_number", sa.String(length=64), nullable=True),
        sa.Column("account_number", sa.String(length=64), nullable=True),
        sa.Column("premise_id", sa.String(length=64), nullable=True),
        sa.Column("call_id", sa.String(length=100), nullable=True),
        sa.Column("recording_id", sa.String(length=64), nullable=True),
        sa.Column("repeat_of", sa.String(length=32), nullable=True),
        sa.Column("joined_to", sa.String(length=32), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=True),
        sa.Column("unit", sa.String(length=80), nullable=True),
        sa.Column("deadline", sa.Date(), nullable=False),
        sa.Column("deadline_rule", sa.String(length=64), nullable=False),
        sa.Column("deadline_sentence", sa.Text(), nullable=False),
        sa.Column("deadline_basis", sa.Text(), nullable=False),
        sa.Column("justified", sa.Boolean(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_count", sa.Integer(), nullable=False),
        sa.Column("event_hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint("sequence >= 1", name=op.f("ck_appeals_sequence_from_one")),
        sa.ForeignKeyConstraint(["joined_to"], ["appeals.id"], name=op.f("fk_appeals_joined_to_appeals")),
        sa.ForeignKeyConstraint(["repeat_of"], ["appeals.id"], name=op.f("fk_appeals_repeat_of_appeals")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeals")),
        sa.UniqueConstraint("company_id", "idempotency_key", name=op.f("uq_appeals_company_id_idempotency_key")),
        sa.UniqueConstraint("company_id", "number", name=op.f("uq_appeals_company_id_number")),
        sa.UniqueConstraint("company_id", "receipt", name=op.f("uq_appeals_company_id_receipt")),
        sa.UniqueConstraint("company_id", "year", "sequence", name=op.f("uq_appeals_company_id_year_sequence")),
    )
    op.create_index("ix_appeals_branch", "appeals", ["company_id", "branch", "number"], unique=False)
    filtered = ["state", "topic", "kind", "channel", "branch"]
    op.create_index("ix_appeals_by_number", "appeals", ["company_id", "number", *filtered, "received_at", "deadline"])
    op.create_index("ix_appeals_by_received", "appeals", ["company_id", "received_at", "number", *filtered, "deadline"])
    op.create_index("ix_appeals_by_deadline", "appeals", ["company_id", "deadline", "number", *filtered, "received_at"])
    for name, columns in SPARSE.items():
        there = sa.text(f"{name} IS NOT NULL")
        op.create_index(f"ix_appeals_{name}", "appeals", columns, sqlite_where=there, postgresql_where=there)
    op.create_index("ix_appeals_by_codes", "appeals", ["company_id", *filtered, "number", "received_at", "deadline"])
    op.create_table(
        "destruction_acts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("company_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("witness", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("items", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_destruction_acts")),
    )
    op.create_table(
        "appeal_answers",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("appeal_id", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("way", sa.String(length=32), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.Column("further_appeal", sa.Text(), nullable=False),
        sa.Column("on_call", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["appeal_id"], ["appeals.id"], name=op.f("fk_appeal_answers_appeal_id_appeals")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal_answers")),
    )
    op.create_index("ix_appeal_answers_appeal", "appeal_answers", ["appeal_id"], unique=False)
    op.create_table(
        "appeal_contacts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("appeal_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("call_id", sa.String(length=100), nullable=True),
        sa.Column("recording_id", sa.String(length=64), nullable=True),
        sa.Column("recording_offset_s", sa.Integer(), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["appeal_id"], ["appeals.id"], name=op.f("fk_appeal_contacts_appeal_id_appeals")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal_contacts")),
    )
    op.create_index("ix_appeal_contacts_appeal", "appeal_contacts", ["appeal_id"], unique=False)
    op.create_table(
        "appeal_contents",
        sa.Column("appeal_id", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=True),
        sa.Column("intake", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("name", sa.String(length=300), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("phone_raw", sa.String(length=64), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("post_address", sa.String(length=500), nullable=True),
        sa.Column("details", sa.Text(), nullable=True),
        sa.Column("findings", sa.Text(), nullable=True),
        sa.Column("rights_restored", sa.Text(), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["appeal_id"], ["appeals.id"], name=op.f("fk_appeal_contents_appeal_id_appeals")),
        sa.PrimaryKeyConstraint("appeal_id", name=op.f("pk_appeal_contents")),
    )
    op.create_index("ix_appeal_contents_email", "appeal_contents", ["email"], unique=False)
    op.create_index("ix_appeal_contents_phone", "appeal_contents", ["phone"], unique=False)
    op.create_table(
        "appeal_drafts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("company_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("call_id", sa.String(length=100), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("topic", sa.String(length=32), nullable=True),
        sa.Column("recording_id", sa.String(length=64), nullable=True),
        sa.Column("stage", sa.String(length=32), nullable=False),
        sa.Column("appeal_id", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["appeal_id"], ["appeals.id"], name=op.f("fk_appeal_drafts_appeal_id_appeals")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal_drafts")),
    )
    op.create_index("ix_appeal_drafts_open", "appeal_drafts", ["company_id", "appeal_id", "at"], unique=False)
    op.create_table(
        "appeal_events",
        sa.Column("appeal_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("company_id", sa.String(length=32), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("journal_no", sa.BigInteger(), nullable=False),
        sa.Column("journal_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["appeal_id"], ["appeals.id"], name=op.f("fk_appeal_events_appeal_id_appeals")),
        sa.PrimaryKeyConstraint("appeal_id", "seq", name=op.f("pk_appeal_events")),
        sa.UniqueConstraint(
            "company_id", "year", "journal_no", name=op.f("uq_appeal_events_company_id_year_journal_no")
        ),
    )
    op.create_index("ix_appeal_events_at", "appeal_events", ["company_id", "at"], unique=False)
    op.create_table(
        "appeal_holds",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("appeal_id", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("set_by", sa.String(length=80), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_by", sa.String(length=80), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["appeal_id"], ["appeals.id"], name=op.f("fk_appeal_holds_appeal_id_appeals")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal_holds")),
    )
    op.create_index("ix_appeal_holds_appeal", "appeal_holds", ["appeal_id"], unique=False)
    op.create_table(
        "appeal_measures",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("appeal_id", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["appeal_id"], ["appeals.id"], name=op.f("fk_appeal_measures_appeal_id_appeals")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal_measures")),
    )
    op.create_index("ix_appeal_measures_appeal", "appeal_measures", ["appeal_id"], unique=False)
    op.create_table(
        "appeal_refusals",
        sa.Column("appeal_id", sa.String(length=32), nullable=False),
        sa.Column("ground", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("link", sa.String(length=9), nullable=True),
        sa.Column("proposed_by", sa.String(length=80), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.String(length=80), nullable=True),
        sa.Column("notice_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("notice_proof", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["appeal_id"], ["appeals.id"], name=op.f("fk_appeal_refusals_appeal_id_appeals")),
        sa.PrimaryKeyConstraint("appeal_id", name=op.f("pk_appeal_refusals")),
    )
    op.create_table(
        "appeal_tasks",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("appeal_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("whom", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('subtask', 'referral')", name=op.f("ck_appeal_tasks_kind")),
        sa.ForeignKeyConstraint(["appeal_id"], ["appeals.id"], name=op.f("fk_appeal_tasks_appeal_id_appeals")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal_tasks")),
    )
    op.create_index("ix_appeal_tasks_appeal", "appeal_tasks", ["appeal_id"], unique=False)
    op.create_table(
        "promises",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("company_id", sa.String(length=32), nullable=False),
        sa.Column("appeal_id", sa.String(length=32), nullable=True),
        sa.Column("call_id", sa.String(length=100), nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.String(length=32), nullable=True),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("escalated", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("outcome IN ('kept', 'broken', 'void')", name=op.f("ck_promises_outcome")),
        sa.ForeignKeyConstraint(["appeal_id"], ["appeals.id"], name=op.f("fk_promises_appeal_id_appeals")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promises")),
    )
    op.create_index("ix_promises_appeal", "promises", ["appeal_id"], unique=False)
    op.create_index("ix_promises_open", "promises", ["company_id", "settled_at", "due_at"], unique=False)
    op.create_table(
        "promise_attempts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("promise_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("outcome", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["promise_id"], ["promises.id"], name=op.f("fk_promise_attempts_promise_id_promises")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promise_attempts")),
    )
    op.create_index("ix_promise_attempts_promise", "promise_attempts", ["promise_id"], unique=False)
    dialect = op.get_bind().dialect.name
    for statement in (*GUARD[dialect], *WORDS[dialect]):
        op.execute(statement)


def downgrade() -> None:
    """Go back."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE appeal_words_fts")
    op.drop_index("ix_promise_attempts_promise", table_name="promise_attempts")
    op.drop_table("promise_attempts")
    op.drop_index("ix_promises_open", table_name="promises")
    op.drop_index("ix_promises_appeal", table_name="promises")
    op.drop_table("promises")
    op.drop_index("ix_appeal_tasks_appeal", table_name="appeal_tasks")
    op.drop_table("appeal_tasks")
    op.drop_table("appeal_refusals")
    op.drop_index("ix_appeal_measures_appeal", table_name="appeal_measures")
    op.drop_table("appeal_measures")
    op.drop_index("ix_appeal_holds_appeal", table_name="appeal_holds")
    op.drop_table("appeal_holds")
    op.drop_index("ix_appeal_events_at", table_name="appeal_events")
    op.drop_table("appeal_events")
    op.drop_index("ix_appeal_drafts_open", table_name="appeal_drafts")
    op.drop_table("appeal_drafts")
    op.drop_index("ix_appeal_contents_phone", table_name="appeal_contents")
    op.drop_index("ix_appeal_contents_email", table_name="appeal_contents")
    op.drop_table("appeal_contents")
    op.drop_index("ix_appeal_contacts_appeal", table_name="appeal_contacts")
    op.drop_table("appeal_contacts")
    op.drop_index("ix_appeal_answers_appeal", table_name="appeal_answers")
    op.drop_table("appeal_answers")
    op.drop_table("destruction_acts")
    for name in SPARSE:
        op.drop_index(f"ix_appeals_{name}", table_name="appeals")
    for order in ("number", "received", "deadline", "codes"):
        op.drop_index(f"ix_appeals_by_{order}", table_name="appeals")
    op.drop_index("ix_appeals_branch", table_name="appeals")
    op.drop_table("appeals")
    op.drop_table("appeal_words")
    op.drop_table("appeal_counters")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION appeal_events_refuse")
