"""Callers in danger who gave up while they waited: each becomes an item, so that somebody calls back.

Found in what is stored of every wait, so that neither a killed controller nor a database that was away loses one.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import aliased

from gridline.clock import Clock
from gridline.companies import Companies, priorities
from gridline.db import Database
from ivr.actions.person.alarm import TOPIC, danger_key
from ivr.desk.models import Left, QueueVisit
from ivr.journal.models import CallRecord
from worklist.codes import ItemKind
from worklist.models import WorkContact, WorkItem
from worklist.worklist import Matter, Worklist

FIRST_LOOK = timedelta(hours=24)
"""How far back is looked at the start: nobody may have looked for so long."""
LOOK = timedelta(hours=2)
"""How far back is looked before the last good round: a wait may have begun so long before its call was over.

And how long rounds must have been good before what lies further back is left: what Asterisk told while the database
was away is stored some time after it is back.
"""

LOOK_S = 10.0
"""How long the database may take over it."""
_OTHER = aliased(QueueVisit)
_ANSWERED = exists().where(_OTHER.call_id == CallRecord.id, _OTHER.outcome == Left.ANSWERED)
_PASSED_ON = exists().where(
    WorkContact.call_id == CallRecord.id, WorkContact.item_id == WorkItem.id, WorkItem.kind == ItemKind.DANGER
)
_LOST = (
    select(CallRecord)
    .join(QueueVisit, QueueVisit.call_id == CallRecord.id)
    .where(QueueVisit.company_id == bindparam("company_id"), QueueVisit.entered_at >= bindparam("since"))
    .where(QueueVisit.priority >= priorities.DANGER, ~_ANSWERED, ~_PASSED_ON)
    .where(CallRecord.ended_at.is_not(None), CallRecord.caller.is_not(None))
    .distinct()
)
"""A wait whose end was not seen counts: better one item too many. Without a number nobody can be called."""

log = structlog.get_logger(__name__)


class LostDanger:
    """Finds them; any number of processes may look at once, an item is made once a call."""

    def __init__(self, db: Database, clock: Clock, companies: Companies, worklist: Worklist) -> None:
        self._db = db
        self._clock = clock
        self._companies = companies
        self._worklist = worklist
        self._since: datetime | None = None
        """From when on waits are looked at; None: nobody has looked yet."""
        self._good_since: datetime | None = None
        """When the rounds began that have all been good since."""

    async def run_once(self) -> int:
        """Make an item of every one whose call is over; how many. Raises Unavailable while the database is away."""
        now = self._clock.now()
        self._since = self._since or now - FIRST_LOOK
        good_since, self._good_since = self._good_since or now, None
        made = await self._look(self._since)
        self._good_since = good_since
        if now - good_since >= LOOK:
            self._since = now - LOOK
        return made

    async def _look(self, since: datetime) -> int:
        found: list[CallRecord] = []
        async with self._db.glance(within_s=LOOK_S) as session:
            for company in self._companies:
                found += await session.scalars(_LOST, {"company_id": company.id, "since": since})
        for call in found:
            matter = Matter(
                ItemKind.DANGER,
                str(call.company_id),
                danger_key(call.id),
                branch=call.branch,
                call_id=call.id,
                phone=call.caller,
                topic=TOPIC,
            )
            await self._worklist.open(matter)
            log.warning("danger-lost", call=call.id)
        return len(found)
