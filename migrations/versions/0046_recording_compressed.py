"""The checksum of the WAV that a compressed recording was."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"


def upgrade() -> None:
    """Go forward."""
    op.add_column("recordings", sa.Column("wav_sha256", sa.String(64)))


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("recordings") as table:
        table.drop_column("wav_sha256")
