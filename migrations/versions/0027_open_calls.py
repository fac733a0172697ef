"""Find the calls that nobody has ended: looked for every few seconds among all there ever were."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"

OPEN = sa.text("ended_at IS NULL")


def upgrade() -> None:
    """Go forward."""
    op.create_index("ix_calls_open", "calls", ["node"], postgresql_where=OPEN, sqlite_where=OPEN)


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_calls_open", table_name="calls")
