"""Who is owed a call, calls themselves and is answered: what they were owed is done at that moment."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from gridline.errors import Unavailable
from gridline.numbers.phones import e164
from ivr.desk import devices
from ivr.telephony import events as ev
from ivr.telephony.events import Event
from worklist.callbacks import Callbacks

MOST_KEPT = 20_000
"""Answers kept in memory while the database is away; beyond it the oldest are let go: their items stay open."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Answered:
    company_id: str
    phone: str
    call_id: str
    agent: str


class CalledAgain:
    """Follows the answers of agents. `id_of(uniqueid)`: our id of the call with this channel."""

    def __init__(self, callbacks: Callbacks, id_of: Callable[[str], str]) -> None:
        self._callbacks = callbacks
        self._id_of = id_of
        self._answered: deque[_Answered] = deque(maxlen=MOST_KEPT)
        self._news = asyncio.Event()

    def on_event(self, event: Event) -> None:
        """Take an event of Asterisk in; quick."""
        if isinstance(event, ev.AgentConnected):
            channel = event.channel
            phone = e164(channel.caller)
            if phone is not None and channel.company:
                agent = devices.agent_of(event.agent)
                self._answered.append(_Answered(channel.company, phone, self._id_of(channel.uniqueid), agent))
                self._news.set()

    async def run(self) -> None:
        """Until cancelled: end what is owed no more; begun anew by its job while the database is away."""
        while True:
            await self._news.wait()
            self._news.clear()
            while self._answered:
                one = self._answered[0]
                try:
                    ended = await self._callbacks.called_again(
                        one.company_id, one.phone, call_id=one.call_id, actor=f"agent:{one.agent}"
                    )
                except Unavailable:
                    self._news.set()
                    raise
                self._answered.popleft()
                if ended:
                    log.info("called-again", call=one.call_id, items=len(ended))
