"""Calls that an agent made, by the agent: a search of their talks need not look at everybody's."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0058"
_MADE = sa.text("called_by != ''")


def upgrade() -> None:
    """Go forward."""
    op.create_index(
        "ix_calls_called_by", "calls", ["called_by", "started_at"], postgresql_where=_MADE, sqlite_where=_MADE
    )


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_calls_called_by", "calls")
