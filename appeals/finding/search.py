"""Search by words: PostgreSQL's Russian full text, SQLite's FTS5 over the same words stemmed by Snowball."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from appeals.finding import buckets
from appeals.finding.words import asked, company_mark, stem
from appeals.models import Counter
from gridline.errors import InvalidInput

LARGEST_PAGE = 200
_MOST_WORDS = 20

_RARE = 4_000
"""A word of fewer appeals than this is asked for in the whole register at once: so many can be sorted."""
# How many appeals have a word, by the statistics autovacuum keeps of the thousand most common ones.
_LEXEMES = """
    SELECT word.lexeme, known.shares[array_position(known.words, word.lexeme)] * size.appeals AS appeals,
        known.words IS NOT NULL AS reckoned
    FROM unnest(to_tsvector('russian', :query)) AS word
    CROSS JOIN (SELECT reltuples AS appeals FROM pg_class WHERE oid = CAST('appeal_words' AS regclass)) AS size
    LEFT JOIN (
        SELECT CAST(CAST(most_common_elems AS text) AS text[]) AS words, most_common_elem_freqs AS shares
        FROM pg_stats WHERE schemaname = current_schema() AND tablename = 'appeal_words' AND attname = 'words'
    ) AS known ON true
"""
# OFFSET 0 keeps the planner from walking the primary key instead: it takes every unknown word for a common one.
_FIND_IN_BUCKETS = """
    SELECT found.number
    FROM unnest(CAST(:marks AS text[]), CAST(:below AS text[])) AS bucket (mark, below)
    CROSS JOIN LATERAL (
        SELECT number FROM (SELECT company_id, number FROM appeal_words WHERE {words} OFFSET 0) AS matching
        WHERE company_id = :company_id AND number < bucket.below ORDER BY number DESC LIMIT :limit
    ) AS found
    LIMIT :limit
"""
# FTS5 gives matches in the order of the rows, the last first: it needs no buckets, but the company as a word, or else
# words common in another company's appeals would cost the search its time.
_FIND_IN_FTS5 = """
    SELECT w.number FROM appeal_words_fts f JOIN appeal_words w ON w.id = f.rowid
    WHERE appeal_words_fts MATCH :query AND w.company_id = :company_id AND f.rowid <= (
        SELECT id FROM appeal_words WHERE company_id = :company_id AND number < :before ORDER BY number DESC LIMIT 1
    )
    ORDER BY f.rowid DESC LIMIT :limit
"""
_NEWEST = "~"
"""Greater than every number."""


@dataclass(frozen=True, slots=True)
class Hits:
    """One page of numbers, newest first; `next_page` is given to the next call, None at the end."""

    numbers: tuple[str, ...]
    next_page: str | None


async def find(
    session: AsyncSession, company_id: str, query: str, *, limit: int = 50, before: str | None = None
) -> Hits:
    """The newest appeals whose text has every word of `query` in any form; `before` is a page's `next_page`.

    Raises InvalidInput for a mangled `before`.
    """
    if before is not None and not re.fullmatch("[0-9]{9}", before):
        raise InvalidInput("Начало страницы указано неверно.")
    words = asked(query)
    if not words:
        return Hits((), None)
    limit = max(1, min(limit, LARGEST_PAGE))
    look = _find_in_fts5 if session.get_bind().dialect.name == "sqlite" else _find_in_buckets
    found = await look(session, company_id, words[:_MOST_WORDS], limit + 1, before)
    page = tuple(found[:limit])
    return Hits(page, page[-1] if len(found) > limit else None)


async def _find_in_fts5(
    session: AsyncSession, company_id: str, words: Sequence[str], wanted: int, before: str | None
) -> list[str]:
    query = " AND ".join(f'"{token}"' for token in [company_mark(company_id), *map(stem, words)])
    given = {"company_id": company_id, "limit": wanted, "before": before or _NEWEST, "query": query}
    return [str(row.number) for row in (await session.execute(text(_FIND_IN_FTS5), given)).all()]


async def _find_in_buckets(
    session: AsyncSession, company_id: str, words: Sequence[str], wanted: int, before: str | None
) -> list[str]:
    """Each word is a condition of its own, the rarest first: GIN then leaps from match to match of the first ones,
    while of one query with every word it reads each word's whole list (three times as long for ten common words).
    """
    lexemes = (await session.execute(text(_LEXEMES), {"query": " ".join(words)})).all()
    if not lexemes:
        return []
    reckoned = sorted((one.appeals or 0 if one.reckoned else math.inf, one.lexeme) for one in lexemes)
    series = select(Counter.year, Counter.last_sequence).where(Counter.company_id == company_id)
    years = [(one.year, one.last_sequence) for one in await session.execute(series.order_by(Counter.year.desc()))]
    walked = list(buckets.walk(company_id, years, before=before, rare=reckoned[0][0] < _RARE))
    conditions = [f"words @@ CAST(:word{n} AS tsquery)" for n in range(len(reckoned))]
    conditions.insert(1, "words @@ CAST(bucket.mark AS tsquery)")
    given: dict[str, Any] = {f"word{n}": _quoted(lexeme) for n, (_, lexeme) in enumerate(reckoned)}
    given |= {"company_id": company_id, "limit": wanted}
    given |= {"marks": [_quoted(one.mark) for one in walked], "below": [one.below for one in walked]}
    statement = text(_FIND_IN_BUCKETS.format(words=" AND ".join(conditions)))
    return [str(row.number) for row in (await session.execute(statement, given)).all()]


def _quoted(lexeme: str) -> str:
    """A lexeme as a query of that one word."""
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"
