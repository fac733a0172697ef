"""Streets that were renamed: the present name's key for a former name, whoever still uses it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from grid import places
from grid.places.models import StreetRename

StreetKey = tuple[str, str, str]
"""A company, a settlement's key and a street's key."""


class Renames:
    """Former names of streets."""

    def __init__(self, rows: Iterable[StreetRename]) -> None:
        self._new = {(row.company_id, row.settlement_key, row.old_key): (row.new_key, row.new) for row in rows}

    def present(self, company_id: str, settlement_key: str, street_key: str) -> str:
        """The key of the street's present name; its own where it has no other."""
        return self._new.get((company_id, settlement_key, street_key), (street_key, ""))[0]

    def named(self, company_id: str, settlement_key: str, street: str) -> str:
        """The street's present name; as it is written where it has no other."""
        return self._new.get((company_id, settlement_key, places.key(street)), ("", street))[1]


async def load(session: AsyncSession, companies: Collection[str]) -> Renames:
    """The former names that these companies know."""
    return Renames(await session.scalars(select(StreetRename).where(StreetRename.company_id.in_(companies))))
