"""Talks that wait to be judged: those with the greatest risk, and one of each agent by lot, so that everybody is heard.

A talk is one agent's part of a call: of whoever answered it from a queue, or made it, and of everybody to whom it was
handed over. It waits while it can be heard and nobody has judged or claimed it. The lot is the call's id, a hash
that neither agent nor reviewer chooses.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Row, case, func, select, tuple_, union, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from gridline.errors import NotFound
from gridline.scope import OutOfScope, Scope
from ivr.desk.deeds import LATE
from ivr.desk.models import AgentEvent, Deed, QueueVisit
from ivr.journal.models import CallLeg, CallRecord
from quality.reviews import called, talks
from quality.reviews.called import CalledTalks
from quality.reviews.codes import RISK_WEIGHTS, Risk
from quality.reviews.models import Review
from quality.reviews.talks import QueueTalks, TalkSource
from recordings.models import Recording, RecordingKind

JUDGED_WITHIN: Final = timedelta(days=30)
"""The lot begins with those who were judged least in that time."""
AFTER: Final = timedelta(seconds=5)
"""A recording that began so shortly before a talk's end is the next one's."""
NOT_THERE: Final = "Такого разговора нет, или его запись нельзя прослушать."
SOURCES: Final[tuple[TalkSource, ...]] = (QueueTalks(handed=False), QueueTalks(handed=True), CalledTalks())


@dataclass(frozen=True, slots=True)
class ReviewCandidate:
    """A talk that may be judged."""

    call_id: str
    agent: str
    queue: str
    """Empty: the agent had called."""
    company_id: str
    branch: str
    talked_at: datetime
    seconds: float
    """Of the longest recording; of a talk that was handed over, of the talk."""
    risks: tuple[Risk, ...]
    """The heaviest first; empty: none is known."""

    @property
    def is_called_out(self) -> bool:
        """Whether the agent, or who handed it over to them, had called."""
        return not self.queue


async def risky(
    session: AsyncSession, company_id: str, now: datetime, *, visible_to: Scope, most: int
) -> list[ReviewCandidate]:
    """Talks with a known risk, the greatest first."""
    suspects = talks.suspects(company_id, now)
    parts = [
        source.with_risks(now).where(*source.waiting(company_id, now, visible_to), source.call.in_(suspects))
        for source in SOURCES
    ]
    at_risk = union_all(*parts).subquery()
    weight = sum((at_risk.c[risk] * points for risk, points in RISK_WEIGHTS.items()), start=0 * at_risk.c[Risk.DANGER])
    query = select(at_risk).where(weight > 0).order_by(weight.desc(), at_risk.c.talked_at.desc(), at_risk.c.call_id)
    return await _candidates(session, (await session.execute(query.limit(most))).all())


async def by_lot(
    session: AsyncSession, company_id: str, now: datetime, *, visible_to: Scope, most: int
) -> list[ReviewCandidate]:
    """One talk of each agent, those who were judged least of late first."""
    times = await _times_judged(session, company_id, now)
    drawn: list[tuple[int, str, str]] = []
    asked: list[str] = []
    for number, agents in groupby(sorted(times, key=lambda agent: times[agent]), key=lambda agent: times[agent]):
        asked += agents  # all who were judged as often as each other: among them the lot alone decides
        if len(asked) < most - len(drawn) and number < max(times.values()):
            continue
        lots = await _lots(session, company_id, now, asked, visible_to)
        drawn += [(times[agent], call, agent) for agent, call in lots.items()]
        asked = []
        if len(drawn) >= most:
            break
    order = [(call, agent) for _, call, agent in sorted(drawn)[:most]]
    found: dict[tuple[str, str], ReviewCandidate] = {}
    for source in SOURCES if order else ():
        query = source.with_risks(now).where(
            source.call.in_([call for call, _ in order]), tuple_(source.call, source.agent).in_(order)
        )
        for one in await _candidates(session, (await session.execute(query)).all()):
            found[one.call_id, one.agent] = one
    return [found[talk] for talk in order if talk in found]


async def find(session: AsyncSession, call_id: str, agent: str, now: datetime, *, visible_to: Scope) -> ReviewCandidate:
    """The talk of this agent in this call, judged or not. Raises NotFound, OutOfScope."""
    for source in SOURCES:
        seen = case((talks.visible(visible_to, source.call), 1), else_=0).label("seen")
        query = source.with_risks(now).add_columns(seen).where(source.call == call_id, source.agent == agent)
        rows = (await session.execute(query.limit(1))).all()
        for talk in await _candidates(session, rows):
            if not rows[0].seen:
                raise OutOfScope(NOT_THERE)
            return talk
    raise NotFound(NOT_THERE)


async def _lots(
    session: AsyncSession, company_id: str, now: datetime, agents: Collection[str], scope: Scope
) -> dict[str, str]:
    """The call that the lot gives each of these agents who has a talk that waits."""
    drawn: dict[str, str] = {}
    for source in SOURCES:
        query = source.joined(select(source.agent, func.min(source.call))).group_by(source.agent)
        query = query.where(*source.waiting(company_id, now, scope), source.agent.in_(agents))
        for who, call in await session.execute(query):
            drawn[who] = min(call, drawn.get(who, call))
    return drawn


async def _times_judged(session: AsyncSession, company_id: str, now: datetime) -> dict[str, int]:
    """Of everybody who talked in the window, how often they were judged of late."""
    recent = (Review.company_id == company_id, Review.finished_at >= now - JUDGED_WITHIN)
    judged = select(Review.agent, func.count()).where(*recent).group_by(Review.agent)
    times = {agent: count for agent, count in await session.execute(judged)}  # noqa: C416 (a Row is no pair to mypy)
    deeds = (AgentEvent.company_id == company_id, AgentEvent.at >= now - talks.WINDOW)
    talked = union(
        select(QueueVisit.agent).where(*talks.recent(company_id, now), *talks.ANSWERED),
        select(AgentEvent.agent).where(*deeds, AgentEvent.kind == Deed.COMPLETED, AgentEvent.agent != ""),
        select(CallLeg.agent)
        .join(CallRecord, CallRecord.id == CallLeg.call_id)
        .where(*called.recent(company_id, now), CallLeg.agent != ""),
    )
    return {agent: times.get(agent, 0) for agent in await session.scalars(talked)}


async def _candidates(session: AsyncSession, rows: Sequence[Row[Any]]) -> list[ReviewCandidate]:
    """A talk that was handed over begins with its own recording, however long its agent was asked before."""
    fitting = [one for one in rows if not one.back_s or one.ended_at is None or one.talked_at <= one.ended_at + LATE]
    begun: dict[str, list[datetime]] = defaultdict(list)
    handed = {one.call_id for one in fitting if one.back_s}
    heard = (Recording.call_id.in_(handed), Recording.kind == RecordingKind.TALK)
    if handed:
        for call_id, at in await session.execute(select(Recording.call_id, Recording.started_at).where(*heard)):
            begun[call_id].append(at)
    return [_candidate(one, begun[one.call_id]) for one in fitting]


def _candidate(row: Row[Any], begun: Sequence[datetime]) -> ReviewCandidate:
    found = row._mapping
    risks: Sequence[Risk] = sorted((risk for risk in RISK_WEIGHTS if found[risk]), key=lambda one: -RISK_WEIGHTS[one])
    at: datetime = found["talked_at"]
    if found["back_s"]:
        own = [one for one in begun if one <= at - AFTER]
        at = max([at - timedelta(seconds=found["back_s"]), *own])
    return ReviewCandidate(
        found["call_id"],
        found["agent"],
        found["queue"],
        found["company_id"],
        found["branch"],
        at,
        found["seconds"],
        tuple(risks),
    )
