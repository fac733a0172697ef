"""The words of appeals as they are stored to be found: stemmed for SQLite's FTS5, marked for PostgreSQL's full text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

import snowballstemmer
from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncSession

from appeals.models import Words

SIZES: Final = (16_384, 131_072, 1_048_576)
"""Appeals of one series (a company's year) in a bucket; one of the last size holds the whole series."""
_STOP = Path(__file__).parent.parent / "data" / "stopwords.txt"
_RUSSIAN = snowballstemmer.stemmer("russian")
_ENGLISH = snowballstemmer.stemmer("english")
_INSERT = {
    "postgresql": (
        "INSERT INTO appeal_words (company_id, number, words) VALUES"
        " (:company_id, :number, array_to_tsvector(CAST(:marks AS text[])) || to_tsvector('russian', :text))"
    ),
    "sqlite": "INSERT INTO appeal_words (company_id, number, words) VALUES (:company_id, :number, :text)",
}


@dataclass(frozen=True, slots=True)
class Indexed:
    """The words of one appeal."""

    company_id: str
    number: str
    text: str


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The stem of one lower-case word; Latin letters are English, as PostgreSQL's `russian` has it."""
    return str((_ENGLISH if word.isascii() else _RUSSIAN).stemWord(word))


def tokens(text: str) -> list[str]:
    """The stems of a text in its order; ё is е."""
    return [stem(word) for word in re.findall(r"\w+", plain(text).replace("_", " "))]


def asked(query: str) -> list[str]:
    """The words that a query asks for, in lower case: without those that no search looks for."""
    return [word for word in re.findall(r"\w+", plain(query).replace("_", " ")) if word not in _stop_words()]


@cache
def _stop_words() -> frozenset[str]:
    """Words PostgreSQL leaves out of index and query; FTS5 knows none, so they are left out of its queries."""
    lines = _STOP.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def plain(text: str) -> str:
    """Lower case, ё as е."""
    return text.lower().replace("ё", "е")


async def add(session: AsyncSession, appeals: Sequence[Indexed]) -> None:
    """Index appeals in the transaction that registers them."""
    dialect = session.get_bind().dialect.name
    rows = [
        {
            "company_id": one.company_id,
            "number": one.number,
            **(_stemmed(one) if dialect == "sqlite" else _marked(one)),
        }
        for one in appeals
        if one.text
    ]
    if rows:
        await session.execute(text(_INSERT[dialect]), rows)


def _stemmed(one: Indexed) -> dict[str, Any]:
    return {"text": " ".join([company_mark(one.company_id), *tokens(one.text)])}


def _marked(one: Indexed) -> dict[str, Any]:
    return {"text": plain(one.text), "marks": marks(one.company_id, one.number)}


async def remove(session: AsyncSession, company_id: str, numbers: Sequence[str]) -> None:
    """Take erased appeals out of the index."""
    await session.execute(delete(Words).where(Words.company_id == company_id, Words.number.in_(numbers)))


def company_mark(company_id: str) -> str:
    """A company's word: it begins with a private character, so that nobody's query can hold it."""
    return "\ue000" + re.sub(r"[^a-z0-9]", "", company_id)


def marks(company_id: str, number: str) -> list[str]:
    """The words of the buckets an appeal is in, one of each size."""
    return [mark(company_id, int(number[:2]), size, int(number[2:8])) for size in range(len(SIZES))]


def mark(company_id: str, year: int, size: int, sequence: int) -> str:
    """The word of the bucket of this size that an appeal is in."""
    return f"{company_mark(company_id)}{year:02d}{'bmy'[size]}{sequence // SIZES[size]}"
