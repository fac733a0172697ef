"""People who may not work any more: their shift ends, and neither of their telephones signs in at Asterisk (case K17).

Looked for at once when an administrator disables somebody on the page, and every few seconds for whatever was done from
the command line or while this process was away. Sessions end with the person: `sessions` asks at every request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection

from sqlalchemy import select

from agent_console.people.models import User
from agent_console.phone import Phones
from gridline.db import Database


class Leavers:
    """`dismiss(agent)` ends a shift, where there is one."""

    def __init__(self, db: Database, phones: Phones, dismiss: Callable[[str], Awaitable[None]]) -> None:
        self._db = db
        self._phones = phones
        self._dismiss = dismiss
        self._barred: Collection[str] | None = None
        self._turn = asyncio.Lock()

    async def see_off(self) -> None:
        """Take from everybody who was disabled what they work with. Raises Unavailable: tried again later."""
        async with self._turn:
            async with self._db.read() as session:
                query = select(User.agent).where(User.agent.is_not(None), User.disabled_at.is_not(None))
                gone = frozenset(str(agent) for agent in await session.scalars(query))
            if gone != self._barred:
                await self._phones.bar(gone)
                self._barred = gone
            for agent in sorted(gone):
                await self._dismiss(agent)
