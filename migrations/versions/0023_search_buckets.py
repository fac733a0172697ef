"""Larger buckets for the search on PostgreSQL: an appeal's words name the one of 131 072 and its whole series too."""

from __future__ import annotations

from alembic import op

revision = "0023"
down_revision = "0022"

# The words as appeals/finding/buckets.py writes them: a private character, the company, the year, the size, which one.
_SERIES = "chr(57344) || regexp_replace(company_id, '[^a-z0-9]', '', 'g') || left(number, 2)"
_WORDS = f"ARRAY[{_SERIES} || 'm' || CAST(substr(number, 3, 6) AS integer) / 131072, {_SERIES} || 'y0']"


def upgrade() -> None:
    """Go forward."""
    _change(f"words || array_to_tsvector({_WORDS})")


def downgrade() -> None:
    """Go back."""
    _change(f"ts_delete(words, {_WORDS})")


def _change(words: str) -> None:
    """SQLite's FTS5 gives the newest first by itself. The index is made anew, which is quicker than changing it."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP INDEX ix_appeal_words_fts")
        op.execute(f"UPDATE appeal_words SET words = {words}")
        op.execute("CREATE INDEX ix_appeal_words_fts ON appeal_words USING gin (words) WITH (fastupdate=off)")
