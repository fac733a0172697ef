"""Background work in one place at a time: a lease for each piece, in PostgreSQL and by its clock.

A lease lasts LEASE_S and is renewed every RENEW_S, all of a process's in one statement. Its holder counts by a clock of
its own from before it asked, and stops GUARD_S before the database gives the lease to somebody else. What such work
writes is fenced (`Leases.begun`, `Leases.ending`): a process that was stopped in the middle and goes on after its lease
stores nothing, for the database looks at the lease in the same transaction, and drops a transaction that stands still
longer than what is left of it at the least.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final

import structlog
from sqlalchemy import bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from gridline.clock import happens
from gridline.db import Database, new_id
from gridline.errors import Unavailable

LEASE_S: Final = 10.0
RENEW_S: Final = 3.0
GUARD_S: Final = 3.0
"""How long before its end by the database a holder stops, and how long a fenced transaction may stand still."""
RENEW_WITHIN_S: Final = 3.0

# Rows are taken in the order of their names, so that two processes wait for each other and never crosswise.
_TAKE: Final = text(
    """
    INSERT INTO leases AS held (name, holder, until, term)
    SELECT wanted.name, CAST(:holder AS varchar), clock_timestamp() + make_interval(secs => :lease_s), 1
    FROM unnest(CAST(:names AS varchar[])) AS wanted (name)
    LEFT JOIN leases AS known ON known.name = wanted.name
    WHERE known.name IS NULL OR known.holder = CAST(:holder AS varchar) OR known.until < clock_timestamp()
    ORDER BY wanted.name
    ON CONFLICT (name) DO UPDATE
    SET holder = excluded.holder,
        until = excluded.until,
        term = held.term + CASE WHEN held.holder = excluded.holder THEN 0 ELSE 1 END
    WHERE held.holder = excluded.holder OR held.until < clock_timestamp()
    RETURNING held.name, held.term
    """
)
_GIVE_BACK: Final = text("UPDATE leases SET holder = '', until = clock_timestamp() WHERE holder = :holder")
_FENCE: Final = text(
    """
    SELECT set_config('idle_in_transaction_session_timeout', :still_ms, true) FROM leases
    WHERE name = :name AND holder = :holder AND term = :term
    AND until > clock_timestamp() + make_interval(secs => :guard_s)
    """
).bindparams(bindparam("still_ms", str(int(GUARD_S * 1000))), bindparam("guard_s", GUARD_S))

log = structlog.get_logger(__name__)


class LeaseLost(Unavailable):
    """Another process does this work now: nothing was stored."""

    code = "lease-lost"


@dataclass
class HeldLease:
    """A lease while this process has it."""

    name: str
    holder: str
    term: int
    until: float = 0.0
    """By `_now`: the process stops the work then, unless the lease was renewed."""
    lost: asyncio.Event = field(default_factory=asyncio.Event)


_worked_under: ContextVar[HeldLease | None] = ContextVar("lease", default=None)
"""The lease of the work that runs now, and of every task that it begins."""


class Leases:
    """One process's. `run` must go on for anything to be held; work waits for its lease in `hold`."""

    def __init__(self, db: Database, node: str) -> None:
        self._db = db
        self.holder = f"{node}/{new_id()}"
        self._wanted: set[str] = set()
        self._held: dict[str, HeldLease] = {}
        self._fresh = asyncio.Event()
        """Set, and made anew, whenever the database was asked."""
        self._hurry = asyncio.Event()
        db.companions.append(self)

    def holds(self, name: str) -> bool:
        """Whether the work of that name is this process's now."""
        return name in self._held

    async def run(self) -> None:
        """Take and renew for ever; what could not be renewed is given up before it ends."""
        while True:
            self._hurry.clear()
            try:
                await self.renew()
            except Unavailable as error:
                log.warning("leases-not-renewed", held=len(self._held), reason=error.message)
            await self._until_next()

    async def renew(self) -> None:
        """Take what is free of the work that waits here, renew what is held. Raises Unavailable."""
        if not self._wanted:
            return
        asked_at = _now()
        within_s = min([RENEW_WITHIN_S, *(max(0.1, held.until - asked_at) for held in self._held.values())])
        values = {"holder": self.holder, "lease_s": LEASE_S, "names": sorted(self._wanted)}
        async with self._db.write(within_s=within_s) as session:
            terms = {row.name: int(row.term) for row in await session.execute(_TAKE, values)}
        for name in [name for name, held in self._held.items() if terms.get(name) != held.term]:
            self._lose(name)
        for name, term in terms.items():
            held = self._held.get(name)
            if held is None or held.lost.is_set():
                held = self._held[name] = HeldLease(name, self.holder, term)
                log.info("lease-taken", work=name, term=term)
            held.until = asked_at + LEASE_S - GUARD_S
        self._fresh.set()
        self._fresh = asyncio.Event()

    async def hold(self, name: str, work: Callable[[], Awaitable[object]]) -> None:
        """Do the work whenever its lease is here, for as long as it is; over when the work returns.

        What the work raises comes through; a lease that is lost ends it, and it is waited for again.
        """
        self._wanted.add(name)
        self._hurry.set()
        while True:
            held = await self._mine(name)
            if await self._worked(held, work):
                return
            log.warning("work-given-up", work=name, term=held.term)

    async def give_back(self) -> None:
        """Let another process begin at once. The work must have been stopped. Raises Unavailable."""
        for held in self._held.values():
            held.lost.set()
        self._held.clear()
        if self._wanted:
            self._wanted.clear()
            async with self._db.write(within_s=RENEW_WITHIN_S) as session:
                await session.execute(_GIVE_BACK, {"holder": self.holder})

    async def begun(self, session: AsyncSession) -> None:
        """The fence of leased work. Raises LeaseLost."""
        await self._fence(session)

    async def ending(self, session: AsyncSession) -> None:
        """The fence again: after it only the commit is left. Raises LeaseLost."""
        if _worked_under.get() is not None:
            await session.flush()
            await self._fence(session)

    def committed(self, session: AsyncSession) -> None:
        """Nothing more to do."""

    async def _fence(self, session: AsyncSession) -> None:
        held = _worked_under.get()
        if held is None:
            return
        values = {"name": held.name, "holder": held.holder, "term": held.term}
        if (await session.execute(_FENCE, values)).first() is None:
            raise LeaseLost("Эту работу выполняет другой узел.")

    async def _mine(self, name: str) -> HeldLease:
        while (held := self._held.get(name)) is None or held.lost.is_set() or _now() >= held.until:
            await self._fresh.wait()
        return held

    async def _worked(self, held: HeldLease, work: Callable[[], Awaitable[object]]) -> bool:
        """Whether the work came to its end by itself."""
        task = asyncio.create_task(_under(held, work), name=held.name)
        lost = asyncio.create_task(held.lost.wait())
        try:
            await asyncio.wait({task, lost}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                return False
            await task
            return True
        except LeaseLost:
            held.lost.set()
            return False
        finally:
            lost.cancel()
            if not task.done():
                task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _until_next(self) -> None:
        """Until it is time to renew, or somebody waits; what has come to its end meanwhile is given up on time."""
        renew_at = _now() + RENEW_S
        while (left_s := renew_at - _now()) > 0:
            ends_s = min((held.until - _now() for held in self._held.values()), default=left_s)
            if await happens(self._hurry, within_s=max(0.0, min(left_s, ends_s))):
                return
            for name in [name for name, held in self._held.items() if _now() >= held.until]:
                self._lose(name)

    def _lose(self, name: str) -> None:
        held = self._held.pop(name)
        held.lost.set()
        log.warning("lease-ended", work=name, term=held.term)


async def _under(held: HeldLease, work: Callable[[], Awaitable[object]]) -> None:
    _worked_under.set(held)
    await work()


def _now() -> float:
    """Seconds of a clock that nobody sets, and that goes on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
