"""Each branch's part of a proposed outage whose node feeds several."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "outage_proposal_shares",
        sa.Column("proposal_id", sa.String(length=32), nullable=False),
        sa.Column("branch", sa.String(length=32), nullable=False),
        sa.Column("reports", sa.Integer(), nullable=False),
        sa.Column("contacts", sa.Integer(), nullable=False),
        sa.Column("first_report_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["proposal_id"],
            ["outage_proposals.id"],
            name=op.f("fk_outage_proposal_shares_proposal_id_outage_proposals"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("proposal_id", "branch", name=op.f("pk_outage_proposal_shares")),
    )


def downgrade() -> None:
    """Go back; what is whose is gathered again."""
    op.drop_table("outage_proposal_shares")
