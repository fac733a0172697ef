"""Campaigns before planned works beside those of restorations: one of each at a time for an outage."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"

CURRENT = sa.text("state <> 'lapsed'")


def upgrade() -> None:
    """Go forward: every campaign so far is of a restoration."""
    op.add_column("campaigns", sa.Column("purpose", sa.String(16), nullable=False, server_default="restored"))
    op.add_column("campaigns", sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("campaigns", sa.Column("outage_version", sa.Integer(), nullable=True))
    op.add_column("campaign_calls", sa.Column("message_id", sa.String(length=32), nullable=True))
    op.drop_index("uq_campaigns_current", table_name="campaigns")
    _one_at_a_time("outage_id", "purpose")


def downgrade() -> None:
    """Go back; campaigns before planned works are lost."""
    op.drop_index("uq_campaigns_current", table_name="campaigns")
    op.execute("DELETE FROM campaigns WHERE purpose <> 'restored'")
    op.drop_column("campaign_calls", "message_id")
    for column in ("outage_version", "starts_at", "purpose"):
        op.drop_column("campaigns", column)
    _one_at_a_time("outage_id")


def _one_at_a_time(*columns: str) -> None:
    op.create_index(
        "uq_campaigns_current", "campaigns", list(columns), unique=True, postgresql_where=CURRENT, sqlite_where=CURRENT
    )
