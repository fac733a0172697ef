"""The words of recordings, a row a channel; erased with their recording by the database itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"

WAITING = sa.text("state = 'waiting'")
ERASED = {
    "sqlite": [
        """CREATE TRIGGER transcripts_erased AFTER UPDATE OF state ON recordings WHEN new.state = 'erased'
           BEGIN DELETE FROM transcripts WHERE recording_id = new.id; END""",
    ],
    "postgresql": [
        """CREATE FUNCTION transcripts_erase() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN DELETE FROM transcripts WHERE recording_id = NEW.id; RETURN NULL; END $$""",
        """CREATE TRIGGER transcripts_erased AFTER UPDATE OF state ON recordings FOR EACH ROW
           WHEN (NEW.state = 'erased') EXECUTE FUNCTION transcripts_erase()""",
    ],
}


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "transcripts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("recording_id", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("engine", sa.String(length=32), nullable=False),
        sa.Column("model", sa.String(length=120), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transcripts")),
        sa.UniqueConstraint("recording_id", "channel", name=op.f("uq_transcripts_recording_id_channel")),
    )
    op.create_index(
        "ix_transcripts_waiting",
        "transcripts",
        ["holder"],
        postgresql_where=WAITING,
        sqlite_where=WAITING,
    )
    for statement in ERASED[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    """Go back; what was heard is lost."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER transcripts_erased ON recordings")
        op.execute("DROP FUNCTION transcripts_erase()")
    else:
        op.execute("DROP TRIGGER transcripts_erased")
    op.drop_index("ix_transcripts_waiting", table_name="transcripts")
    op.drop_table("transcripts")
