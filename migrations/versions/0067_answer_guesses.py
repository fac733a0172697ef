"""Guesses of the digits that open an answer by telephone are counted, and lock it for a while."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gridline.db import UtcDateTime

revision = "0067"
down_revision = "0066"


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("appeal_answers") as table:
        table.add_column(sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("locked_until", UtcDateTime(), nullable=True))


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("appeal_answers") as table:
        table.drop_column("locked_until")
        table.drop_column("tries")
