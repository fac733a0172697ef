"""Requests to erase name an e-mail address too; calls that agents made are found without a look at all the others.

A form of the site may have no other trace of who sent it than the address. What was agreed to in a call, and who was
called on that, is found by indexes: the caller is forgotten in a transaction that others wait for.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("erasure_requests") as table:
        table.add_column(sa.Column("email", sa.String(length=254), nullable=True))
    called = sa.text("called_by <> ''")
    op.create_index(
        "ix_calls_called", "calls", ["company_id", "started_at"], postgresql_where=called, sqlite_where=called
    )
    op.create_index(op.f("ix_work_attempts_call_id"), "work_attempts", ["call_id"])
    op.create_index(op.f("ix_consents_call_id"), "consents", ["call_id"])
    op.create_index(op.f("ix_campaign_calls_consent_id"), "campaign_calls", ["consent_id"])


def downgrade() -> None:
    """Go back."""
    op.drop_index(op.f("ix_campaign_calls_consent_id"), "campaign_calls")
    op.drop_index(op.f("ix_consents_call_id"), "consents")
    op.drop_index(op.f("ix_work_attempts_call_id"), "work_attempts")
    op.drop_index("ix_calls_called", "calls")
    with op.batch_alter_table("erasure_requests") as table:
        table.drop_column("email")
