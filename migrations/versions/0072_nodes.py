"""Nodes: what each machine of an installation runs, whether it takes calls, and when it was last seen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0072"
down_revision = "0071"


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "nodes",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("series", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(length=300), nullable=False),
        sa.Column("address", sa.String(length=80), nullable=False),
        sa.Column("release", sa.String(length=40), nullable=False),
        sa.Column("words", sa.String(length=64), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.Column("store", sa.String(length=200), nullable=False),
        sa.Column("clock_ms", sa.Integer(), nullable=False),
        sa.Column("wanted", sa.String(length=16), nullable=False),
        sa.Column("serves", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_nodes")),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("nodes")
