"""Served streets, renamed streets, whose feed keeps an outage."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"

COUNTED = "company_id, branch, settlement_key, street_key"


def upgrade() -> None:
    """Go forward; streets are counted from the premises that are there."""
    op.create_table(
        "served_streets",
        sa.Column("company_id", sa.String(length=32), nullable=False),
        sa.Column("branch", sa.String(length=32), nullable=False),
        sa.Column("settlement_key", sa.String(length=100), nullable=False),
        sa.Column("street_key", sa.String(length=100), nullable=False),
        sa.Column("settlement", sa.String(length=100), nullable=False),
        sa.Column("street", sa.String(length=100), nullable=False),
        sa.Column("premises", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("company_id", "branch", "settlement_key", "street_key", name=op.f("pk_served_streets")),
    )
    op.create_table(
        "street_renames",
        sa.Column("company_id", sa.String(length=32), nullable=False),
        sa.Column("settlement_key", sa.String(length=100), nullable=False),
        sa.Column("old_key", sa.String(length=100), nullable=False),
        sa.Column("old", sa.String(length=100), nullable=False),
        sa.Column("new_key", sa.String(length=100), nullable=False),
        sa.Column("new", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("company_id", "settlement_key", "old_key", name=op.f("pk_street_renames")),
    )
    op.execute(
        f"INSERT INTO served_streets ({COUNTED}, settlement, street, premises) "
        f"SELECT {COUNTED}, max(settlement), max(street), count(*) FROM premises GROUP BY {COUNTED}"
    )
    op.create_index(op.f("ix_premises_company_id_transformer"), "premises", ["company_id", "transformer"])
    op.add_column("outages", sa.Column("feed", sa.String(length=40), nullable=False, server_default=""))


def downgrade() -> None:
    """Go back."""
    op.drop_column("outages", "feed")
    op.drop_index(op.f("ix_premises_company_id_transformer"), table_name="premises")
    op.drop_table("street_renames")
    op.drop_table("served_streets")
