"""Campaigns that ask: about no outage, with the words they ask in and the answers that were keyed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0068"
down_revision = "0067"


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("campaigns") as table:
        table.alter_column("outage_id", existing_type=sa.String(length=32), nullable=True)
    op.create_table(
        "survey_campaigns",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("company_id", sa.String(length=32), nullable=False),
        sa.Column("survey_id", sa.String(length=32), nullable=False),
        sa.Column("survey", sa.JSON(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("started_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["id"], ["campaigns.id"], name=op.f("fk_survey_campaigns_id_campaigns"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_campaigns")),
    )
    op.create_index(op.f("ix_survey_campaigns_company_id_survey_id"), "survey_campaigns", ["company_id", "survey_id"])
    op.create_table(
        "survey_answers",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("question", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=1), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_id"],
            ["campaign_calls.id"],
            name=op.f("fk_survey_answers_call_id_campaign_calls"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_answers")),
        sa.UniqueConstraint("call_id", "question", name=op.f("uq_survey_answers_call_id_question")),
    )


def downgrade() -> None:
    """Go back; campaigns that asked are lost."""
    op.drop_table("survey_answers")
    op.drop_table("survey_campaigns")
    asked = "(SELECT id FROM campaigns WHERE outage_id IS NULL)"
    op.execute(f"DELETE FROM campaign_calls WHERE campaign_id IN {asked}")
    op.execute("DELETE FROM campaigns WHERE outage_id IS NULL")
    with op.batch_alter_table("campaigns") as table:
        table.alter_column("outage_id", existing_type=sa.String(length=32), nullable=False)
