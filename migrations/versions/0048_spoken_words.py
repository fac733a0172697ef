"""The words of recordings as they are searched; erased with their recording by the database itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0048"
down_revision = "0047"

WORDS = {
    "sqlite": [
        """CREATE VIRTUAL TABLE spoken_words_fts USING fts5
           (words, content='spoken_words', content_rowid='id', detail='none', tokenize='unicode61')""",
        """CREATE TRIGGER spoken_words_added AFTER INSERT ON spoken_words
           BEGIN INSERT INTO spoken_words_fts (rowid, words) VALUES (new.id, new.words); END""",
        """CREATE TRIGGER spoken_words_removed AFTER DELETE ON spoken_words
           BEGIN INSERT INTO spoken_words_fts (spoken_words_fts, rowid, words)
                 VALUES ('delete', old.id, old.words); END""",
        """CREATE TRIGGER spoken_words_erased AFTER UPDATE OF state ON recordings WHEN new.state = 'erased'
           BEGIN DELETE FROM spoken_words WHERE recording_id = new.id; END""",
    ],
    "postgresql": [
        "CREATE INDEX ix_spoken_words_fts ON spoken_words USING gin (words)",
        """CREATE FUNCTION spoken_words_erase() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN DELETE FROM spoken_words WHERE recording_id = NEW.id; RETURN NULL; END $$""",
        """CREATE TRIGGER spoken_words_erased AFTER UPDATE OF state ON recordings FOR EACH ROW
           WHEN (NEW.state = 'erased') EXECUTE FUNCTION spoken_words_erase()""",
    ],
}


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "spoken_words",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("recording_id", sa.String(length=32), nullable=False),
        sa.Column("words", sa.Text().with_variant(postgresql.TSVECTOR(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spoken_words")),
        sa.UniqueConstraint("recording_id", name=op.f("uq_spoken_words_recording_id")),
    )
    for statement in WORDS[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    """Go back; what was heard is indexed no more."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER spoken_words_erased ON recordings")
        op.execute("DROP FUNCTION spoken_words_erase()")
    else:
        op.execute("DROP TRIGGER spoken_words_erased")
        op.execute("DROP TABLE spoken_words_fts")
    op.drop_table("spoken_words")
