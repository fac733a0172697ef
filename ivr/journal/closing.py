"""Closes the records of calls that nobody is left to close: their controller was killed, or their Asterisk died.

Whoever serves a call ends its record; a call that went on without us is on the board until it hangs up. What is
neither in our hands nor on the board is over: as a talk where somebody talked, and else nobody can say how.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog
from sqlalchemy import func, select

from gridline import metrics
from gridline.clock import Clock
from gridline.db import Database
from ivr.journal.journal import Journal
from ivr.journal.models import CallLeg, CallRecord, CallStep

UNKNOWN, TALKED = "unknown", "talked"
LOOK_EVERY_S = 10.0
"""The board is made true every 30 s and a call looked at twice: it is closed within 60 s of its end."""

log = structlog.get_logger(__name__)


async def _nothing_more(_call: CallRecord) -> datetime | None:
    return None


class Closing:
    """One node's. `live(boot, linkedid)` says whether a call is on the line; None while nobody can say.

    `last_told(call)` stores what Asterisk wrote of a call that is over, and says when that was; None: nobody knows.
    """

    def __init__(
        self,
        db: Database,
        journal: Journal,
        clock: Clock,
        node: str,
        live: Callable[[str, str], bool | None],
        last_told: Callable[[CallRecord], Awaitable[datetime | None]] = _nothing_more,
    ) -> None:
        self._db = db
        self._journal = journal
        self._clock = clock
        self._node = node
        self._live = live
        self._last_told = last_told
        self._alive: set[str] = set()
        """Calls without a controller that were seen on the line: they end when they leave it."""
        self._over: dict[str, datetime] = {}
        """Calls that were over when looked at last, and since when; their own end may still be on its way here."""

    async def run_once(self) -> int:
        """Close what was over at two looks in a row; how many. Raises Unavailable while the database is away."""
        open_calls = (CallRecord.node == self._node, CallRecord.ended_at.is_(None))
        async with self._db.read() as session:
            query = select(CallRecord.id, CallRecord.boot, CallRecord.linkedid).where(*open_calls)
            found = (await session.execute(query)).all()
        live = {id: self._live(boot, linkedid) for id, boot, linkedid in found if not self._journal.is_open(id)}
        self._alive = {id for id, there in live.items() if there or id in self._alive}
        now, before = self._clock.now(), self._over
        self._over = {id: before.get(id, now) for id, there in live.items() if there is False}
        over = [id for id in self._over if id in before]
        for id in over:
            await self._close(id)
        return len(over)

    async def _close(self, id: str) -> None:
        async with self._db.read() as session:
            call = await session.get_one(CallRecord, id)
        told_at = await self._last_told(call)
        async with self._db.write() as session:
            call = await session.get_one(CallRecord, id)
            if call.ended_at is not None:
                return
            last_step = await session.scalar(select(func.max(CallStep.ended_at)).where(CallStep.call_id == id))
            last_leg = await session.scalar(select(func.max(CallLeg.ended_at)).where(CallLeg.call_id == id))
            last_seen = max(filter(None, (call.started_at, last_step, last_leg)))
            call.outcome = TALKED if last_leg else UNKNOWN
            call.ended_at = max(last_seen, told_at or (self._over[id] if id in self._alive else last_seen))
            outcome, ended_at = call.outcome, call.ended_at
        metrics.CALLS.labels(call.company_id or "", outcome).inc()
        log.warning("call-closed", call=id, outcome=outcome, ended_at=ended_at.isoformat())
