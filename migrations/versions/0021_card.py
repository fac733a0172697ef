"""What agents keep with a call."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "call_cards",
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("company_id", sa.String(length=32), nullable=False),
        sa.Column("chosen", sa.JSON(), nullable=False),
        sa.Column("chosen_by", sa.String(length=120), nullable=False),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_call_cards")),
    )
    op.create_table(
        "card_drafts",
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("company_id", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tab", sa.String(length=32), nullable=False),
        sa.Column("author", sa.String(length=120), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_card_drafts")),
    )
    op.create_table(
        "card_notes",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("company_id", sa.String(length=32), nullable=False),
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("phone", sa.String(length=16), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("author", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_notes")),
    )
    op.create_index(op.f("ix_card_notes_call_id"), "card_notes", ["call_id"])
    op.create_index(op.f("ix_card_notes_phone_at"), "card_notes", ["phone", "at"])
    op.create_index(op.f("ix_agent_events_linkedid"), "agent_events", ["linkedid"])
    op.create_index(op.f("ix_connection_applications_phone"), "connection_applications", ["phone"])
    callback = sa.text("kind = 'callback'")
    op.create_index("ix_promises_callback", "promises", ["call_id"], sqlite_where=callback, postgresql_where=callback)


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_promises_callback", table_name="promises")
    op.drop_index(op.f("ix_connection_applications_phone"), table_name="connection_applications")
    op.drop_index(op.f("ix_agent_events_linkedid"), table_name="agent_events")
    op.drop_index(op.f("ix_card_notes_phone_at"), table_name="card_notes")
    op.drop_index(op.f("ix_card_notes_call_id"), table_name="card_notes")
    op.drop_table("card_notes")
    op.drop_table("card_drafts")
    op.drop_table("call_cards")
