"""Talks in the database: one agent's part of an answered caller's call, and the signs of a risk in it.

`handed` are the talks of those to whom a caller was handed over after the first agent, the others the first agents'.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, case, exists, func, literal, or_, select, union
from sqlalchemy.orm import aliased

from appeals.codes import AppealKind
from appeals.models import Appeal
from appeals.personal_data.trust import of_trust
from gridline.db import unindexed
from gridline.priorities import DANGER
from gridline.scope import Scope
from ivr.desk.models import AgentEvent, Deed, Left, QueueVisit
from ivr.figures.models import CallSurvey
from ivr.figures.surveys import LOW
from ivr.journal.models import CallRecord
from quality.reviews.codes import ReviewState, Risk
from quality.reviews.models import Review
from recordings.models import PLAYABLE, Recording, RecordingKind

WINDOW: Final = timedelta(days=7)
"""How far back talks are looked for: what is older helps nobody to speak better."""
LONGEST_CALL: Final = timedelta(hours=4)
"""A call may have begun so long before its caller came to the queue."""
SHORTEST_S: Final = 10.0
LONG_S: Final = 600.0
REPEATED: Final = 3
"""Calls from one number in the window."""
ANSWERED: Final = (QueueVisit.outcome == Left.ANSWERED, QueueVisit.agent != "")
SOUND: Final = (Recording.kind == RecordingKind.TALK, Recording.state.in_(PLAYABLE))
_HEARD: Final = exists().where(Recording.call_id == QueueVisit.call_id, *SOUND, Recording.seconds >= SHORTEST_S)


def agent_of(*, handed: bool) -> Any:
    """The column that names a talk's agent."""
    return AgentEvent.agent if handed else QueueVisit.agent


def recent(company_id: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Callers who came to a queue in the window."""
    return QueueVisit.company_id == company_id, QueueVisit.entered_at >= now - WINDOW


def visible(scope: Scope) -> ColumnElement[bool]:
    """Whether the asker may know of a talk's call."""
    told = of_trust(QueueVisit.call_id)
    return and_(scope.where(CallRecord.company_id, CallRecord.branch), told if scope.trust else ~told)


def waiting(company_id: str, now: datetime, scope: Scope, *, handed: bool) -> tuple[ColumnElement[bool], ...]:
    """Of the window, seen by whoever asks, and neither judged nor claimed."""
    taken = exists().where(
        Review.call_id == QueueVisit.call_id,
        Review.agent == agent_of(handed=handed),
        Review.calibration_id.is_(None),
        or_(Review.state == ReviewState.FINISHED, Review.leased_until > now),
    )
    return *recent(company_id, now), visible(scope), ~taken


def joined(query: Select[Any], *, handed: bool) -> Select[Any]:
    """Talks that can be heard: `query` is of columns of QueueVisit, CallRecord and, of `handed` ones, AgentEvent."""
    heard = query.join(CallRecord, CallRecord.id == QueueVisit.call_id).where(*ANSWERED, _HEARD)
    if not handed:
        return heard
    return heard.join(AgentEvent, _handed_over()).where(AgentEvent.agent != "", AgentEvent.seconds >= SHORTEST_S)


def with_risks(now: datetime, *, handed: bool) -> Select[Any]:
    """Talks with a 1 or a 0 for each risk. Of `handed` ones `talked_at` is the end of the talk, `back_s` its length."""
    longest = select(func.max(Recording.seconds)).where(Recording.call_id == QueueVisit.call_id, *SOUND)
    agent = agent_of(handed=handed)
    at: Any = AgentEvent.at if handed else QueueVisit.left_at
    seconds: Any = AgentEvent.seconds if handed else longest.scalar_subquery()
    query = select(
        QueueVisit.call_id,
        agent,
        QueueVisit.queue,
        QueueVisit.company_id,
        CallRecord.branch,
        CallRecord.ended_at,
        at.label("talked_at"),
        seconds.label("seconds"),
        (AgentEvent.seconds if handed else literal(0)).label("back_s"),
        *(case((sign, 1), else_=0).label(risk) for risk, sign in _signs(now, agent, seconds).items()),
    )
    return joined(query, handed=handed)


def suspects(company_id: str, now: datetime) -> CompoundSelect[Any]:
    """The calls of the window that may have a risk, each sign by an index: all of them are looked at of few talks."""
    since = now - WINDOW - LONGEST_CALL
    often = (
        select(CallRecord.caller)
        .where(CallRecord.company_id == company_id, CallRecord.started_at >= since, CallRecord.caller.is_not(None))
        .group_by(CallRecord.caller)
        .having(func.count() >= REPEATED)
    )
    return union(
        select(QueueVisit.call_id).where(*recent(company_id, now), QueueVisit.priority >= DANGER),
        select(Appeal.call_id).where(
            Appeal.company_id == company_id,
            Appeal.received_at >= since,
            Appeal.kind == AppealKind.COMPLAINT,
            Appeal.call_id.is_not(None),
        ),
        select(CallSurvey.call_id).where(
            CallSurvey.company_id == company_id, CallSurvey.asked_at >= since, CallSurvey.score <= LOW
        ),
        select(Recording.call_id).where(*SOUND, Recording.started_at >= since, Recording.seconds >= LONG_S),
        select(CallRecord.id).where(
            CallRecord.company_id == company_id, CallRecord.started_at >= since, CallRecord.caller.in_(often)
        ),
    )


def _signs(now: datetime, agent: Any, seconds: Any) -> dict[Risk, ColumnElement[bool]]:
    """Of a talk of this agent that lasted so long (columns)."""
    earlier = aliased(CallRecord)
    calls = (
        select(func.count())
        .select_from(earlier)
        .where(
            earlier.caller == CallRecord.caller,
            earlier.company_id == CallRecord.company_id,
            earlier.started_at >= now - WINDOW,
            earlier.started_at <= CallRecord.started_at,
        )
        .scalar_subquery()
    )
    complained = exists().where(Appeal.call_id == QueueVisit.call_id, Appeal.kind == AppealKind.COMPLAINT)
    rated = (CallSurvey.call_id == QueueVisit.call_id, CallSurvey.agent == agent, CallSurvey.score <= LOW)
    return {
        Risk.DANGER: QueueVisit.priority >= DANGER,
        Risk.COMPLAINT: complained,
        Risk.LOW_SURVEY: exists().where(*rated),
        Risk.LONG: seconds >= LONG_S,
        Risk.REPEATED: calls >= REPEATED,
    }


def _handed_over() -> ColumnElement[bool]:
    """Whether a deed is the first talk of an agent to whom another handed the caller over, beside the first answer.

    Deeds are found by Asterisk's id of the call, never by all that happened since.
    """
    visit, deed = aliased(QueueVisit), aliased(AgentEvent)
    answered = (visit.call_id == QueueVisit.call_id, visit.outcome == Left.ANSWERED)
    same = (deed.linkedid == AgentEvent.linkedid, deed.kind == Deed.COMPLETED)
    between = and_(deed.agent == AgentEvent.agent, deed.at >= QueueVisit.left_at, deed.at < AgentEvent.at)
    later = and_(AgentEvent.company_id == QueueVisit.company_id, AgentEvent.at >= QueueVisit.left_at)
    return and_(
        AgentEvent.linkedid == CallRecord.linkedid,
        AgentEvent.kind == Deed.COMPLETED,
        unindexed(later),
        ~exists().where(*answered, unindexed(visit.agent == AgentEvent.agent)),
        ~exists().where(*answered, visit.entered_at < QueueVisit.entered_at),
        ~exists().where(*same, unindexed(between)),
    )
