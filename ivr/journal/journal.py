"""The journal of calls: takes each step without making the call wait, and stores it behind the call's back.

Order of safety: the database; while that is away, a synced file under `var/spool`, read back when it answers
again. Only when the disk takes nothing either, and the queue in memory is full, an entry is lost: counted and logged.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import structlog
from sqlalchemy import Table, UpdateBase, bindparam, update

from appeals.models import TrustCall
from grid.outages.models import OutageTelling
from gridline import metrics
from gridline.clock import Clock, happens
from gridline.db import Database, Refused
from gridline.errors import Unavailable
from ivr.journal.entries import (
    OF_CALL,
    CallBegun,
    CallEnded,
    ConnectionAsked,
    JournalEntry,
    NoticePlayed,
    OutageTold,
    StepTaken,
)
from ivr.journal.models import CallConsultation, CallRecord, CallStep
from ivr.journal.spool import JournalSpool

BATCH = 500
"""Entries a transaction at most."""
GATHER_S = 0.5
"""How long the first entry waits for others, to share its transaction: at 40 calls a second a call's record costs
less than 1 ms of CPU instead of 9. A crash of this process loses no more than this."""
WITHIN_S = 5.0

log = structlog.get_logger(__name__)
_CALLS, _STEPS = cast("Table", CallRecord.__table__), cast("Table", CallStep.__table__)
_TELLINGS = cast("Table", OutageTelling.__table__)
_TRUST = cast("Table", TrustCall.__table__)
_CONSULTATIONS = cast("Table", CallConsultation.__table__)
_CHANGE = update(_CALLS).where(_CALLS.c.id == bindparam(OF_CALL))
"""Fills the columns of a call that its rows name."""


class Journal:
    """One for the process; `run()` must be running for anything to be stored.

    `begin`, `step`, `notice`, `told`, `asked`, `shut`, `end` return at once and never raise: a call does not
    suffer for its record.
    """

    def __init__(
        self, db: Database, clock: Clock, folder: Path, *, capacity: int = 20_000, retry_s: float = 5.0
    ) -> None:
        self._db = db
        self._clock = clock
        self._spool = JournalSpool(folder)
        self._retry_s = retry_s
        self._queue: asyncio.Queue[JournalEntry] = asyncio.Queue(capacity)
        self._calls: dict[str, CallBegun] = {}
        self._steps: Counter[str] = Counter()
        self._next_try = 0.0
        self._hurry = asyncio.Event()
        self.counts: Counter[str] = Counter()
        """Entries by what became of them: stored, spooled, rejected, lost."""

    def begin(self, call: CallBegun) -> None:
        """A call reached the controller (again, after a crash: it goes on)."""
        self._calls[call.id] = call
        self._put(JournalEntry(call))

    def step(self, call_id: str, step: StepTaken) -> None:
        """Something happened in a place of the menu."""
        call = self._begun(call_id)
        if call is not None:
            step.ordinal = self._steps[call_id]
            self._put(JournalEntry(call, step))
            self._steps[call_id] += 1

    def notice(self, call_id: str, notice: NoticePlayed) -> None:
        """The recording notice was played."""
        call = self._begun(call_id)
        if call is not None:
            self._put(JournalEntry(call, notice))

    def told(self, call_id: str, told: OutageTold) -> None:
        """The caller was told of an outage."""
        call = self._begun(call_id)
        if call is not None:
            self._put(JournalEntry(call, told))

    def asked(self, call_id: str, asked: ConnectionAsked) -> None:
        """The caller asked how to connect."""
        call = self._begun(call_id)
        if call is not None:
            self._put(JournalEntry(call, asked))

    def shut(self, call_id: str) -> None:
        """The call is the trust line's: as soon as the database takes it, whoever calls is forgotten everywhere."""
        call = self._begun(call_id)
        if call is not None:
            self.begin(call.without_caller())

    def end(
        self, call_id: str, outcome: str, *, branch: str = "", flow_version: str = "", at: datetime | None = None
    ) -> None:
        """The call is over: now, or since `at`."""
        call = self._begun(call_id)
        if call is not None:
            self._put(JournalEntry(call, CallEnded(outcome, at or self._clock.now(), branch, flow_version)))
            del self._calls[call_id]
            del self._steps[call_id]

    def is_open(self, call_id: str) -> bool:
        """Whether this call was begun here and not ended yet."""
        return call_id in self._calls

    async def flush(self) -> None:
        """Wait until everything told so far is in the database or on disk."""
        self._hurry.set()
        await self._queue.join()
        self._hurry.clear()

    async def run(self) -> None:
        """Store until cancelled; what is still in memory then goes to disk."""
        batch: list[JournalEntry] = []
        try:
            while True:
                batch = await self._take()
                if batch:
                    await self._gather(batch)
                    await self._keep(batch)
                    self._done(batch)
                batch = []
                if self._due() and not self._spool.empty:
                    await self._read_back()
        finally:
            self._leave(batch + self._all_queued())

    def _begun(self, call_id: str) -> CallBegun | None:
        call = self._calls.get(call_id)
        if call is None:
            log.error("journal-unknown-call", call=call_id)
            self._count("lost", 1)
        return call

    def _put(self, entry: JournalEntry) -> None:
        try:
            self._queue.put_nowait(entry)
        except asyncio.QueueFull:
            # Writing to a disk that is likely stuck too would hold up every call of this process.
            self._count("lost", 1)
            log.critical("journal-entry-lost", call=entry.call.id, lost=self.counts["lost"])

    async def _take(self) -> list[JournalEntry]:
        """The next entries, at least one; none when it is time to read the spool back."""
        wait_s = None if self._spool.empty else max(0.0, self._next_try - asyncio.get_running_loop().time())
        try:
            async with asyncio.timeout(wait_s):
                first = await self._queue.get()
        except TimeoutError:
            return []
        return [first, *self._all_queued(BATCH - 1)]

    async def _gather(self, batch: list[JournalEntry]) -> None:
        """Let others join the batch; in place, so that a cancelled run still knows of them."""
        if len(batch) < BATCH:
            await happens(self._hurry, within_s=GATHER_S)
            batch += self._all_queued(BATCH - len(batch))

    def _all_queued(self, at_most: int | None = None) -> list[JournalEntry]:
        found: list[JournalEntry] = []
        while not self._queue.empty() and (at_most is None or len(found) < at_most):
            found.append(self._queue.get_nowait())
        return found

    def _done(self, batch: Sequence[JournalEntry]) -> None:
        for _ in batch:
            self._queue.task_done()

    def _leave(self, left: Sequence[JournalEntry]) -> None:
        """Put what is in memory on disk, at the end."""
        if not left:
            return
        try:
            self._spool.append([entry.to_line() for entry in left])
            self._count("spooled", len(left))
        except OSError as error:
            self._count("lost", len(left))
            log.critical("journal-entries-lost", error=str(error), lost=len(left))
        self._done(left)

    def _due(self) -> bool:
        return asyncio.get_running_loop().time() >= self._next_try

    async def _keep(self, batch: Sequence[JournalEntry]) -> None:
        """Bring `batch` into the database or to disk, however long that takes."""
        while True:
            if self._due() and await self._stored(batch):
                return
            try:
                await asyncio.to_thread(self._spool.append, [entry.to_line() for entry in batch])
            except OSError as error:
                log.critical("journal-nowhere-to-store", error=str(error), waiting=self._queue.qsize())
                await asyncio.sleep(self._retry_s)
            else:
                self._count("spooled", len(batch))
                return

    async def _stored(self, batch: Sequence[JournalEntry]) -> bool:
        """Whether the database took it; False: it is away, and is not asked again before `retry_s`."""
        try:
            await self._store(batch)
        except Unavailable as error:
            self._next_try = asyncio.get_running_loop().time() + self._retry_s
            log.error("journal-database-away", error=error.message, entries=len(batch))
            return False
        return True

    async def _store(self, batch: Sequence[JournalEntry]) -> None:
        try:
            await self._write(batch)
        except Refused as error:
            if len(batch) > 1:  # one wrong entry must not take the others with it
                for entry in batch:
                    await self._store([entry])
                return
            log.error("journal-entry-rejected", call=batch[0].call.id, error=str(error))
            await asyncio.to_thread(self._spool.reject, [entry.to_line() for entry in batch])
            self._count("rejected", 1)
        else:
            self._count("stored", len(batch))

    async def _write(self, batch: Sequence[JournalEntry]) -> None:
        calls = {entry.call.id: entry for entry in batch}
        steps = [entry.fact_row() for entry in batch if isinstance(entry.fact, StepTaken)]
        tellings = [entry.fact_row() for entry in batch if isinstance(entry.fact, OutageTold)]
        asked = [entry.fact_row() for entry in batch if isinstance(entry.fact, ConnectionAsked)]
        later = [entry.fact_row() for entry in batch if isinstance(entry.fact, NoticePlayed | CallEnded)]
        shut = [row for entry in calls.values() if (row := entry.trust_row()) is not None]
        work: list[tuple[UpdateBase, Sequence[dict[str, Any]]]] = [
            (self._db.insert_missing(_TRUST), shut),
            (self._db.insert_missing(_CALLS), [entry.call_row() for entry in calls.values()]),
            (self._db.insert_missing(_STEPS), steps),
            (self._db.insert_missing(_TELLINGS), tellings),
            (self._db.insert_missing(_CONSULTATIONS), asked),
            *((_CHANGE, rows) for rows in _alike(later)),
        ]
        await self._db.store(work, within_s=WITHIN_S)

    async def _read_back(self) -> None:
        """Bring what waits on disk into the database, as far as it answers."""
        try:
            for lines in self._spool.read(BATCH):
                entries: list[JournalEntry] = []
                for line in filter(None, lines):
                    try:
                        entries.append(JournalEntry.from_line(line))
                    except ValueError as error:
                        log.error("journal-line-rejected", error=str(error))
                        await asyncio.to_thread(self._spool.reject, [line])
                        self._count("rejected", 1)
                if entries and not await self._stored(entries):
                    return
            log.info("journal-spool-read-back", stored=self.counts["stored"])
        except OSError as error:
            log.critical("journal-spool-unreadable", error=str(error))
            self._next_try = asyncio.get_running_loop().time() + self._retry_s

    def _count(self, what: str, entries: int) -> None:
        self.counts[what] += entries
        metrics.JOURNAL.labels(what).inc(entries)


def _alike(rows: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """The rows in groups that fill the same columns, each group one statement; order within a call does not matter."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(tuple(row), []).append(row)
    return list(groups.values())
