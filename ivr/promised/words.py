"""A caller's words that nobody brought into the register: each becomes a draft, for a person to hear.

Whoever serves the call does that. Where they could not, because this process was killed, the database was away or
the disk was full, the words are found here, when their recording is taken in.
"""

from __future__ import annotations

import asyncio

import structlog

from appeals.register import Draft, Register
from ivr.promised.spool import Spool
from ivr.voice import audio
from recordings.incoming import Incoming, Label

STAGE = "cut-off"
SHORTEST_S = 0.3
"""Less sound is a breath or a click, not words."""

log = structlog.get_logger(__name__)


class ToldWords:
    """To be told of each recording while its samples lie there (`recordings.intake`)."""

    def __init__(self, register: Register, spool: Spool, incoming: Incoming) -> None:
        self._register = register
        self._spool = spool
        self._incoming = incoming

    async def on_stored(self, label: Label) -> None:
        """Keep a message that no appeal, draft or promise rests on. Raises Unavailable: to be told again."""
        if label.kind != "message" or not await asyncio.to_thread(self._is_free, label):
            return
        if await self._register.has_words(label.id, label.company_id, label.call_id):
            return
        if not label.company_id:  # a label of an earlier version: the recording is with its call all the same
            log.error("words-of-no-company", recording=label.id, call=label.call_id)
            return
        draft = Draft(label.company_id, STAGE, label.call_id, label.caller, recording_id=label.id)
        await self._register.draft(draft)
        log.warning("words-found", recording=label.id, call=label.call_id)

    def _is_free(self, label: Label) -> bool:
        """Whether words were said that no promise on disk rests on."""
        if audio.spoken_seconds(self._incoming.samples(label)) < SHORTEST_S:
            return False
        return all(spooled.intake.get("recording_id") != label.id for spooled in self._spool.waiting())
