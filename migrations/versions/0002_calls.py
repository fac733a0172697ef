"""Calls, their proof of notice and their steps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "calls",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("node", sa.String(length=32), nullable=False),
        sa.Column("boot", sa.String(length=40), nullable=False),
        sa.Column("linkedid", sa.String(length=64), nullable=False),
        sa.Column("company_id", sa.String(length=32), nullable=True),
        sa.Column("dialled", sa.String(length=32), nullable=False),
        sa.Column("caller_raw", sa.String(length=64), nullable=False),
        sa.Column("caller", sa.String(length=16), nullable=True),
        sa.Column("branch", sa.String(length=32), nullable=False),
        sa.Column("flow_version", sa.String(length=64), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("notice_prompt", sa.String(length=64), nullable=True),
        sa.Column("notice_version", sa.String(length=64), nullable=True),
        sa.Column("notice_started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("notice_ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("notice_completed", sa.Boolean(), nullable=True),
        sa.Column("outcome", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls")),
        sa.UniqueConstraint("node", "boot", "linkedid", name=op.f("uq_calls_node_boot_linkedid")),
    )
    op.create_index(op.f("ix_calls_caller_started_at"), "calls", ["caller", "started_at"], unique=False)
    op.create_index(op.f("ix_calls_company_id_started_at"), "calls", ["company_id", "started_at"], unique=False)
    op.create_table(
        "call_steps",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(length=64), nullable=False),
        sa.Column("prompt_ids", sa.JSON(), nullable=False),
        sa.Column("prompt_text", sa.Text(), nullable=False),
        sa.Column("sound", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("exit", sa.String(length=64), nullable=False),
        sa.Column("leads_to", sa.String(length=64), nullable=False),
        sa.Column("flow_version", sa.String(length=64), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_id"], ["calls.id"], name=op.f("fk_call_steps_call_id_calls"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_steps")),
    )
    op.create_index(
        op.f("ix_call_steps_call_id_started_at_ordinal"),
        "call_steps",
        ["call_id", "started_at", "ordinal"],
        unique=False,
    )


def downgrade() -> None:
    """Go back."""
    op.drop_index(op.f("ix_call_steps_call_id_started_at_ordinal"), table_name="call_steps")
    op.drop_table("call_steps")
    op.drop_index(op.f("ix_calls_company_id_started_at"), table_name="calls")
    op.drop_index(op.f("ix_calls_caller_started_at"), table_name="calls")
    op.drop_table("calls")
