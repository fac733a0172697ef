"""Find the appeal a recording was made for: the trust line's are nobody's but the security service's to hear."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"

THERE = sa.text("recording_id IS NOT NULL")


def upgrade() -> None:
    """Go forward."""
    op.create_index("ix_appeals_recording_id", "appeals", ["recording_id"], postgresql_where=THERE, sqlite_where=THERE)


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_appeals_recording_id", table_name="appeals")
