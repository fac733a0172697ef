"""Moves what was promised while the database was away from disk into the register, exactly once."""

from __future__ import annotations

import asyncio
from datetime import datetime

import structlog

from appeals.intake.intake import accept
from appeals.register import Draft, Register
from gridline import metrics
from gridline.errors import GridlineError, Unavailable
from gridline.log import incident
from gridline.numbers.phones import e164
from ivr.journal.entries import CallBegun
from ivr.journal.journal import Journal
from ivr.promised.spool import CallFacts, Spool, SpooledAppeal

UNMET = "unmet"
"""Stands for Asterisk's boot in the record of a call that ended without a controller."""

log = structlog.get_logger(__name__)


class Drain:
    """Empties one node's spool; safe to repeat after any crash, and to run beside another draining process."""

    def __init__(self, spool: Spool, register: Register, journal: Journal) -> None:
        self._spool = spool
        self._register = register
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
        """Register one; returns its number, or for a message without a contact, the id of a draft for a person."""
        intake = kept.intake
        if (
            kept.call is not None and intake["phone"] is None
        ):  # rule R6: no appeal without a contact; no receipt was said
            draft = Draft(
                company_id=str(intake["company_id"]),
                stage="message",
                call_id=str(intake["call_id"]),
                topic=str(intake["topic"]),
                recording_id=str(intake["recording_id"]),
            )
            return await self._register.draft(draft)
        registered = await self._register.register(accept({**intake, "receipt": kept.receipt}))
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
