"""Messages that are being sent, found by the end of their lease."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"

SENDING = sa.text("state = 'sending'")


def upgrade() -> None:
    """Go forward."""
    op.create_index(
        "ix_messages_out_sending",
        "messages_out",
        ["leased_until"],
        postgresql_where=SENDING,
        sqlite_where=SENDING,
    )


def downgrade() -> None:
    """Go back: what was in hand, or whose fate is unknown, waits for nobody."""
    op.drop_index("ix_messages_out_sending", table_name="messages_out")
    op.execute("UPDATE messages_out SET state = 'given-up' WHERE state IN ('sending', 'unknown')")
