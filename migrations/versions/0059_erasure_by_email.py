"""Requests to erase name an e-mail address too: a form of the site may have no other trace of who sent it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("erasure_requests") as table:
        table.add_column(sa.Column("email", sa.String(length=254), nullable=True))


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("erasure_requests") as table:
        table.drop_column("email")
