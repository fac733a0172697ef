"""Shuts the calls in which the trust line was told something: who called is forgotten at once, wherever it was kept.

Who may see what is left of such a call is one rule (`appeals.personal_data.trust`). This is about the number itself,
which the line must not keep: in the database within the transaction of the registration, in memory and files right
after it, and once more when the call is over, because Asterisk writes its last lines then. docs/trust-line.md says
what becomes of each thing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console import words
from agent_console.card import cards
from agent_console.push import Push
from appeals.personal_data import trust
from asterisk_conf import records
from asterisk_conf.logs import Logs
from grid.offices import visits
from grid.outages import reports
from gridline.clock import Clock
from gridline.db import Database
from gridline.errors import GridlineError
from gridline.numbers.phones import e164
from ivr.desk import devices
from ivr.desk.whisper import Whispers
from ivr.journal import anonymous
from ivr.journal.models import CallRecord
from ivr.live.board import Board
from ivr.live.view import CallKey
from ivr.outbound import calls_out
from ivr.telephony.ami import Ami
from outreach import campaigns, erasure
from quality.marks import marks
from quality.reviews import shutting
from recordings.incoming import Incoming
from worklist.steps import in_bulk
from worklist.steps.matters import Changed

LOOK_S = 5.0
AFTER_END = timedelta(seconds=5)
"""How long after a call's end Asterisk may still write of it: it ends a CDR when the last leg is gone."""

CARD_CALL: Final = "card-call"
"""The topic of pages on which the card is open (`agent_console.card.ringing`)."""
PLACE: Final = "place"
"""The topic of an agent's own pages (`agent_console.pages.phone`)."""

log = structlog.get_logger(__name__)


async def forget_callers(session: AsyncSession, calls: Collection[str], at: datetime) -> None:
    """Empty what the database keeps of the callers of these calls, wherever it is."""
    await anonymous.forget_callers(session, calls)
    await cards.forget_callers(session, calls)
    await reports.forget_callers(session, calls)
    await visits.forget_callers(session, calls)
    await calls_out.forget_callers(session, calls)  # finds its own by the contacts that the next empties
    await in_bulk.forget_callers(session, calls)
    await marks.forget_callers(session, calls)
    await campaigns.forget_callers(session, calls, at=at)
    await erasure.forget_callers(session, calls, at=at)


class Forgetting:
    """One node's. `in_transaction` and `at_once` are told by the register, `run_once` is its job."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        *,
        node: str,
        board: Board,
        ami: Ami,
        push: Push,
        incoming: Incoming,
        whispers: Whispers,
        logs: Logs,
        outbox: Path,
        tell: Callable[[Changed], object],
    ) -> None:
        """`tell`: says to pages that an item of the worklist has ended."""
        self._db = db
        self._clock = clock
        self._node = node
        self._board = board
        self._ami = ami
        self._push = push
        self._incoming = incoming
        self._whispers = whispers
        self._logs = logs
        self._outbox = outbox
        self._tell = tell
        self._ended: list[Changed] = []
        """Items that were ended in a transaction; should it not be committed, a page only looks once more."""
        self._numbers: dict[str, str] = {}
        """Numbers taken out of the database and not yet out of the files, by call."""
        self._begun: set[str] = set()
        """Calls that this process has taken out of its memory and files once."""

    async def in_transaction(self, session: AsyncSession, calls: Collection[str]) -> None:
        """Empty what the database keeps of the callers of these calls."""
        self._numbers |= await anonymous.callers(session, calls)
        now = self._clock.now()
        await forget_callers(session, calls, now)
        self._ended += await shutting.forget_callers(session, calls, now)

    async def at_once(self, call_id: str) -> None:
        """Memory and files, as far as they are there; never raises: what fails is done again by `run_once`."""
        self._begun.add(call_id)
        number = self._numbers.pop(call_id, "")
        self._push.forget(call_id, number, words.phone(e164(number) or ""))
        self._push.publish(f"{CARD_CALL}:{call_id}", "shut", "{}")
        self._whispers.forget(call_id)
        while self._ended:
            self._tell(self._ended.pop())
        call = None
        try:
            async with self._db.read() as session:
                call = await session.get(CallRecord, call_id)
            if call is not None and call.node == self._node:
                await self._out_of_files(call, number)
        except (GridlineError, OSError) as error:
            log.error("trust-call-not-cleared-yet", call=call_id, reason=str(error))
        try:
            if call is not None and call.node == self._node:
                await self._off_the_line(call)
        except GridlineError as error:  # its next lines are cleared after its end
            log.warning("trust-call-number-on-the-line", call=call_id, reason=str(error))

    async def run_once(self) -> None:
        """Again for calls of this node that were shut, until some time after their end."""
        async with self._db.read() as session:
            waiting = [one.call_id for one in await trust.to_clear(session)]
            calls = [call for id in waiting if (call := await session.get(CallRecord, id)) is not None]
        for call in calls:
            if call.node != self._node:
                continue
            if call.id not in self._begun:  # filed at another node, or before this process was started
                await self.at_once(call.id)
            async with self._db.write() as session:  # whatever was still on its way when it was shut
                await self.in_transaction(session, [call.id])
            if call.ended_at is not None and self._clock.now() - call.ended_at > AFTER_END:
                await self._out_of_files(call, self._numbers.pop(call.id, ""))
                async with self._db.write() as session:
                    await trust.cleared(session, call.id, self._clock.now())
                self._begun.discard(call.id)
                log.info("trust-call-cleared", call=call.id)

    async def _off_the_line(self, call: CallRecord) -> None:
        """The live call: from here on neither the board nor what Asterisk writes of it has a number."""
        key = CallKey(call.node, call.boot, call.linkedid)
        if (live := self._board.call(key)) is None:
            return
        if live.agent:
            self._push.publish(f"{PLACE}:{devices.agent_of(live.agent)}", "caller-forgotten", "{}")
        self._board.forget_caller(key)
        for part in ("num", "name", "ani"):
            await self._ami.action("Setvar", Channel=call.linkedid, Variable=f"CALLERID({part})", Value="")

    async def _out_of_files(self, call: CallRecord, number: str) -> None:
        await asyncio.to_thread(self._incoming.forget_caller, call.id)
        async with self._db.read() as session:
            sent = await erasure.files_of_call(session, call.id)
        await erasure.remove_files(self._outbox, sent)
        found = await asyncio.to_thread(records.forget_caller, self._logs, call.linkedid, number)
        if found:
            log.info("trust-call-records-cleared", call=call.id, places=found)
