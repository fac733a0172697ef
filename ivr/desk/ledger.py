"""Stores the shifts of now and every deed of an agent, without making anybody wait for the database."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import structlog
from sqlalchemy import delete, select

from gridline.db import Database
from gridline.errors import Unavailable
from ivr.desk.models import AgentEvent, AgentShift, Deed
from ivr.desk.shift import Shift

MOST_UNWRITTEN = 10_000
"""Events kept in memory while the database is away; beyond it the oldest are lost, and the log says so."""

log = structlog.get_logger(__name__)


class Who(Protocol):
    """Whose deed it is; a Shift is one."""

    @property
    def agent(self) -> str:
        """The number of their telephone."""

    @property
    def user_id(self) -> str:
        """The id of the person."""

    @property
    def company_id(self) -> str:
        """The company they work for."""


class Ledger:
    """Writes only what has changed since it last wrote."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._events: deque[AgentEvent] = deque()
        self._written: tuple[Shift, ...] = ()

    def note(
        self,
        who: Who,
        at: datetime,
        kind: Deed,
        queue: str = "",
        linkedid: str = "",
        seconds: int | None = None,
        detail: str = "",
    ) -> None:
        """Store this deed with the next `write`."""
        if len(self._events) >= MOST_UNWRITTEN:
            lost = self._events.popleft()
            log.error("agent-event-lost", agent=lost.agent, kind=lost.kind)
        self._events.append(
            AgentEvent(
                at=at,
                agent=who.agent,
                user_id=who.user_id,
                company_id=who.company_id,
                kind=kind,
                queue=queue,
                linkedid=linkedid,
                seconds=seconds,
                detail=detail,
            )
        )

    async def write(self, shifts: tuple[Shift, ...]) -> None:
        """Store the shifts as they are and the events so far; tried again later while the database is away."""
        events = list(self._events)
        if not events and shifts == self._written:
            return
        here = [shift.agent for shift in shifts]
        try:
            async with self._db.write() as session:
                await session.execute(delete(AgentShift).where(AgentShift.agent.not_in(here)))
                for shift in shifts:
                    await session.merge(_row(shift))
                session.add_all(events)
        except Unavailable as error:
            log.error("shifts-not-stored", events=len(events), reason=error.message)
            return
        self._written = shifts
        for _ in events:
            self._events.popleft()

    async def remembered(self) -> Sequence[Shift]:
        """The shifts of before a restart. Raises Unavailable while the database is away."""
        async with self._db.read() as session:
            return [_shift(row) for row in await session.scalars(select(AgentShift))]


def _row(shift: Shift) -> AgentShift:
    return AgentShift(
        agent=shift.agent,
        user_id=shift.user_id,
        name=shift.name,
        company_id=shift.company_id,
        queues=list(shift.queues),
        state=shift.state,
        reason=shift.reason,
        since=shift.since,
        until=shift.until,
        phone=shift.phone,
    )


def _shift(row: AgentShift) -> Shift:
    return Shift(
        row.agent,
        row.user_id,
        row.name,
        row.company_id,
        tuple(row.queues),
        row.state,
        row.reason,
        row.since,
        row.until,
        row.phone,
    )
