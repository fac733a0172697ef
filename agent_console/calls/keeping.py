"""Which recordings have been kept long enough, and their destruction by acts: looked at first, then done.

A recording stays while an appeal of it or of its call is open, or while anybody has put a legal hold on either.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.calls import recordings
from appeals.codes import AppealKind
from appeals.finding import recorded
from appeals.finding.recorded import RecordedAppeal
from appeals.personal_data import acts, trust
from appeals.personal_data.acts import Destruction
from gridline.clock import Clock
from gridline.db import Database
from quality.marks import marks
from recordings.erasure import erase
from recordings.models import Recording, RecordingKind
from recordings.retention import Retention, RetentionKind
from recordings.store import Store

AN_ACT: Final = 500
"""Recordings that one act names: few enough to be judged again while the database is locked."""
_CONNECTION: Final = "connection"
"""The topic of technological connection."""
_COMPLAINTS: Final = frozenset({AppealKind.COMPLAINT, AppealKind.CLAIM})


@dataclass(slots=True)
class Outlook:
    """What a destruction would do: by kind, how many recordings, their seconds and bytes; and what it would leave."""

    due: Counter[RetentionKind] = field(default_factory=Counter)
    seconds: Counter[RetentionKind] = field(default_factory=Counter)
    bytes: Counter[RetentionKind] = field(default_factory=Counter)
    held: int = 0
    """Old enough, and under a legal hold."""
    open: int = 0
    """Old enough, and of an appeal that is still considered."""


@dataclass(frozen=True, slots=True)
class _Judged:
    recording: Recording
    kind: RetentionKind
    is_held: bool
    is_open: bool

    @property
    def is_due(self) -> bool:
        return not self.is_held and not self.is_open


class Keeping:
    """Keeps a company's recordings as long as its rules say. `node` is whose chain an erasure is linked to."""

    def __init__(self, db: Database, clock: Clock, store: Store, retention: Retention, node: str) -> None:
        self._db = db
        self._clock = clock
        self._store = store
        self._retention = retention
        self._node = node

    async def look(self, company_id: str) -> Outlook:
        """What would be destroyed now. Changes nothing."""
        outlook = Outlook()
        async for batch in self._old_enough(company_id):
            for one in batch:
                outlook.held += one.is_held
                outlook.open += one.is_open and not one.is_held
                if one.is_due:
                    outlook.due[one.kind] += 1
                    outlook.seconds[one.kind] += round(one.recording.seconds or 0)
                    outlook.bytes[one.kind] += one.recording.bytes or 0
        return outlook

    async def destroy(self, company_id: str, why: Destruction) -> list[str]:
        """Destroy what is due, each act first and then the sound it names; returns the acts' ids.

        Begins with what earlier acts name and a crash, or a hold that was lifted since, left undone. Raises
        InvalidInput, Conflict (see `Destruction.check`); Unavailable when a file cannot be removed: go on later.
        """
        why.check()
        await self.carry_out(company_id)
        done = []
        async for batch in self._old_enough(company_id):
            ids = [one.recording.id for one in batch if one.is_due]
            if ids and (act := await self._act(company_id, ids, why)) is not None:
                id, named = act
                done.append(id)
                await self.carry_out(company_id, only=named)
        return done

    async def carry_out(self, company_id: str, *, only: Sequence[str] | None = None) -> int:
        """Remove the sound that the company's acts name, or of these recordings alone; returns how many were there."""
        ids = list(only or ())
        if only is None:
            async with self._db.read() as session:
                ids = [id async for act in acts.filed(session, company_id) for id in act["recordings"]]
        erased = await erase(self._db, self._store, ids, node=self._node, at=self._clock.now())
        async with self._db.write() as session:
            await marks.erase(session, ids)
        return len(erased)

    async def _act(self, company_id: str, ids: Sequence[str], why: Destruction) -> tuple[str, list[str]] | None:
        """File the act of those that are still due: a hold may have been set while we looked.

        Returns the act's id and what it names; None where nothing is due any more.
        """
        async with self._db.write() as session:
            rows = await recordings.with_ids(session, ids)
            due = [one.recording for one in await self._judged(session, company_id, rows) if one.is_due]
            if not due:
                return None
            named = [row.id for row in due]
            sums = {row.id: row.sha256 for row in due if row.sha256}
            act = acts.file(session, company_id, why, self._clock.now(), recordings=named, sums=sums)
            return act.id, named

    async def _old_enough(self, company_id: str) -> AsyncIterator[list[_Judged]]:
        """In batches, what has been kept as long as its kind must; no session is open between them."""
        before, last = self._clock.now() - self._retention.shortest(company_id), ""
        while True:
            async with self._db.read() as session:
                rows = await recordings.older(session, company_id, before, after=last, most=AN_ACT)
                judged = await self._judged(session, company_id, rows)
            if not rows:
                return
            yield judged
            last = rows[-1].id

    async def _judged(self, session: AsyncSession, company_id: str, rows: Sequence[Recording]) -> list[_Judged]:
        """Those of these recordings that have been kept long enough, each with what else would keep it."""
        calls = {row.call_id for row in rows}
        named = await recorded.naming(
            session,
            calls=calls,
            recordings=[row.id for row in rows],
            appeals=[row.appeal_id for row in rows if row.appeal_id],
        )
        of_trust = await trust.among(session, calls)
        held = await recordings.held_among(session, calls)
        return [
            judged
            for row in rows
            if (judged := self._judge(row, company_id, named, trust=row.call_id in of_trust, held=row.call_id in held))
        ]

    def _judge(
        self, row: Recording, company_id: str, named: Sequence[RecordedAppeal], *, trust: bool, held: bool
    ) -> _Judged | None:
        mine = [
            one for one in named if row.call_id == one.call_id or row.id == one.recording_id or row.appeal_id == one.id
        ]
        times = {kind: self._retention.of(kind, company_id) for kind in _kinds(row, mine, trust=trust)}
        kind = max(times, key=lambda one: times[one])
        if row.started_at + times[kind] > self._clock.now():
            return None
        is_held = held or any(one.is_held for one in mine)
        return _Judged(row, kind, is_held, any(one.is_open for one in mine))


def _kinds(row: Recording, appeals: Sequence[RecordedAppeal], *, trust: bool) -> list[RetentionKind]:
    """Everything a recording is of; the longest time counts."""
    kinds = [_of_appeal(one) for one in appeals]
    if trust:
        kinds.append(RetentionKind.TRUST)
    if row.kind is RecordingKind.CONSENT:
        kinds.append(RetentionKind.CONSENT)
    return kinds or [RetentionKind.CONSULTATION if row.kind is RecordingKind.TALK else RetentionKind.ROBOT]


def _of_appeal(appeal: RecordedAppeal) -> RetentionKind:
    if appeal.kind in _COMPLAINTS:
        return RetentionKind.COMPLAINT
    return RetentionKind.CONNECTION if appeal.topic == _CONNECTION else RetentionKind.APPEAL
