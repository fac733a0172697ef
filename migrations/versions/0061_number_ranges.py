"""The official numbering tables: ranges of numbers, and which edition of each table is stored."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0059"


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "number_origins",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("operator", sa.String(length=300), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("territory", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_number_origins")),
    )
    op.create_table(
        "number_ranges",
        sa.Column("first", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("origin_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("first", name=op.f("pk_number_ranges")),
    )
    op.create_table(
        "numbering_tables",
        sa.Column("digit", sa.String(length=1), nullable=False),
        sa.Column("edition", sa.String(length=32), nullable=False),
        sa.Column("file", sa.String(length=200), nullable=False),
        sa.Column("ranges", sa.Integer(), nullable=False),
        sa.Column("numbers", sa.BigInteger(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("digit", name=op.f("pk_numbering_tables")),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("numbering_tables")
    op.drop_table("number_ranges")
    op.drop_table("number_origins")
