"""Who reported an outage and waited in vain is called back within ten minutes (R25): within seconds they are an item.

Who was offered a message instead is still on the line: whether they are lost is known when they hang up.
"""

from __future__ import annotations

import asyncio
from collections import deque

import structlog

from gridline.companies import priorities
from gridline.errors import Unavailable
from gridline.numbers.phones import e164
from ivr.desk.models import Left, QueueVisit
from ivr.telephony import events as ev
from ivr.telephony.events import Channel, Event
from ivr.telephony.state import Snapshot
from worklist.callbacks import Callbacks, LostCaller

LOOK_EVERY_S = 0.5
MOST_KEPT = 20_000
"""Lost callers kept in memory while the database is away; beyond it the oldest are forgotten, and the log says so."""

log = structlog.get_logger(__name__)


class LostCallers:
    """Danger is not among them: it has its own way to a person. To be told of events after `Visits`."""

    def __init__(self, callbacks: Callbacks) -> None:
        self._callbacks = callbacks
        self._here: dict[str, LostCaller] = {}
        """By channel, who was not served and has not hung up yet."""
        self._gone: deque[LostCaller] = deque()

    def lost(self, visit: QueueVisit, channel: Channel) -> None:
        """A wait was in vain; quick."""
        phone = e164(channel.caller)
        if visit.priority >= priorities.DANGER or phone is None or not visit.company_id:
            return
        caller = LostCaller(visit.company_id, phone, visit.call_id, visit.left_at)
        if visit.outcome is Left.ABANDONED:
            self._here.pop(channel.uniqueid, None)
            self._goes(caller)
        else:
            self._here[channel.uniqueid] = caller

    def on_event(self, event: Event) -> None:
        """Take an event of Asterisk in; quick."""
        match event:
            case ev.AgentConnected(channel=channel):
                self._here.pop(channel.uniqueid, None)
            case ev.ChannelHungUp(channel=channel):
                caller = self._here.pop(channel.uniqueid, None)
                if caller is not None:
                    self._goes(caller)

    def rebuild(self, snapshot: Snapshot) -> None:
        """Take Asterisk's state: who is not on the line any more has gone unseen."""
        live = {one.channel.uniqueid for one in snapshot.channels}
        for uniqueid in [one for one in self._here if one not in live]:
            self._goes(self._here.pop(uniqueid))

    async def run(self) -> None:
        """Until cancelled: make items of who is gone; tried again while the database is away."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            await self.write()

    async def write(self) -> None:
        """Make an item of each lost caller who reported an outage."""
        while self._gone:
            try:
                opened = await self._callbacks.lost(self._gone[0])
            except Unavailable as error:
                log.error("lost-callers-not-stored", callers=len(self._gone), reason=error.message)
                return
            caller = self._gone.popleft()
            if opened is not None:
                log.info("caller-lost", call=caller.call_id, item=opened.id, due=str(opened.due_at))

    def _goes(self, caller: LostCaller) -> None:
        if len(self._gone) >= MOST_KEPT:
            log.error("lost-caller-forgotten", call=self._gone.popleft().call_id)
        self._gone.append(caller)
