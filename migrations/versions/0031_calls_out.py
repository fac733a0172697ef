"""Calls that we place, and how far the duty telephones were rung"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "calls_out",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("node", sa.String(length=32), nullable=False),
        sa.Column("company_id", sa.String(length=32), nullable=False),
        sa.Column("phone", sa.String(length=16), nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("subject_id", sa.String(length=32), nullable=True),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rang_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", sa.String(16), nullable=True),
        sa.Column("cause", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("heard", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls_out")),
    )
    op.create_index(op.f("ix_calls_out_company_id_placed_at"), "calls_out", ["company_id", "placed_at"], unique=False)
    op.create_index(op.f("ix_calls_out_subject_id"), "calls_out", ["subject_id"], unique=False)
    op.create_index(
        "uq_calls_out_open_phone",
        "calls_out",
        ["phone"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "duty_alarms",
        sa.Column("item_id", sa.String(length=32), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("holder", sa.String(length=48), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_duty_alarms")),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("duty_alarms")
    op.drop_index(
        "uq_calls_out_open_phone",
        table_name="calls_out",
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.drop_index(op.f("ix_calls_out_subject_id"), table_name="calls_out")
    op.drop_index(op.f("ix_calls_out_company_id_placed_at"), table_name="calls_out")
    op.drop_table("calls_out")
