"""Menus, words and hours are changed as drafts, and published as versions that can be had back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0065"
down_revision = "0064"


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "edition_drafts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("company_id", sa.String(length=32), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("begun_by", sa.String(length=120), nullable=False),
        sa.Column("base", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition_drafts")),
        sa.UniqueConstraint("company_id", name=op.f("uq_edition_drafts_company_id")),
    )
    op.create_table(
        "edition_saves",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("draft_id", sa.String(length=32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_by", sa.String(length=120), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("before", sa.Integer(), nullable=True),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["draft_id"],
            ["edition_drafts.id"],
            name=op.f("fk_edition_saves_draft_id_edition_drafts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition_saves")),
        sa.UniqueConstraint("draft_id", "revision", name=op.f("uq_edition_saves_draft_id_revision")),
    )
    op.create_table(
        "edition_versions",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("company_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.String(length=120), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition_versions")),
        sa.UniqueConstraint("company_id", "number", name=op.f("uq_edition_versions_company_id_number")),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("edition_versions")
    op.drop_table("edition_saves")
    op.drop_table("edition_drafts")
