"""The settlements and streets a company serves, for whoever chooses one: a caller by keys, a dispatcher by typing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, String, and_, delete, func, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from grid import places
from grid.models import Premise
from grid.places import districts
from grid.places.models import ServedStreet, StreetRename

_ALL = 1_000_000


@dataclass(frozen=True, slots=True)
class Settlement:
    """One settlement of one branch."""

    key: str
    name: str
    """With its district where the table names it: «с. Ивановка (Топкинский р-н)»."""
    branch: str
    premises: int


@dataclass(frozen=True, slots=True)
class Street:
    """One street of a settlement."""

    key: str
    name: str
    """Empty for premises that stand by no street."""
    former: tuple[str, ...]
    """Names it had before."""
    premises: int


async def find_settlements(
    session: AsyncSession, company_id: str, name: str = "", *, branch: str = "", most: int = 20
) -> list[Settlement]:
    """The company's settlements whose name holds words that begin as those of `name`, the largest first.

    Two of one name in two districts, or in two branches, are two settlements. An empty `branch` means any.
    """
    count = func.sum(ServedStreet.premises)
    query = (
        select(ServedStreet.settlement_key, func.max(ServedStreet.settlement), ServedStreet.branch, count)
        .where(ServedStreet.company_id == company_id, *_words(ServedStreet.settlement_key, name))
        .group_by(ServedStreet.settlement_key, ServedStreet.branch)
        .order_by(count.desc(), ServedStreet.settlement_key, ServedStreet.branch)
    )
    if branch:
        query = query.where(ServedStreet.branch.in_(("", branch)))
    return [Settlement(*row) for row in await session.execute(query.limit(most))]


async def find_streets(
    session: AsyncSession, company_id: str, settlement_key: str, name: str = "", *, branch: str = "", most: int = 20
) -> list[Street]:
    """The streets of a settlement whose present or former name holds words that begin as those of `name`."""
    here = (ServedStreet.company_id == company_id, ServedStreet.settlement_key == settlement_key)
    renamed = await session.execute(
        select(StreetRename.new_key, StreetRename.old, StreetRename.old_key).where(
            StreetRename.company_id == company_id, StreetRename.settlement_key == settlement_key
        )
    )
    former: dict[str, list[str]] = {}
    meant = set()
    for new_key, old, old_key in renamed:
        former.setdefault(new_key, []).append(old)
        if name and _begin(old_key, name):
            meant.add(new_key)
    named = and_(*_words(ServedStreet.street_key, name)) if name else literal(True)
    count = func.sum(ServedStreet.premises)
    query = (
        select(ServedStreet.street_key, func.max(ServedStreet.street), count)
        .where(*here, named | ServedStreet.street_key.in_(meant))
        .group_by(ServedStreet.street_key)
        .order_by(count.desc(), ServedStreet.street_key)
    )
    if branch:
        query = query.where(ServedStreet.branch.in_(("", branch)))
    return [
        Street(key, written, tuple(sorted(former.get(key, ()))), premises)
        for key, written, premises in await session.execute(query.limit(most))
    ]


class Settlements:
    """All the settlements of a company, in memory."""

    def __init__(self, found: Iterable[Settlement]) -> None:
        self._by_key: dict[str, list[Settlement]] = defaultdict(list)
        self._by_bare_key: dict[str, list[Settlement]] = defaultdict(list)
        self._by_name: dict[str, list[Settlement]] = defaultdict(list)
        for one in found:
            self._by_key[one.key].append(one)
            name = districts.apart(one.name)[0]
            self._by_bare_key[places.key(name)].append(one)
            self._by_name[places.bare(name)].append(one)

    def meant(self, written: str, branch: str = "") -> list[Settlement]:
        """Those somebody may mean who writes so: by the whole name, without its district, without any kind."""
        key = places.key(written)
        named = self._by_key.get(key) or self._by_bare_key.get(key)
        if not named:
            named = self._by_name.get(key, []) if key == places.bare(written) else []
        return [one for one in named if not branch or one.branch in ("", branch)]


async def settlements(session: AsyncSession, company_id: str) -> Settlements:
    """All the settlements of a company."""
    return Settlements(await find_settlements(session, company_id, most=_ALL))


async def rebuild(session: AsyncSession, companies: Collection[str]) -> None:
    """Count the streets of these companies anew from their premises."""
    columns = (Premise.company_id, Premise.branch, Premise.settlement_key, Premise.street_key)
    counted = (
        select(*columns, func.max(Premise.settlement), func.max(Premise.street), func.count())
        .where(Premise.company_id.in_(companies))
        .group_by(*columns)
    )
    names = ["company_id", "branch", "settlement_key", "street_key", "settlement", "street", "premises"]
    await session.execute(delete(ServedStreet).where(ServedStreet.company_id.in_(companies)))
    await session.execute(insert(ServedStreet).from_select(names, counted))


def _words(column: InstrumentedAttribute[str], name: str) -> list[ColumnElement[bool]]:
    """Each word of the name begins a word of the key. A key holds letters, digits, hyphens and slashes: no wildcard."""
    spaced = literal(" ", String) + column
    return [spaced.like(f"% {word}%") for word in places.key(name).split()]


def _begin(key: str, name: str) -> bool:
    return all(any(own.startswith(word) for own in key.split()) for word in places.key(name).split())
