"""Calls of the trust line, messages to callers"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


_KNOWN = """
INSERT INTO trust_calls (call_id, at)
SELECT recordings.call_id, min(appeals.registered_at) FROM appeals
JOIN recordings ON recordings.id = appeals.recording_id OR recordings.appeal_id = appeals.id
WHERE appeals.kind = 'trust' GROUP BY recordings.call_id
"""
"""Calls that the rule of before took for the trust line's: by a recording of theirs."""


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "trust_calls",
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_trust_calls")),
    )
    op.execute(_KNOWN)
    op.create_table(
        "messages_out",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("company_id", sa.String(length=32), nullable=False),
        sa.Column("way", sa.String(16), nullable=False),
        sa.Column("to", sa.String(length=254), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("consent_id", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.String(length=32), nullable=True),
        sa.Column("call_id", sa.String(length=32), nullable=True),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["consent_id"], ["consents.id"], name=op.f("fk_messages_out_consent_id_consents")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages_out")),
        sa.UniqueConstraint("company_id", "key", name=op.f("uq_messages_out_company_id_key")),
    )
    op.create_index(op.f("ix_messages_out_call_id"), "messages_out", ["call_id"], unique=False)
    op.create_index(op.f("ix_messages_out_subject_id"), "messages_out", ["subject_id"], unique=False)
    op.create_index(
        "ix_messages_out_waiting",
        "messages_out",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
        sqlite_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "message_parts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("provider_id", sa.String(length=128), nullable=False),
        sa.Column("message_id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["messages_out.id"],
            name=op.f("fk_message_parts_message_id_messages_out"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_parts")),
    )
    op.create_index(op.f("ix_message_parts_message_id"), "message_parts", ["message_id"], unique=False)
    op.create_index(op.f("ix_message_parts_provider_id"), "message_parts", ["provider_id"], unique=False)


def downgrade() -> None:
    """Go back."""
    for name in ("message_parts", "messages_out", "trust_calls"):
        op.drop_table(name)
