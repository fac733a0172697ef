"""An index of the open appeals by their deadlines; that of branches alone goes: the one of codes does its work."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

OPEN = sa.text("state IN ('registered', 'in-work', 'asked', 'considered')")
COLUMNS = ["company_id", "deadline", "number", "state", "topic", "kind", "channel", "branch", "received_at"]


def upgrade() -> None:
    """Go forward."""
    op.drop_index("ix_appeals_branch", table_name="appeals")
    op.create_index("ix_appeals_open", "appeals", COLUMNS, postgresql_where=OPEN, sqlite_where=OPEN)


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_appeals_open", table_name="appeals")
    op.create_index("ix_appeals_branch", "appeals", ["company_id", "branch", "number"])
