"""Callers' waits in queues, and at which telephone an agent sits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "queue_visits",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("company_id", sa.String(length=32), nullable=False),
        sa.Column("queue", sa.String(length=32), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("waited_s", sa.Double(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("agent", sa.String(length=15), nullable=False),
        sa.Column("rang_s", sa.Integer(), nullable=True),
        sa.Column("missed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_visits")),
    )
    op.create_index(op.f("ix_queue_visits_agent_entered_at"), "queue_visits", ["agent", "entered_at"])
    op.create_index(op.f("ix_queue_visits_call_id"), "queue_visits", ["call_id"])
    op.create_index(op.f("ix_queue_visits_company_id_entered_at"), "queue_visits", ["company_id", "entered_at"])
    op.add_column("agent_shifts", sa.Column("phone", sa.String(length=8), nullable=False, server_default="browser"))


def downgrade() -> None:
    """Go back."""
    op.drop_column("agent_shifts", "phone")
    op.drop_table("queue_visits")
