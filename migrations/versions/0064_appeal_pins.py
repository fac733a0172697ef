"""Whoever told the trust line something may ask about it by the number and a PIN, of which the hash is kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gridline.db import UtcDateTime

revision = "0064"
down_revision = "0063"


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "appeal_pins",
        sa.Column("appeal_id", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("locked_until", UtcDateTime(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.String(length=80), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["appeal_id"], ["appeals.id"], name=op.f("fk_appeal_pins_appeal_id_appeals")),
        sa.PrimaryKeyConstraint("appeal_id", name=op.f("pk_appeal_pins")),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("appeal_pins")
