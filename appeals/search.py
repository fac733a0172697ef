"""Search by words: PostgreSQL's Russian full text, SQLite's FTS5 over the same words stemmed by Snowball."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import snowballstemmer
from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncSession

from appeals.models import Words

LARGEST_PAGE = 200
_MOST_WORDS = 20
_STOP = Path(__file__).parent / "data" / "stopwords.txt"
_RUSSIAN = snowballstemmer.stemmer("russian")
_ENGLISH = snowballstemmer.stemmer("english")

_INSERT = {
    "postgresql": (
        "INSERT INTO appeal_words (company_id, number, words) VALUES"
        " (:company_id, :number, array_to_tsvector(ARRAY[:token]) || to_tsvector('russian', :text))"
    ),
    "sqlite": "INSERT INTO appeal_words (company_id, number, words) VALUES (:company_id, :number, :text)",
}
# The company is a word of the index: else a word common in another company's appeals costs the search its time.
_FIND = {
    "postgresql": (
        "SELECT id, number FROM appeal_words WHERE company_id = :company_id AND id < :before"
        " AND words @@ (CAST(quote_literal(:token) AS tsquery) && plainto_tsquery('russian', :query))"
        " ORDER BY id DESC LIMIT :limit"
    ),
    "sqlite": (
        "SELECT w.id, w.number FROM appeal_words_fts f JOIN appeal_words w ON w.id = f.rowid"
        " WHERE appeal_words_fts MATCH :query AND f.rowid < :before AND w.company_id = :company_id"
        " ORDER BY f.rowid DESC LIMIT :limit"
    ),
}
_NEWEST = 2**62


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
    next_page: int | None


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The stem of one lower-case word; Latin letters are English, as PostgreSQL's `russian` has it."""
    return str((_ENGLISH if word.isascii() else _RUSSIAN).stemWord(word))


def tokens(text: str) -> list[str]:
    """The stems of a text in its order; ё is е."""
    return [stem(word) for word in re.findall(r"\w+", _plain(text).replace("_", " "))]


def _plain(text: str) -> str:
    return text.lower().replace("ё", "е")


def _company(company_id: str) -> str:
    """The company's word: it begins with a private character, so that nobody's query can hold it."""
    return "\ue000" + re.sub(r"[^a-z0-9]", "", company_id)


@cache
def _stop_words() -> frozenset[str]:
    """Words PostgreSQL leaves out of index and query; FTS5 knows none, so they are left out of its queries."""
    lines = _STOP.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


async def add(session: AsyncSession, appeals: Sequence[Indexed]) -> None:
    """Index appeals in the transaction that registers them."""
    dialect = session.get_bind().dialect.name
    lite = dialect == "sqlite"
    rows = [
        {
            "company_id": one.company_id, "number": one.number, "token": _company(one.company_id),
            "text": " ".join([_company(one.company_id), *tokens(one.text)]) if lite else _plain(one.text),
        }
        for one in appeals
        if one.text
    ]  # fmt: skip
    if rows:
        await session.execute(text(_INSERT[dialect]), rows)


async def remove(session: AsyncSession, company_id: str, numbers: Sequence[str]) -> None:
    """Take erased appeals out of the index."""
    await session.execute(delete(Words).where(Words.company_id == company_id, Words.number.in_(numbers)))


async def find(
    session: AsyncSession, company_id: str, query: str, *, limit: int = 50, before: int | None = None
) -> Hits:
    """The newest appeals whose text has every word of `query` in any form; `before` is a page's `next_page`."""
    dialect = session.get_bind().dialect.name
    words = [one for one in re.findall(r"\w+", _plain(query).replace("_", " ")) if one not in _stop_words()]
    words = words[:_MOST_WORDS]
    if not words:
        return Hits((), None)
    limit = min(limit, LARGEST_PAGE)
    match = " ".join(words)
    if dialect == "sqlite":
        match = " AND ".join(f'"{token}"' for token in [_company(company_id), *map(stem, words)])
    given = {
        "company_id": company_id, "query": match, "token": _company(company_id), "limit": limit + 1,
        "before": _NEWEST if before is None else before,
    }  # fmt: skip
    found = (await session.execute(text(_FIND[dialect]), given)).all()
    page = found[:limit]
    return Hits(tuple(row.number for row in page), page[-1].id if len(found) > limit else None)
