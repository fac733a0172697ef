"""Find what a number has reported before: looked for as its call begins."""

from __future__ import annotations

from alembic import op

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    """Go forward."""
    op.create_index(op.f("ix_outage_reports_phone"), "outage_reports", ["phone"])


def downgrade() -> None:
    """Go back."""
    op.drop_index(op.f("ix_outage_reports_phone"), table_name="outage_reports")
