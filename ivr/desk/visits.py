"""Every caller's wait in a queue, from Asterisk's events into `queue_visits`: what history and service level rest on.

A visit is written when it is over; those under way are on the board, and after a restart of this process they are
taken up again from Asterisk's state.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from gridline.clock import Clock
from gridline.db import Database, new_id
from gridline.errors import Unavailable
from ivr.desk import devices
from ivr.desk.models import LOST, Left, QueueVisit
from ivr.journal.models import call_id
from ivr.telephony import events as ev
from ivr.telephony.events import Channel, Event
from ivr.telephony.state import Snapshot

DECIDED = timedelta(seconds=3)
"""app_queue tells who answered within milliseconds of the caller's leaving; without it nobody did."""
MOST_UNWRITTEN = 20_000
"""Visits kept in memory while the database is away; beyond it the oldest are lost, and the log says so."""
TALKS_KEPT = 5000
_WRITE_EVERY_S = 1.0

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Waiting:
    """One caller in one queue, or just out of it."""

    channel: Channel
    queue: str
    entered_at: datetime
    boot: str
    missed: int = 0
    left_at: datetime | None = None


class Visits:
    """One node's. `boot()` names the run of Asterisk that the events come from; `on_lost` is told of each wait in
    vain, with the caller's channel, and must be quick."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        node: str,
        boot: Callable[[], str],
        on_lost: Callable[[QueueVisit, Channel], None] = lambda visit, channel: None,
    ) -> None:
        self._db = db
        self._clock = clock
        self._node = node
        self._boot = boot
        self._on_lost = on_lost
        self._waiting: dict[str, _Waiting] = {}
        self._talked: OrderedDict[str, None] = OrderedDict()
        self._done: deque[QueueVisit] = deque()

    def talked(self, uniqueid: str) -> bool:
        """Whether this caller has spoken with an agent from a queue."""
        return uniqueid in self._talked

    def on_event(self, event: Event) -> None:
        """Take an event of Asterisk in."""
        match event:
            case ev.CallerJoinedQueue(channel=channel):
                known = self._waiting.get(channel.uniqueid)
                if known is not None and (known.queue, known.left_at) == (event.queue, None):
                    return  # told twice
                self._close(channel.uniqueid, Left.UNSERVED)
                self._waiting[channel.uniqueid] = _Waiting(channel, event.queue, event.at, self._boot())
            case ev.AgentDidNotAnswer(channel=channel):
                if channel.uniqueid in self._waiting:
                    self._waiting[channel.uniqueid].missed += 1
            case ev.CallerAbandonedQueue(channel=channel):
                self._close(channel.uniqueid, Left.ABANDONED, event.at)
            case ev.ChannelHungUp(channel=channel):
                known = self._waiting.get(channel.uniqueid)
                unserved = known is not None and known.left_at is not None
                self._close(channel.uniqueid, Left.UNSERVED if unserved else Left.ABANDONED, event.at)
            case ev.CallerLeftQueue(channel=channel):
                if channel.uniqueid in self._waiting:
                    self._waiting[channel.uniqueid].left_at = event.at
            case ev.AgentConnected(channel=channel):
                self._talked[channel.uniqueid] = None
                if len(self._talked) > TALKS_KEPT:
                    self._talked.popitem(last=False)
                self._close(channel.uniqueid, Left.ANSWERED, event.at, devices.agent_of(event.agent), event.rang_s)

    def rebuild(self, snapshot: Snapshot) -> None:
        """Take Asterisk's state: who waits there waits, whoever of ours is not there has left unseen."""
        live = {one.channel.uniqueid: one.channel for one in snapshot.channels}
        there = {one.uniqueid: one for one in snapshot.waiting}
        for uniqueid, known in list(self._waiting.items()):
            if known.left_at is None and (uniqueid not in there or there[uniqueid].queue != known.queue):
                self._close(uniqueid, Left.UNKNOWN, snapshot.at)
        for uniqueid, one in there.items():
            if uniqueid not in self._waiting and uniqueid in live:
                self._waiting[uniqueid] = _Waiting(live[uniqueid], one.queue, one.since, snapshot.boot)

    async def run(self) -> None:
        """Until cancelled: decide what was left open, write what is over."""
        while True:
            await asyncio.sleep(_WRITE_EVERY_S)
            self._decide()
            await self.write()

    async def write(self) -> None:
        """Store the visits that are over; tried again later while the database is away."""
        if not self._done:
            return
        visits, self._done = self._done, deque()
        try:
            async with self._db.write() as session:
                for visit in visits:
                    await session.merge(visit)
        except BaseException as error:
            self._done.extendleft(reversed(visits))
            if not isinstance(error, Unavailable):
                raise
            log.error("queue-visits-not-stored", visits=len(visits), reason=error.message)

    def _decide(self) -> None:
        now = self._clock.now()
        for uniqueid, known in list(self._waiting.items()):
            if known.left_at is not None and now - known.left_at > DECIDED:
                self._close(uniqueid, Left.UNSERVED)

    def _close(
        self,
        uniqueid: str,
        outcome: Left,
        at: datetime | None = None,
        agent: str = "",
        rang_s: int | None = None,
    ) -> None:
        known = self._waiting.pop(uniqueid, None)
        if known is None:
            return
        left_at = (at if outcome is Left.ANSWERED else None) or known.left_at or at or self._clock.now()
        if len(self._done) >= MOST_UNWRITTEN:
            log.error("queue-visit-lost", call=self._done.popleft().call_id)
        visit = QueueVisit(
            id=new_id(),  # now, not by the database: written twice after a lost commit it is still one
            call_id=call_id(self._node, known.boot, uniqueid),
            company_id=known.channel.company,
            queue=known.queue,
            priority=known.channel.priority,
            entered_at=known.entered_at,
            left_at=left_at,
            waited_s=round(max(0.0, (left_at - known.entered_at).total_seconds()), 1),
            outcome=outcome,
            agent=agent,
            rang_s=rang_s,
            missed=known.missed,
        )
        self._done.append(visit)
        if outcome in LOST:
            self._on_lost(visit, known.channel)
