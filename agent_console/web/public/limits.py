"""How often one address may send a public form, and one place be written down: counted by all processes together.

A count is one row, raised by one statement in the transaction that stores the form. Who has reached a limit is
remembered in memory until it ends: a burst is turned away without asking the database.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import OrderedDict
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from typing import Any, Final

from sqlalchemy import case, delete, literal, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.web.public.models import FormCount
from gridline.clock import Clock
from gridline.db import UtcDateTime
from gridline.errors import GridlineError

HOUR: Final = timedelta(hours=1)
MOST_KNOWN: Final = 100_000
"""Keys remembered in memory; of more the longest known are forgotten, and asked of the store again."""


class TooOften(GridlineError):
    """One address sends forms without end."""

    code = "too-often"
    status = 429

    def __init__(self) -> None:
        super().__init__("С этого адреса отправлено слишком много. Попробуйте через час или позвоните нам.")


class RateLimit:
    """At most so many of one key within an hour of the first; `name` keeps the counts of two limits apart."""

    def __init__(self, name: str, most: int, secret: str, clock: Clock) -> None:
        self._name = name
        self._most = most
        self._secret = secret.encode()
        self._clock = clock
        self._reached: OrderedDict[str, datetime] = OrderedDict()
        self._here: OrderedDict[str, tuple[int, datetime]] = OrderedDict()
        """How many this process let pass unstored, and when counting begins anew."""

    def is_reached(self, key: str) -> bool:
        """Whether this process knows that the limit is reached; nothing is asked of the store."""
        until = self._reached.get(key)
        if until is not None and until <= self._clock.now():
            del self._reached[key]
            until = None
        return until is not None

    def passes(self, key: str) -> bool:
        """Whether one more of which nothing is stored is within the limit: counted by this process alone."""
        now = self._clock.now()
        count, until = self._here.get(key, (0, now))
        count, until = (1, now + HOUR) if until <= now else (count + 1, until)
        self._here[key] = (count, until)
        _forget_beyond(self._here)
        return count <= self._most

    async def admits(self, session: AsyncSession, key: str) -> bool:
        """Whether one more of this key is within the limit; it is counted if so, once the transaction is committed."""
        if self.is_reached(key):
            return False
        now, hidden = self._clock.now(), self._hidden(key)
        over, until = FormCount.until <= now, literal(now + HOUR, UtcDateTime)
        insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
        counted = insert(FormCount).values(key=hidden, count=1, until=until)
        counted = counted.on_conflict_do_update(
            index_elements=[FormCount.key],
            set_={
                "count": case((over, 1), else_=FormCount.count + 1),
                "until": case((over, until), else_=FormCount.until),
            },
            where=or_(over, FormCount.count < self._most),
        )
        if await session.scalar(counted.returning(FormCount.count)) is not None:
            return True
        ends = await session.scalar(select(FormCount.until).where(FormCount.key == hidden))
        self._reached[key] = ends or now
        _forget_beyond(self._reached)
        return False

    def _hidden(self, key: str) -> str:
        """What the store has of it: nobody reads an address there."""
        return f"{self._name}:{hmac.new(self._secret, f'{self._name}:{key}'.encode(), hashlib.sha256).hexdigest()[:32]}"


def _forget_beyond(known: OrderedDict[str, Any]) -> None:
    while len(known) > MOST_KNOWN:
        known.popitem(last=False)


async def forget(session: AsyncSession, now: datetime) -> None:
    """Forget the counts whose hour is over."""
    await session.execute(delete(FormCount).where(FormCount.until <= now))


def household(address: str) -> str:
    """What one subscriber of a network has: an IPv4 address, or the /64 of an IPv6 one."""
    try:
        there = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(there, IPv6Address):
        return str(there.ipv4_mapped) if there.ipv4_mapped else str(IPv6Address(int(there) >> 64 << 64))
    return str(there)
