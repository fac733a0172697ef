"""Surveys after a talk: kept beside the call, and what callers say of agents, queues and topics in a period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from appeals.personal_data.trust import of_trust
from gridline.db import Database, insert_missing, new_id
from gridline.scope import Scope
from ivr.desk.models import Left, QueueVisit
from ivr.figures.models import CallSurvey

LOW: Final = 2
"""A score up to this is a reason to hear the talk."""


class SurveyedBy(StrEnum):
    """What surveys are folded by."""

    AGENT = "agent"
    QUEUE = "queue"
    TOPIC = "topic"


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What callers said: of how many who were asked, and the mean of their scores, 1-5 (None: nobody answered)."""

    asked: int
    answered: int
    mean: float | None


async def keep(
    db: Database, call_id: str, company_id: str, branch: str, topic: str, at: datetime, score: int | None
) -> None:
    """Store what a caller pressed (1-5, or None), with the agent and queue that answered them last; once a call.

    Raises Unavailable.
    """
    answered = (QueueVisit.call_id == call_id, QueueVisit.outcome == Left.ANSWERED)
    async with db.write(within_s=2) as session:
        visit = await session.scalar(select(QueueVisit).where(*answered).order_by(QueueVisit.left_at.desc()).limit(1))
        row = {
            "id": new_id(),
            "call_id": call_id,
            "company_id": company_id,
            "branch": branch,
            "agent": visit.agent if visit else "",
            "queue": visit.queue if visit else "",
            "topic": topic,
            "asked_at": at,
            "score": score,
        }
        await insert_missing(session, CallSurvey, [row])


async def means(
    session: AsyncSession,
    company_id: str,
    since: datetime,
    before: datetime,
    by: SurveyedBy,
    *,
    visible_to: Scope,
) -> dict[str, Surveyed]:
    """By agent, queue or topic, what callers said from `since` until before `before`; nothing of the trust line."""
    key = {SurveyedBy.AGENT: CallSurvey.agent, SurveyedBy.QUEUE: CallSurvey.queue, SurveyedBy.TOPIC: CallSurvey.topic}
    told = of_trust(CallSurvey.call_id)
    query = (
        select(key[by], func.count(), func.count(CallSurvey.score), func.avg(CallSurvey.score))
        .where(
            CallSurvey.company_id == company_id,
            CallSurvey.asked_at >= since,
            CallSurvey.asked_at < before,
            visible_to.where(CallSurvey.company_id, CallSurvey.branch),
            told if visible_to.trust else ~told,
        )
        .group_by(key[by])
    )
    return {
        name: Surveyed(asked, answered, None if mean is None else float(mean))
        for name, asked, answered, mean in await session.execute(query)
    }
