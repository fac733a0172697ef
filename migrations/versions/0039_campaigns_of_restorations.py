"""One campaign at a time for an outage, so that a second restoration has its own; consents by their matter."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"

CURRENT = sa.text("state <> 'lapsed'")


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("campaigns") as table:
        table.drop_constraint(op.f("uq_campaigns_outage_id"), type_="unique")
    op.create_index(
        "uq_campaigns_current",
        "campaigns",
        ["outage_id"],
        unique=True,
        postgresql_where=CURRENT,
        sqlite_where=CURRENT,
    )
    op.create_index(op.f("ix_consents_subject_id"), "consents", ["subject_id"])


def downgrade() -> None:
    """Go back; campaigns whose outage went on again are lost."""
    op.drop_index(op.f("ix_consents_subject_id"), table_name="consents")
    op.drop_index("uq_campaigns_current", table_name="campaigns")
    op.execute("DELETE FROM campaigns WHERE state = 'lapsed'")
    with op.batch_alter_table("campaigns") as table:
        table.create_unique_constraint(op.f("uq_campaigns_outage_id"), ["outage_id"])
