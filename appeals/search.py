"""Search by words: PostgreSQL's Russian full text, SQLite's FTS5 over the same words stemmed by Snowball."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import snowballstemmer
from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from appeals.models import Counter, Words
from gridline.errors import InvalidInput

LARGEST_PAGE = 200
_MOST_WORDS = 20
_STOP = Path(__file__).parent / "data" / "stopwords.txt"
_RUSSIAN = snowballstemmer.stemmer("russian")
_ENGLISH = snowballstemmer.stemmer("english")

BUCKET = 16_384
"""Appeals of one series that share a word of their own in PostgreSQL's index.

GIN gives all matches of a query or none: a word of every third appeal would be 300 000 rows to sort for
one page. With the bucket as one more word it is asked bucket by bucket, the newest first, until the page
is full (measured at 1 000 000 appeals: 2-40 ms, against 200-2 300 ms for the whole index at once).
"""
_INSERT = {
    "postgresql": (
        "INSERT INTO appeal_words (company_id, number, words) VALUES"
        " (:company_id, :number, array_to_tsvector(ARRAY[:mark]) || to_tsvector('russian', :text))"
    ),
    "sqlite": "INSERT INTO appeal_words (company_id, number, words) VALUES (:company_id, :number, :text)",
}
# OFFSET 0 keeps the planner from walking the primary key instead: it takes every unknown word for a common one.
_FIND_IN_BUCKETS = """
    SELECT found.number
    FROM unnest(CAST(:marks AS text[])) AS bucket (mark)
    CROSS JOIN LATERAL (
        SELECT number FROM (
            SELECT company_id, number FROM appeal_words
            WHERE words @@ (CAST(bucket.mark AS tsquery) && plainto_tsquery('russian', :query)) OFFSET 0
        ) AS matching
        WHERE company_id = :company_id AND number < :before ORDER BY number DESC LIMIT :limit
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
class Indexed:
    """The words of one appeal."""

    company_id: str
    number: str
    text: str


@dataclass(frozen=True, slots=True)
class Hits:
    """One page of numbers, newest first; `next_page` is given to the next call, None at the end."""

    numbers: tuple[str, ...]
    next_page: str | None


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The stem of one lower-case word; Latin letters are English, as PostgreSQL's `russian` has it."""
    return str((_ENGLISH if word.isascii() else _RUSSIAN).stemWord(word))


def tokens(text: str) -> list[str]:
    """The stems of a text in its order; ё is е."""
    return [stem(word) for word in re.findall(r"\w+", _plain(text).replace("_", " "))]


def _plain(text: str) -> str:
    return text.lower().replace("ё", "е")


def _mark(company_id: str) -> str:
    """A company's word: it begins with a private character, so that nobody's query can hold it."""
    return "\ue000" + re.sub(r"[^a-z0-9]", "", company_id)


def _bucket(company_id: str, year: int, sequence: int) -> str:
    """The word of the bucket an appeal is in."""
    return f"{_mark(company_id)}{year % 100:02d}b{sequence // BUCKET}"


@cache
def _stop_words() -> frozenset[str]:
    """Words PostgreSQL leaves out of index and query; FTS5 knows none, so they are left out of its queries."""
    lines = _STOP.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


async def add(session: AsyncSession, appeals: Sequence[Indexed]) -> None:
    """Index appeals in the transaction that registers them."""
    dialect = session.get_bind().dialect.name
    rows = [
        {
            "company_id": one.company_id, "number": one.number,
            **(_stemmed(one) if dialect == "sqlite" else _marked(one)),
        }
        for one in appeals
        if one.text
    ]  # fmt: skip
    if rows:
        await session.execute(text(_INSERT[dialect]), rows)


def _stemmed(one: Indexed) -> dict[str, str]:
    return {"text": " ".join([_mark(one.company_id), *tokens(one.text)])}


def _marked(one: Indexed) -> dict[str, str]:
    return {"text": _plain(one.text), "mark": _bucket(one.company_id, int(one.number[:2]), int(one.number[2:8]))}


async def remove(session: AsyncSession, company_id: str, numbers: Sequence[str]) -> None:
    """Take erased appeals out of the index."""
    await session.execute(delete(Words).where(Words.company_id == company_id, Words.number.in_(numbers)))


async def find(
    session: AsyncSession, company_id: str, query: str, *, limit: int = 50, before: str | None = None
) -> Hits:
    """The newest appeals whose text has every word of `query` in any form; `before` is a page's `next_page`.

    Raises InvalidInput for a mangled `before`.
    """
    if before is not None and not re.fullmatch("[0-9]{9}", before):
        raise InvalidInput("Начало страницы указано неверно.")
    words = [one for one in re.findall(r"\w+", _plain(query).replace("_", " ")) if one not in _stop_words()]
    if not words:
        return Hits((), None)
    limit = max(1, min(limit, LARGEST_PAGE))
    given: dict[str, Any] = {"company_id": company_id, "limit": limit + 1, "before": before or _NEWEST}
    words = words[:_MOST_WORDS]
    if session.get_bind().dialect.name == "sqlite":
        given["query"] = " AND ".join(f'"{token}"' for token in [_mark(company_id), *map(stem, words)])
        statement = _FIND_IN_FTS5
    else:
        given |= {"query": " ".join(words), "marks": await _buckets(session, company_id, before)}
        statement = _FIND_IN_BUCKETS
    found = [str(row.number) for row in (await session.execute(text(statement), given)).all()]
    page = tuple(found[:limit])
    return Hits(page, page[-1] if len(found) > limit else None)


async def _buckets(session: AsyncSession, company_id: str, before: str | None) -> list[str]:
    """The buckets a page may be in as words of a query, the newest first."""
    query = select(Counter.year, Counter.last_sequence).where(Counter.company_id == company_id)
    marks: list[str] = []
    for year, last in (await session.execute(query.order_by(Counter.year.desc()))).all():
        if before is not None:
            first = f"{year % 100:02d}"
            last = last if before[:2] > first else int(before[2:8]) if before[:2] == first else -1
        marks += [f"'{_bucket(company_id, year, start)}'" for start in range(last - last % BUCKET, -1, -BUCKET)]
    return marks
