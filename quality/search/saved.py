"""Saved searches: every query about them. Each is its author's alone, whoever else may see the same talks."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gridline.db import insert_missing, new_id
from gridline.errors import InvalidInput, NotFound
from gridline.numbers.phones import printable
from quality.search.models import SavedSearch

MOST: Final = 30
"""Of one person."""
LONGEST_NAME: Final = 60


async def of_person(session: AsyncSession, user_id: str, company_id: str) -> list[SavedSearch]:
    """What this person has saved about this company, by name."""
    query = select(SavedSearch).where(SavedSearch.user_id == user_id, SavedSearch.company_id == company_id)
    return sorted(await session.scalars(query), key=lambda one: one.name.casefold())


async def save(session: AsyncSession, *, user_id: str, company_id: str, name: str, query: str, now: datetime) -> None:
    """Keep a query string under a name; what the person had under it in this company is replaced.

    Raises InvalidInput for no name, one that is too long, and for one search more than a person may have.
    """
    name = printable(name, at_most=LONGEST_NAME + 1)
    if not name:
        raise InvalidInput("Назовите поиск, чтобы узнать его в списке.")
    if len(name) > LONGEST_NAME:
        raise InvalidInput(f"Название длиннее {LONGEST_NAME} знаков: сократите.")
    row = {"user_id": user_id, "company_id": company_id, "name": name}
    await insert_missing(session, SavedSearch, [row | {"id": new_id(), "query": query, "saved_at": now}])
    of_name = update(SavedSearch).where(*(getattr(SavedSearch, field) == value for field, value in row.items()))
    await session.execute(of_name.values(query=query, saved_at=now))
    kept = select(func.count()).select_from(SavedSearch).where(SavedSearch.user_id == user_id)
    if (await session.execute(kept)).scalar_one() > MOST:
        raise InvalidInput(f"У вас уже {MOST} сохранённых поисков: уберите ненужный и сохраните снова.")


async def remove(session: AsyncSession, id: str, *, user_id: str) -> str:
    """Take a search away; returns the company it was about. Raises NotFound when it is not this person's."""
    found = await session.get(SavedSearch, id)
    if found is None or found.user_id != user_id:
        raise NotFound("Такого сохранённого поиска нет.")
    await session.delete(found)
    return found.company_id
