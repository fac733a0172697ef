"""Visits to offices that callers booked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0063"
down_revision = "0062"

HOLDS = sa.text("state NOT IN ('superseded', 'cancelled')")
STANDS = sa.text("state <> 'superseded'")


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "appointments",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("company_id", sa.String(length=32), nullable=False),
        sa.Column("branch", sa.String(length=32), nullable=False),
        sa.Column("office_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=12), nullable=False),
        sa.Column("topic", sa.String(length=32), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("window_no", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("phone", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("booked_by", sa.String(length=80), nullable=False),
        sa.Column("call_id", sa.String(length=32), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_call_id", sa.String(length=32), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("served_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointments")),
    )
    op.create_index(
        "uq_appointments_slot",
        "appointments",
        ["company_id", "office_id", "starts_at", "window_no"],
        unique=True,
        postgresql_where=HOLDS,
        sqlite_where=HOLDS,
    )
    op.create_index(
        "uq_appointments_number",
        "appointments",
        ["company_id", "number"],
        unique=True,
        postgresql_where=STANDS,
        sqlite_where=STANDS,
    )
    op.create_index(op.f("ix_appointments_company_id_starts_at"), "appointments", ["company_id", "starts_at"])
    for column in ("phone", "call_id", "ended_call_id"):
        op.create_index(op.f(f"ix_appointments_{column}"), "appointments", [column])


def downgrade() -> None:
    """Go back."""
    op.drop_table("appointments")
