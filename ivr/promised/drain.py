"""Moves what was promised while the database was away from disk into the register, exactly once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import structlog

from appeals.codes import AppealKind
from appeals.intake.drafts import Draft
from appeals.intake.intake import accept
from appeals.register import Register
from gridline import metrics
from gridline.db import Database
from gridline.errors import GridlineError, Unavailable
from gridline.log import incident
from gridline.numbers.phones import e164
from ivr.journal.entries import CallBegun
from ivr.journal.journal import Journal
from ivr.promised.spool import CallFacts, Spool, SpooledAppeal
from worklist import unregistered
from worklist.codes import ItemKind
from worklist.unregistered import HalfTold
from worklist.worklist import Matter, Worklist

UNMET = "unmet"
"""Stands for Asterisk's boot in the record of a call that ended without a controller."""

log = structlog.get_logger(__name__)


class Drain:
    """Empties one node's spool; safe to repeat after any crash, and to run beside another draining process."""

    def __init__(self, spool: Spool, db: Database, register: Register, worklist: Worklist, journal: Journal) -> None:
        self._spool = spool
        self._db = db
        self._register = register
        self._worklist = worklist
        self._journal = journal
        self._counter_seen = False

    async def run_once(self) -> int:
        """Register everything that waits; returns how many.

        What the register refuses is set aside, logged and counted: it must not hold up the promises behind it.
        Raises Unavailable while the database is away (the files wait).
        """
        drained = 0
        await self._see_to_the_counter()
        for kept in await asyncio.to_thread(lambda: list(self._spool.waiting())):
            try:
                number = await self._bring_in(kept)
            except Unavailable:
                raise
            except GridlineError as error:
                await asyncio.to_thread(self._spool.reject, kept)
                metrics.BACKGROUND_FAILURES.labels("spool").inc()
                log.critical("spool-refused", receipt=kept.receipt, reason=error.message)
                continue
            except Exception:  # ours to mend: it stays where it is, and the next round tries it again
                metrics.BACKGROUND_FAILURES.labels("spool").inc()
                log.exception("spool-not-drained", receipt=kept.receipt, incident=incident())
                continue
            if kept.call is not None:
                self._record(kept.call, kept)
            await asyncio.to_thread(self._spool.done, kept)
            metrics.DRAINED.inc()
            log.info("spool-drained", receipt=kept.receipt, number=number)
            drained += 1
        return drained

    async def _see_to_the_counter(self) -> None:
        """No receipt is given twice, whatever became of the counter: at the start, and when it cannot be read."""
        if self._counter_seen and not await asyncio.to_thread(lambda: self._spool.counter_lost):
            return
        await asyncio.to_thread(self._spool.count_from, await self._register.last_receipt(self._spool.series))
        self._counter_seen = True

    async def _bring_in(self, kept: SpooledAppeal) -> str:
        """Register one; returns its number, or for words without a contact, the id of the item a person has."""
        intake = kept.intake
        if intake["phone"] is None and kept.item is not None:  # a danger: its item says all there is
            return (await self._worklist.open(_matter(kept.item, intake))).id
        nameless = intake.get("kind") == AppealKind.TRUST
        if intake["phone"] is None and not nameless:  # rule R6: no appeal without a contact; no receipt was said
            draft = Draft(
                company_id=str(intake["company_id"]),
                stage=unregistered.CONTACT,
                call_id=_text(intake, "call_id"),
                topic=str(intake["topic"]),
                recording_id=_text(intake, "recording_id"),
            )
            told = HalfTold(draft, _told_at(intake), branch=_text(intake, "branch") or "")
            return (await unregistered.keep(self._db, self._worklist, told)).id
        registered = await self._register.register(accept({**intake, "receipt": kept.receipt}))
        if kept.item is not None:
            await self._worklist.open(_matter(kept.item, intake, registered.appeal_id))
        return registered.number

    def _record(self, call: CallFacts, kept: SpooledAppeal) -> None:
        """The call's record, which no controller wrote, or the one a dead controller began."""
        id = str(kept.intake["call_id"])
        started = datetime.fromisoformat(call.started_at)
        begun = CallBegun(
            id=id,
            node=call.node,
            boot=UNMET,
            linkedid=call.channel,
            dialled=call.dialled,
            caller_raw=call.caller_raw,
            caller=e164(call.caller_raw),
            started_at=started,
            company_id=str(kept.intake["company_id"]),
            answered_at=started,
        )
        self._journal.begin(begun)
        self._journal.end(id, "message", at=datetime.fromisoformat(call.ended_at))


def _matter(item: Mapping[str, str | None], intake: Mapping[str, object], appeal_id: str | None = None) -> Matter:
    """The item as it was kept, its clock begun when it was told. Raises TypeError, ValueError for another version's."""
    fields: dict[str, Any] = {name: value for name, value in item.items() if value is not None}
    kind = ItemKind(fields.pop("kind"))
    return Matter(kind, **(fields | {"appeal_id": appeal_id, "made_at": _told_at(intake)}))


def _text(intake: Mapping[str, object], name: str) -> str | None:
    return str(intake[name]) if intake.get(name) else None


def _told_at(intake: Mapping[str, object]) -> datetime:
    told = _text(intake, "received_at")
    return datetime.fromisoformat(told) if told else datetime.now(UTC)
