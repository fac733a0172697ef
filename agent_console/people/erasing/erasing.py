"""Carries out a person's request: looked at first; then done by a second person, by the acts of every destruction."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from agent_console.calls import forgetting
from agent_console.people.erasing import by_acts, by_number, requests, theirs
from agent_console.people.erasing.by_number import TheirRow
from agent_console.people.erasing.models import ErasureRequest, RequestState
from agent_console.people.erasing.tables import TITLES
from agent_console.people.erasing.theirs import TheirAppeal, TheirCall
from appeals.personal_data import acts
from appeals.personal_data.acts import Destruction
from appeals.personal_data.erasure import Erased, Erasure
from asterisk_conf import records
from asterisk_conf.logs import Logs
from gridline.clock import Clock
from gridline.db import Database
from gridline.scope import Scope
from gridline.settings import Settings
from ivr.journal import anonymous
from outreach import erasure as outreach
from outreach.senders.outbox import OUTBOX
from recordings.erasure import KeptRecordings
from recordings.incoming import Incoming
from recordings.store import Store

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Prospect:
    """What would go, and what would stay and why, if it were carried out now."""

    calls: tuple[TheirCall, ...]
    appeals: tuple[tuple[TheirAppeal, str], ...]
    """Each with why it stays; empty: it goes."""
    rows: tuple[TheirRow, ...]
    """What else has their number or address."""

    @property
    def recordings(self) -> int:
        """Recordings that would go with the calls."""
        return sum(len(one.recordings) for one in self.calls if not one.kept)

    @property
    def is_empty(self) -> bool:
        """Whether nothing would go."""
        kept = [
            *(one.kept for one in self.calls),
            *(kept for _, kept in self.appeals),
            *(row.kept for row in self.rows),
        ]
        return all(kept)

    @property
    def beside(self) -> list[tuple[str, int, list[tuple[int, str]]]]:
        """What else there is: its title, how many rows would go, how many stay and why."""
        found = []
        for kind, title in TITLES.items():
            fates = Counter(row.kept for row in self.rows if row.kind is kind)
            if fates:
                kept = [(number, reason) for reason, number in sorted(fates.items()) if reason]
                found.append((title, fates[""], kept))
        return found


class Erasing:
    """One installation's; `incoming` is where Asterisk records now."""

    def __init__(self, db: Database, clock: Clock, config: Settings, store: Store, incoming: Incoming) -> None:
        self._db = db
        self._store = store
        self._clock = clock
        self._config = config
        self._incoming = incoming
        self._register = Erasure(db, clock, KeptRecordings())

    async def look(self, id: str, *, visible_to: Scope) -> tuple[ErasureRequest, Prospect]:
        """The request and what carrying it out would do. Changes nothing. Raises NotFound, OutOfScope."""
        async with self._db.read() as session:
            request = await requests.find(session, id, visible_to=visible_to)
            calls = await theirs.calls_of(session, request, visible_to=visible_to)
            ids = [one.call.id for one in calls]
            appeals = await theirs.appeals_of(session, request, ids, visible_to=visible_to)
        done = await self._erase(request, appeals, actor="?", witness=request.filed_by, dry_run=True)
        stay = _staying(appeals, done)
        async with self._db.read() as session:
            rows = await by_number.rows_of(session, request, calls, stay, visible_to=visible_to)
        kept = {one.number: one.reason for one in done.kept}
        fates = tuple((one, kept.get(one.number, "")) for one in appeals)
        return request, Prospect(tuple(calls), fates, tuple(rows))

    async def carry_out(self, id: str, *, actor: str, visible_to: Scope) -> list[str]:
        """Erase what may go, as the second person; returns the acts' ids.

        The appeals by their act first, then the calls and whatever else has the number by theirs, in the transaction
        that ends the request; then the sound and the files. Nothing is searched for in it: others wait. What a crash
        leaves undone the next destruction of any kind finishes.

        Raises NotFound, OutOfScope, Conflict for the filer themselves or when it is decided; Unavailable when a file
        cannot be removed.
        """
        async with self._db.read() as session:
            request = await requests.find(session, id, visible_to=visible_to)
            requests.must_wait(request)
            found = await theirs.calls_of(session, request, visible_to=visible_to)
            appeals = await theirs.appeals_of(session, request, [one.call.id for one in found], visible_to=visible_to)
            stay = dict.fromkeys([one.id for one in appeals], False)
            seen = await by_number.rows_of(session, request, found, stay, visible_to=visible_to)
        why = _why(request, actor)
        why.check()
        erased = await self._erase(request, appeals, actor=actor, witness=request.filed_by)
        done = [erased.act_id] if erased.act_id else []
        async with self._db.write() as session:
            request = await requests.find(session, id, visible_to=visible_to, lock=True)
            requests.must_wait(request)
            now = self._clock.now()
            found = await theirs.calls_of(session, request, visible_to=visible_to)
            free = [one for one in found if not one.kept]
            sounds = [row for one in free for row in one.recordings]
            stay = _staying(appeals, erased)
            rows = await by_number.rows_of(session, request, found, stay, visible_to=visible_to, among=seen)
            emptied = by_number.by_kind(rows)
            if free or emptied:
                act = acts.file(
                    session,
                    request.company_id,
                    why,
                    now,
                    fields=["caller"],
                    recordings=[row.id for row in sounds],
                    sums={row.id: row.sha256 for row in sounds if row.sha256},
                    rows=emptied,
                )
                done.append(act.id)
            numbers = await anonymous.callers(session, [one.call.id for one in free])
            await forgetting.forget_callers(session, [one.call.id for one in free], now)
            await by_number.forget(session, rows, now)
            await requests.forget_asker(session, request)
            request.state, request.acts = RequestState.CARRIED_OUT, done
            request.decided_by, request.decided_at = actor, now
        await by_acts.carry_out(self._db, self._clock, self._config, self._store, request.company_id)
        for one in free:
            await self._out_of_files(one, numbers.get(one.call.id, ""))
        gone = sum(len(ids) for ids in emptied.values())
        log.info("erased-by-request", request=id, acts=done, calls=len(free), appeals=len(erased.numbers), rows=gone)
        return done

    async def _erase(
        self,
        request: ErasureRequest,
        appeals: Sequence[TheirAppeal],
        *,
        actor: str,
        witness: str,
        dry_run: bool = False,
    ) -> Erased:
        return await self._register.erase(
            request.company_id,
            [one.number for one in appeals],
            reason=_why(request, actor).reason,
            actor=actor,
            witness=witness,
            dry_run=dry_run,
        )

    async def _out_of_files(self, one: TheirCall, number: str) -> None:
        """Labels, messages on disk, Asterisk's own logs of this node."""
        await asyncio.to_thread(self._incoming.forget_caller, one.call.id)
        async with self._db.read() as session:
            sent = await outreach.files_of_call(session, one.call.id)
        await outreach.remove_files(self._config.var / OUTBOX, sent)
        if one.call.node == self._config.node:
            logs = Logs(self._config.var / "asterisk/var/log", self._config.asterisk_logs_mb)
            await asyncio.to_thread(records.forget_caller, logs, one.call.linkedid, number)


def _staying(appeals: Sequence[TheirAppeal], done: Erased) -> dict[str, bool]:
    """By id, whether an appeal keeps its content: then so does whatever else is of it."""
    return {one.id: one.number in done.staying for one in appeals}


def _why(request: ErasureRequest, actor: str) -> Destruction:
    """Without the person's name: an act is kept for ever."""
    return Destruction(f"требование об удалении данных: {request.paper}"[:300], actor, request.filed_by)
