"""What agents did in a call, and whether its caller waited in vain: each asked here, and nowhere else."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ivr.desk.models import LOST, AgentEvent, Deed, Left, QueueVisit

LATE = timedelta(hours=1)
"""How long after a call's record ends its deeds may be noted: a controller that stops ends the record of a talk that
goes on. Asterisk gives a linked id out again when its clock was set back, so a deed must fit in time as well.
"""


class CallSpan(Protocol):
    """A call as it is looked up: its id, Asterisk's id of it, and when it was (UTC; no end while it lasts)."""

    @property
    def id(self) -> str:
        """Ours."""

    @property
    def linkedid(self) -> str:
        """Asterisk's."""

    @property
    def started_at(self) -> datetime:
        """Its beginning."""

    @property
    def ended_at(self) -> datetime | None:
        """Its end, or None."""


async def in_calls(
    session: AsyncSession, calls: Sequence[CallSpan], kinds: Collection[Deed] = tuple(Deed)
) -> Mapping[str, list[AgentEvent]]:
    """By call id, what agents did in each of these calls, in the order of time."""
    found: dict[str, list[AgentEvent]] = {call.id: [] for call in calls}
    if not calls:
        return found
    asked = {call.linkedid for call in calls}
    query = select(AgentEvent).where(AgentEvent.linkedid.in_(asked), AgentEvent.kind.in_(kinds)).order_by(AgentEvent.at)
    for event in await session.scalars(query):
        for call in calls:
            if fits(call, event):
                found[call.id].append(event)
    return found


def fits(call: CallSpan, event: AgentEvent) -> bool:
    """Whether this deed was done in this call, also one that ends before it began: the clock was set back meanwhile."""
    moments = (call.started_at, call.ended_at or call.started_at)
    in_time = min(moments) <= event.at and (call.ended_at is None or event.at <= max(moments) + LATE)
    return event.linkedid == call.linkedid and in_time


async def holder(session: AsyncSession, company_id: str, agent: str, at: datetime) -> str:
    """The id of the person who was on shift at an agent's number at a moment; empty when nobody was.

    For calls that agents make: no deed is noted of those, and one may call without a shift. Then nobody knows who did:
    a number is anybody's who sits down at its telephone.
    """
    query = select(AgentEvent.user_id, AgentEvent.kind).where(AgentEvent.agent == agent, AgentEvent.at <= at)
    query = query.where(AgentEvent.company_id == company_id, AgentEvent.kind.in_((Deed.SIGNED_ON, Deed.SIGNED_OFF)))
    last = (await session.execute(query.order_by(AgentEvent.at.desc()).limit(1))).first()
    return last.user_id if last is not None and last.kind is Deed.SIGNED_ON else ""


async def waited_in_vain(session: AsyncSession, calls: Collection[str]) -> set[str]:
    """Which of these calls (ids) waited for a person and got none."""
    if not calls:
        return set()
    query = select(QueueVisit.call_id, QueueVisit.outcome).where(QueueVisit.call_id.in_(calls))
    lost, answered = set(), set()
    for call_id, outcome in await session.execute(query):
        if outcome in LOST:
            lost.add(call_id)
        elif outcome is Left.ANSWERED:
            answered.add(call_id)
    return lost - answered
