"""Storm mode: its switches, each node's rate of calls, announcements."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "announcements",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("company_id", sa.String(length=32), nullable=False),
        sa.Column("branch", sa.String(length=32), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sound", sa.LargeBinary(), nullable=True),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_by", sa.String(length=80), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcements")),
    )
    op.create_index(
        op.f("ix_announcements_company_id_ends_at"), "announcements", ["company_id", "ends_at"], unique=False
    )
    op.create_table(
        "storm_events",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("company_id", sa.String(length=32), nullable=False),
        sa.Column("branch", sa.String(length=32), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("calls_a_minute", sa.Double(), nullable=False),
        sa.Column("limit_a_minute", sa.Double(), nullable=False),
        sa.Column("stands_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storm_events")),
        sa.UniqueConstraint("company_id", "branch", "ordinal", name=op.f("uq_storm_events_company_id_branch_ordinal")),
    )
    op.create_index(op.f("ix_storm_events_company_id_at"), "storm_events", ["company_id", "at"], unique=False)
    op.create_table(
        "storm_loads",
        sa.Column("node", sa.String(length=32), nullable=False),
        sa.Column("company_id", sa.String(length=32), nullable=False),
        sa.Column("branch", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("calls_a_minute", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("node", "company_id", "branch", name=op.f("pk_storm_loads")),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("storm_loads")
    op.drop_index(op.f("ix_storm_events_company_id_at"), table_name="storm_events")
    op.drop_table("storm_events")
    op.drop_index(op.f("ix_announcements_company_id_ends_at"), table_name="announcements")
    op.drop_table("announcements")
