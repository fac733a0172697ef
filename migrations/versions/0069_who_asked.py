"""A consent says which agent asked for it; the line's own question names nobody."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0069"
down_revision = "0068"


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("consents") as table:
        table.add_column(sa.Column("asked_by", sa.String(length=80), nullable=True))


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("consents") as table:
        table.drop_column("asked_by")
