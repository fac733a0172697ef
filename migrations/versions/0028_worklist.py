"""The worklist, the net, what is kept of outages, consents."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


REPORTED = {"place": 300, "settlement_key": 100, "street_key": 100, "house": 20, "line": 60, "transformer": 60}
TABLES = (
    *("work_contacts", "work_attempts", "work_items"),
    *("outage_tellings", "outage_proposals", "outage_events", "outage_feeds", "net_nodes", "consents"),
)


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "consents",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("company_id", sa.String(length=32), nullable=False),
        sa.Column("phone", sa.String(length=16), nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("recording_id", sa.String(length=32), nullable=True),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.String(length=32), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_call_id", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index(
        op.f("ix_consents_company_id_phone_purpose"), "consents", ["company_id", "phone", "purpose"], unique=False
    )
    op.create_table(
        "net_nodes",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("company_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("parent_id", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["net_nodes.id"], name=op.f("fk_net_nodes_parent_id_net_nodes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_net_nodes")),
        sa.UniqueConstraint("company_id", "kind", "code", name=op.f("uq_net_nodes_company_id_kind_code")),
    )
    op.create_index(op.f("ix_net_nodes_parent_id"), "net_nodes", ["parent_id"])
    op.create_table(
        "outage_feeds",
        sa.Column("company_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("good_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("company_id", "name", name=op.f("pk_outage_feeds")),
    )
    op.create_table(
        "work_items",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("company_id", sa.String(length=32), nullable=False),
        sa.Column("branch", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(length=32), nullable=True),
        sa.Column("recording_id", sa.String(length=32), nullable=True),
        sa.Column("phone", sa.String(length=16), nullable=True),
        sa.Column("premise_id", sa.String(length=32), nullable=True),
        sa.Column("place", sa.String(length=300), nullable=False),
        sa.Column("topic", sa.String(length=32), nullable=False),
        sa.Column("appeal_id", sa.String(length=32), nullable=True),
        sa.Column("promise_id", sa.String(length=32), nullable=True),
        sa.Column("subject_id", sa.String(length=32), nullable=True),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("level", sa.String(16), nullable=False),
        sa.Column("ending", sa.String(16), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=80), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_items")),
    )
    op.create_index(op.f("ix_work_items_appeal_id"), "work_items", ["appeal_id"])
    op.create_index(op.f("ix_work_items_call_id"), "work_items", ["call_id"])
    op.create_index(op.f("ix_work_items_company_id_made_at"), "work_items", ["company_id", "made_at"])
    op.create_index(
        "ix_work_items_open",
        "work_items",
        ["company_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(op.f("ix_work_items_phone"), "work_items", ["phone"])
    op.create_index(
        "uq_work_items_open_key",
        "work_items",
        ["company_id", "key"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "outage_events",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("outage_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["outage_id"], ["outages.id"], name=op.f("fk_outage_events_outage_id_outages"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outage_events")),
    )
    op.create_index(op.f("ix_outage_events_outage_id_at"), "outage_events", ["outage_id", "at"])
    op.create_table(
        "outage_proposals",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("company_id", sa.String(length=32), nullable=False),
        sa.Column("branch", sa.String(length=32), nullable=False),
        sa.Column("service", sa.String(16), nullable=False),
        sa.Column("key", sa.String(length=240), nullable=False),
        sa.Column("scope", sa.JSON(), nullable=False),
        sa.Column("reports", sa.Integer(), nullable=False),
        sa.Column("first_report_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=80), nullable=False),
        sa.Column("outage_id", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["outage_id"], ["outages.id"], name=op.f("fk_outage_proposals_outage_id_outages"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outage_proposals")),
    )
    op.create_index(
        op.f("ix_outage_proposals_company_id_state"), "outage_proposals", ["company_id", "state"], unique=False
    )
    op.create_table(
        "outage_tellings",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("outage_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("way", sa.String(length=16), nullable=False),
        sa.Column("call_id", sa.String(length=32), nullable=True),
        sa.Column("phone", sa.String(length=16), nullable=True),
        sa.Column("told", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["outage_id"], ["outages.id"], name=op.f("fk_outage_tellings_outage_id_outages"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outage_tellings")),
    )
    op.create_index(op.f("ix_outage_tellings_call_id"), "outage_tellings", ["call_id"])
    op.create_index(op.f("ix_outage_tellings_outage_id_at"), "outage_tellings", ["outage_id", "at"])
    op.create_table(
        "work_attempts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("item_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("result", sa.String(16), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("call_id", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["item_id"], ["work_items.id"], name=op.f("fk_work_attempts_item_id_work_items"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_attempts")),
    )
    op.create_index(op.f("ix_work_attempts_item_id_at"), "work_attempts", ["item_id", "at"])
    op.create_table(
        "work_contacts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("item_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("call_id", sa.String(length=32), nullable=True),
        sa.Column("recording_id", sa.String(length=32), nullable=True),
        sa.Column("phone", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(
            ["item_id"], ["work_items.id"], name=op.f("fk_work_contacts_item_id_work_items"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_contacts")),
    )
    op.create_index(op.f("ix_work_contacts_call_id"), "work_contacts", ["call_id"])
    op.create_index(op.f("ix_work_contacts_item_id"), "work_contacts", ["item_id"])
    with op.batch_alter_table("outages") as table:
        table.add_column(sa.Column("source", sa.String(16), nullable=False, server_default="table"))
        table.add_column(sa.Column("branch", sa.String(length=32), nullable=False, server_default=""))
        table.add_column(sa.Column("parent_id", sa.String(length=32), nullable=True))
        table.add_column(sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        table.create_foreign_key(op.f("fk_outages_parent_id_outages"), "outages", ["parent_id"], ["id"])
    op.create_index(op.f("ix_outages_parent_id"), "outages", ["parent_id"])
    op.execute("UPDATE outages SET confirmed_at = actual_end WHERE status = 'restored'")
    with op.batch_alter_table("outage_reports") as table:
        table.add_column(sa.Column("last_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("contacts", sa.Integer(), nullable=False, server_default="1"))
        table.add_column(sa.Column("channel", sa.String(16), nullable=False, server_default="phone"))
        table.add_column(sa.Column("branch", sa.String(length=32), nullable=False, server_default=""))
        table.add_column(sa.Column("phone", sa.String(length=16), nullable=True))
        for name, length in REPORTED.items():
            table.add_column(sa.Column(name, sa.String(length=length), nullable=False, server_default=""))
        table.add_column(sa.Column("outage_id", sa.String(length=32), nullable=True))
        table.add_column(sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
        table.alter_column("call_id", existing_type=sa.String(length=32), nullable=True)
        table.create_foreign_key(
            op.f("fk_outage_reports_outage_id_outages"), "outages", ["outage_id"], ["id"], ondelete="SET NULL"
        )
    op.execute("UPDATE outage_reports SET last_at = reported_at")
    with op.batch_alter_table("outage_reports") as table:
        table.alter_column("last_at", existing_type=sa.DateTime(timezone=True), nullable=False)
    still_open = sa.text("closed_at IS NULL")
    op.create_index(
        "ix_outage_reports_open",
        "outage_reports",
        ["company_id"],
        postgresql_where=still_open,
        sqlite_where=still_open,
    )
    op.create_index(op.f("ix_outage_reports_outage_id"), "outage_reports", ["outage_id"])
    for name, length in {"transformer": 60, "substation": 60, "houses": 300}.items():
        op.add_column("outage_scopes", sa.Column(name, sa.String(length=length), nullable=False, server_default=""))
    op.create_index(op.f("ix_outage_scopes_substation"), "outage_scopes", ["substation"])
    op.create_index(op.f("ix_outage_scopes_transformer"), "outage_scopes", ["transformer"])
    for name in ("transformer", "substation"):
        op.add_column("premises", sa.Column(name, sa.String(length=60), nullable=False, server_default=""))


def downgrade() -> None:
    """Go back: a report that came by no call has nowhere to go."""
    for name in ("substation", "transformer"):
        op.drop_column("premises", name)
        op.drop_index(op.f(f"ix_outage_scopes_{name}"), table_name="outage_scopes")
    for name in ("houses", "substation", "transformer"):
        op.drop_column("outage_scopes", name)
    for name in ("ix_outage_reports_outage_id", "ix_outage_reports_open"):
        op.drop_index(name, table_name="outage_reports")
    op.execute("DELETE FROM outage_reports WHERE call_id IS NULL")
    with op.batch_alter_table("outage_reports") as table:
        table.drop_constraint(op.f("fk_outage_reports_outage_id_outages"), type_="foreignkey")
        for name in ("last_at", "contacts", "channel", "branch", "phone", *REPORTED, "outage_id", "closed_at"):
            table.drop_column(name)
        table.alter_column("call_id", existing_type=sa.String(length=32), nullable=False)
    op.drop_index(op.f("ix_outages_parent_id"), table_name="outages")
    with op.batch_alter_table("outages") as table:
        table.drop_constraint(op.f("fk_outages_parent_id_outages"), type_="foreignkey")
        for name in ("source", "branch", "parent_id", "confirmed_at", "version"):
            table.drop_column(name)
    for name in TABLES:
        op.drop_table(name)
