"""A caller's words that nobody brought into the register: each becomes a draft, for a person to hear.

Of a call of the trust line they are a report: nobody but the security service may hear them.

Whoever serves the call does that. Where they could not, because this process was killed, the database was away or
the disk was full, the words are found here, when their recording is taken in.
"""

from __future__ import annotations

import asyncio
from datetime import datetime

import structlog

from appeals.intake.drafts import Draft
from appeals.intake.intake import Intake, accept
from appeals.personal_data import trust
from appeals.register import Register
from gridline.db import Database
from ivr.promised.spool import Spool
from ivr.voice import audio
from recordings.incoming import Incoming, Label
from worklist import items, unregistered
from worklist.unregistered import HalfTold
from worklist.worklist import Worklist

STAGE = "cut-off"
SHORTEST_S = 0.3
"""Less sound is a breath or a click, not words."""

log = structlog.get_logger(__name__)


class ToldWords:
    """To be told of each recording while its samples lie there (`recordings.intake`)."""

    def __init__(self, db: Database, register: Register, worklist: Worklist, spool: Spool, incoming: Incoming) -> None:
        self._db = db
        self._register = register
        self._worklist = worklist
        self._spool = spool
        self._incoming = incoming

    async def on_stored(self, label: Label) -> None:
        """Keep a message that no appeal, draft, item or promise rests on. Raises Unavailable: to be told again."""
        if label.kind != "message" or not await asyncio.to_thread(self._is_free, label):
            return
        if await self._register.has_words(label.id, label.company_id, label.call_id):
            return
        async with self._db.read() as session:
            if await items.rests_on(session, label.id, label.call_id):
                return
            nameless = bool(await trust.among(session, [label.call_id]))
        if not label.company_id:  # a label of an earlier version: the recording is with its call all the same
            log.error("words-of-no-company", recording=label.id, call=label.call_id)
            return
        if nameless:
            await self._register.register(told_to_trust(label))
            log.warning("words-found", recording=label.id, call=label.call_id, kind="trust")
            return
        draft = Draft(label.company_id, STAGE, label.call_id, label.caller, recording_id=label.id)
        await unregistered.keep(self._db, self._worklist, HalfTold(draft, datetime.fromisoformat(label.started_at)))
        log.warning("words-found", recording=label.id, call=label.call_id)

    def _is_free(self, label: Label) -> bool:
        """Whether words were said that no promise on disk rests on."""
        if audio.spoken_seconds(self._incoming.samples(label)) < SHORTEST_S:
            return False
        return all(spooled.intake.get("recording_id") != label.id for spooled in self._spool.waiting())


def told_to_trust(label: Label) -> Intake:
    """Words of a call of the trust line: a report, as the call itself would have registered it."""
    return accept(
        {
            "company_id": label.company_id,
            "channel": "phone",
            "kind": "trust",
            "topic": "other",
            "call_id": label.call_id,
            "recording_id": label.id,
            "received_at": label.started_at,
            "idempotency_key": f"call:{label.id}",
        }
    )
