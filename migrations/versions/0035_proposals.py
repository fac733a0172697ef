"""Places of reports in words, contacts of proposals, one open proposal a key, items found by what they are about."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"

OPEN = sa.text("state = 'open'")


def upgrade() -> None:
    """Go forward."""
    for name in ("settlement", "street"):
        op.add_column("outage_reports", sa.Column(name, sa.String(length=100), nullable=False, server_default=""))
    op.add_column("outage_proposals", sa.Column("contacts", sa.Integer(), nullable=False, server_default="1"))
    op.create_index(
        "uq_outage_proposals_open",
        "outage_proposals",
        ["company_id", "service", "key"],
        unique=True,
        postgresql_where=OPEN,
        sqlite_where=OPEN,
    )
    op.create_index(op.f("ix_work_items_subject_id"), "work_items", ["subject_id"])


def downgrade() -> None:
    """Go back."""
    op.drop_index(op.f("ix_work_items_subject_id"), table_name="work_items")
    op.drop_index("uq_outage_proposals_open", table_name="outage_proposals")
    op.drop_column("outage_proposals", "contacts")
    for name in ("street", "settlement"):
        op.drop_column("outage_reports", name)
