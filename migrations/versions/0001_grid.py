"""Subscribers, premises, outages and connection applications."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "connection_applications",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("company_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=12), nullable=False),
        sa.Column("applicant", sa.String(length=200), nullable=False),
        sa.Column("applicant_kind", sa.String(16), nullable=False),
        sa.Column("phone", sa.String(length=16), nullable=True),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("track", sa.String(length=32), nullable=False),
        sa.Column("submitted_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connection_applications")),
        sa.UniqueConstraint("company_id", "number", name=op.f("uq_connection_applications_company_id_number")),
    )
    op.create_table(
        "outages",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("company_id", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("service", sa.String(16), nullable=False),
        sa.Column("planned", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("cause", sa.String(length=300), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expected_end", sa.DateTime(timezone=True), nullable=True),
        sa.Column("actual_end", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outages")),
        sa.UniqueConstraint("company_id", "code", name=op.f("uq_outages_company_id_code")),
    )
    op.create_index(op.f("ix_outages_company_id_starts_at"), "outages", ["company_id", "starts_at"], unique=False)
    op.create_table(
        "subscribers",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("company_id", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscribers")),
        sa.UniqueConstraint("company_id", "account", name=op.f("uq_subscribers_company_id_account")),
    )
    op.create_table(
        "connection_stages",
        sa.Column("application_id", sa.String(length=32), nullable=False),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("turn", sa.String(16), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("next_step", sa.Text(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["connection_applications.id"],
            name=op.f("fk_connection_stages_application_id_connection_applications"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("application_id", "ordinal", name=op.f("pk_connection_stages")),
    )
    op.create_table(
        "premises",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("company_id", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("subscriber_id", sa.String(length=32), nullable=False),
        sa.Column("branch", sa.String(length=32), nullable=False),
        sa.Column("settlement", sa.String(length=100), nullable=False),
        sa.Column("street", sa.String(length=100), nullable=False),
        sa.Column("house", sa.String(length=20), nullable=False),
        sa.Column("building", sa.String(length=20), nullable=False),
        sa.Column("flat", sa.String(length=20), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("settlement_key", sa.String(length=100), nullable=False),
        sa.Column("street_key", sa.String(length=100), nullable=False),
        sa.Column("line", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_premises_subscriber_id_subscribers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_premises")),
        sa.UniqueConstraint("company_id", "code", name=op.f("uq_premises_company_id_code")),
    )
    op.create_index(op.f("ix_premises_company_id_line"), "premises", ["company_id", "line"], unique=False)
    op.create_index(
        op.f("ix_premises_company_id_settlement_key_street_key"),
        "premises",
        ["company_id", "settlement_key", "street_key"],
        unique=False,
    )
    op.create_index(op.f("ix_premises_subscriber_id"), "premises", ["subscriber_id"], unique=False)
    op.create_table(
        "outage_reports",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("company_id", sa.String(length=32), nullable=False),
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("service", sa.String(16), nullable=False),
        sa.Column("premise_id", sa.String(length=32), nullable=True),
        sa.Column("recording_id", sa.String(length=32), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["premise_id"], ["premises.id"], name=op.f("fk_outage_reports_premise_id_premises"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outage_reports")),
    )
    op.create_index(op.f("ix_outage_reports_call_id"), "outage_reports", ["call_id"], unique=False)
    op.create_index(
        op.f("ix_outage_reports_company_id_reported_at"), "outage_reports", ["company_id", "reported_at"], unique=False
    )
    op.create_index(op.f("ix_outage_reports_premise_id"), "outage_reports", ["premise_id"], unique=False)
    op.create_table(
        "outage_scopes",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("outage_id", sa.String(length=32), nullable=False),
        sa.Column("line", sa.String(length=60), nullable=False),
        sa.Column("premise_id", sa.String(length=32), nullable=True),
        sa.Column("settlement", sa.String(length=100), nullable=False),
        sa.Column("street", sa.String(length=100), nullable=False),
        sa.Column("settlement_key", sa.String(length=100), nullable=False),
        sa.Column("street_key", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["outage_id"], ["outages.id"], name=op.f("fk_outage_scopes_outage_id_outages"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["premise_id"], ["premises.id"], name=op.f("fk_outage_scopes_premise_id_premises"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outage_scopes")),
    )
    op.create_index(op.f("ix_outage_scopes_line"), "outage_scopes", ["line"], unique=False)
    op.create_index(op.f("ix_outage_scopes_outage_id"), "outage_scopes", ["outage_id"], unique=False)
    op.create_index(op.f("ix_outage_scopes_premise_id"), "outage_scopes", ["premise_id"], unique=False)
    op.create_index(
        op.f("ix_outage_scopes_settlement_key_street_key"),
        "outage_scopes",
        ["settlement_key", "street_key"],
        unique=False,
    )
    op.create_table(
        "premise_phones",
        sa.Column("premise_id", sa.String(length=32), nullable=False),
        sa.Column("phone", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["premise_id"], ["premises.id"], name=op.f("fk_premise_phones_premise_id_premises"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("premise_id", "phone", name=op.f("pk_premise_phones")),
    )
    op.create_index(op.f("ix_premise_phones_phone"), "premise_phones", ["phone"], unique=False)


def downgrade() -> None:
    """Go back."""
    op.drop_index(op.f("ix_premise_phones_phone"), table_name="premise_phones")
    op.drop_table("premise_phones")
    op.drop_index(op.f("ix_outage_scopes_settlement_key_street_key"), table_name="outage_scopes")
    op.drop_index(op.f("ix_outage_scopes_premise_id"), table_name="outage_scopes")
    op.drop_index(op.f("ix_outage_scopes_outage_id"), table_name="outage_scopes")
    op.drop_index(op.f("ix_outage_scopes_line"), table_name="outage_scopes")
    op.drop_table("outage_scopes")
    op.drop_index(op.f("ix_outage_reports_premise_id"), table_name="outage_reports")
    op.drop_index(op.f("ix_outage_reports_company_id_reported_at"), table_name="outage_reports")
    op.drop_index(op.f("ix_outage_reports_call_id"), table_name="outage_reports")
    op.drop_table("outage_reports")
    op.drop_index(op.f("ix_premises_subscriber_id"), table_name="premises")
    op.drop_index(op.f("ix_premises_company_id_settlement_key_street_key"), table_name="premises")
    op.drop_index(op.f("ix_premises_company_id_line"), table_name="premises")
    op.drop_table("premises")
    op.drop_table("connection_stages")
    op.drop_table("subscribers")
    op.drop_index(op.f("ix_outages_company_id_starts_at"), table_name="outages")
    op.drop_table("outages")
    op.drop_table("connection_applications")
