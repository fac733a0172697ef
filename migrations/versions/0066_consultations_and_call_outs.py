"""What callers ask of connecting, and the visits of technicians that are promised to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0066"
down_revision = "0065"


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "call_consultations",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applicant", sa.String(length=16), nullable=False),
        sa.Column("power", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("wants", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_id"], ["calls.id"], name=op.f("fk_call_consultations_call_id_calls"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_consultations")),
    )
    op.create_index(op.f("ix_call_consultations_call_id"), "call_consultations", ["call_id"])
    op.create_table(
        "call_outs",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("company_id", sa.String(length=32), nullable=False),
        sa.Column("branch", sa.String(length=32), nullable=False),
        sa.Column("work", sa.String(length=16), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("half", sa.String(length=16), nullable=False),
        sa.Column("seat", sa.String(length=120), nullable=True),
        sa.Column("appeal_id", sa.String(length=32), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_outs")),
        sa.UniqueConstraint("seat", name=op.f("uq_call_outs_seat")),
    )
    op.create_index(op.f("ix_call_outs_company_id_day"), "call_outs", ["company_id", "day"])
    op.create_index(op.f("ix_call_outs_appeal_id"), "call_outs", ["appeal_id"])


def downgrade() -> None:
    """Go back."""
    op.drop_table("call_outs")
    op.drop_table("call_consultations")
