"""Turns: transactions that decide by what they count wait for each other, by the name of what is counted."""

from __future__ import annotations

from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_WAIT: Final = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")


async def take(session: AsyncSession, *names: str) -> None:
    """Wait until no other transaction has one of these turns; kept to the end of this one, which writes.

    What is counted after it is counted with all that those before it have stored. Raises Unavailable when it takes
    too long. On SQLite a transaction that writes has the only turn already.
    """
    if session.get_bind().dialect.name != "postgresql":
        return
    for name in sorted(set(names)):  # always in one order, or two would wait for each other
        await session.execute(_WAIT, {"name": name})
