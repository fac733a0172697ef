"""Legs that no controller saw whole, from what Asterisk wrote of them meanwhile; stored when their call is closed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import select

from asterisk_conf.logs import Logs
from gridline.db import Database
from ivr.journal.models import CallLeg, CallRecord
from ivr.reception.call_legs import CallLegs
from ivr.telephony import channel_events
from ivr.telephony.events import BridgeEntered, ChannelHungUp, ChannelSeen, Event

BEFORE: Final = timedelta(minutes=1)
"""Asterisk's channel is older than our record of the call, or than its telephone's answer."""

log = structlog.get_logger(__name__)


class LegsLeft:
    """One node's; `logs` are those of its Asterisk."""

    def __init__(self, db: Database, logs: Logs) -> None:
        self._db = db
        self._logs = logs

    async def keep(self, call: CallRecord) -> datetime | None:
        """Store what is missing of this call that is over, and say when it ended; None where nobody wrote that.

        Raises Unavailable while the database is away.
        """
        try:
            events = await asyncio.to_thread(
                channel_events.of_call, self._logs, call.linkedid, call.started_at - BEFORE
            )
        except OSError as error:
            log.error("channel-events-not-read", call=call.id, reason=str(error))
            return None
        legs = CallLegs(self._db, call.node, lambda: call.boot)
        for event in events:
            legs.on_event(event)
        async with self._db.write() as session:
            known = list(await session.scalars(select(CallLeg).where(CallLeg.call_id == call.id)))
            for leg in legs.take():
                seen = next((one for one in known if _same(one, leg)), None)
                if seen is None:
                    session.add(leg)
                else:
                    _put_right(seen, leg)
        return _ended_at(events)


def _ended_at(events: Sequence[Event]) -> datetime | None:
    """When the last of its channels hung up; None while one was not seen to: an Asterisk that dies writes no end."""
    seen = {event.channel.uniqueid for event in events if isinstance(event, ChannelSeen | BridgeEntered)}
    ends = {event.channel.uniqueid: event.at for event in events if isinstance(event, ChannelHungUp)}
    return max(ends.values(), default=None) if seen <= ends.keys() else None


def _same(one: CallLeg, other: CallLeg) -> bool:
    return one.agent == other.agent and one.began_at < other.ended_at and other.began_at < one.ended_at


def _put_right(seen: CallLeg, leg: CallLeg) -> None:
    """A controller that came in mid-talk took its beginning and its kind from too little; holds it alone has seen."""
    late_s = round((seen.began_at - leg.began_at).total_seconds())
    seen.holds = [[begins + late_s, ends + late_s] for begins, ends in seen.holds]
    seen.kind, seen.began_at, seen.ended_at = leg.kind, leg.began_at, leg.ended_at
