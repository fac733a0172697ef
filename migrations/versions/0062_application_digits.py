"""Applications for connection are known by numbers as each company writes them, and found by the digits of those."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0062"
down_revision = "0061"


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("connection_applications") as table:
        table.alter_column("number", type_=sa.String(length=40), existing_type=sa.String(length=12))
        table.add_column(sa.Column("digits", sa.String(length=20), nullable=False, server_default=""))
    op.execute("UPDATE connection_applications SET digits = number")  # all of them were digits until now
    with op.batch_alter_table("connection_applications") as table:
        table.alter_column("digits", server_default=None, existing_type=sa.String(length=20))
    op.create_index(
        op.f("ix_connection_applications_company_id_digits"), "connection_applications", ["company_id", "digits"]
    )


def downgrade() -> None:
    """Go back."""
    op.drop_index(op.f("ix_connection_applications_company_id_digits"), "connection_applications")
    with op.batch_alter_table("connection_applications") as table:
        table.drop_column("digits")
        table.alter_column("number", type_=sa.String(length=12), existing_type=sa.String(length=40))
