"""Talks in the database: one agent's part of an answered caller's call, and the signs of a risk in it.

Those of calls that agents made stand in `called.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, case, exists, func, literal, or_, select, union
from sqlalchemy.orm import aliased

from appeals.codes import AppealKind
from appeals.models import Appeal
from appeals.personal_data.trust import of_trust
from gridline.companies.priorities import DANGER
from gridline.db import unindexed
from gridline.scope import Scope
from ivr.desk.models import AgentEvent, Deed, Left, QueueVisit
from ivr.figures.models import CallSurvey
from ivr.figures.surveys import LOW
from ivr.journal.models import CallRecord
from quality.reviews.codes import ReviewState, Risk
from quality.reviews.models import Review
from recordings.models import PLAYABLE, Recording, RecordingKind
from worklist.codes import ItemKind
from worklist.models import WorkAttempt, WorkItem

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


def recent(company_id: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Callers who came to a queue in the window."""
    return QueueVisit.company_id == company_id, QueueVisit.entered_at >= now - WINDOW


def visible(scope: Scope, call: Any) -> ColumnElement[bool]:
    """Whether the asker may know of a talk's call (a column with its id)."""
    told = of_trust(call)
    return and_(scope.where(CallRecord.company_id, CallRecord.branch), told if scope.trust else ~told)


def heard_in(call: Any) -> ColumnElement[bool]:
    """Whether a call has a talk that can be heard."""
    return exists().where(Recording.call_id == call, *SOUND, Recording.seconds >= SHORTEST_S)


def longest(call: Any) -> Any:
    """Seconds of a call's longest talk that can be heard."""
    return select(func.max(Recording.seconds)).where(Recording.call_id == call, *SOUND).scalar_subquery()


def is_taken(call: Any, agent: Any, now: datetime) -> ColumnElement[bool]:
    """Whether a talk of this agent in this call (columns) is judged or claimed."""
    return exists().where(
        Review.call_id == call,
        Review.agent == agent,
        Review.calibration_id.is_(None),
        or_(Review.state == ReviewState.FINISHED, Review.leased_until > now),
    )


class TalkSource(Protocol):
    """Where talks come from: each gives them with the same columns."""

    @property
    def call(self) -> Any:
        """The column that names a talk's call."""

    @property
    def agent(self) -> Any:
        """The column that names a talk's agent."""

    def joined(self, query: Select[Any]) -> Select[Any]:
        """Talks that can be heard: `query` is of columns of this source."""

    def waiting(self, company_id: str, now: datetime, scope: Scope) -> tuple[ColumnElement[bool], ...]:
        """Of the window, seen by whoever asks, and neither judged nor claimed."""

    def with_risks(self, now: datetime) -> Select[Any]:
        """Talks with a 1 or a 0 for each risk."""


@dataclass(frozen=True, slots=True)
class QueueTalks:
    """Talks of callers who came through a queue."""

    handed: bool
    """Those of whoever a caller was handed over to after the first agent; else the first agents'."""

    @property
    def call(self) -> Any:
        """The column that names a talk's call."""
        return QueueVisit.call_id

    @property
    def agent(self) -> Any:
        """The column that names a talk's agent."""
        return AgentEvent.agent if self.handed else QueueVisit.agent

    def joined(self, query: Select[Any]) -> Select[Any]:
        """Talks that can be heard: `query` is of columns of QueueVisit, CallRecord and, of handed ones, AgentEvent."""
        heard = query.join(CallRecord, CallRecord.id == QueueVisit.call_id).where(
            *ANSWERED, heard_in(QueueVisit.call_id)
        )
        if not self.handed:
            return heard
        return heard.join(AgentEvent, _handed_over()).where(AgentEvent.agent != "", AgentEvent.seconds >= SHORTEST_S)

    def waiting(self, company_id: str, now: datetime, scope: Scope) -> tuple[ColumnElement[bool], ...]:
        """Of the window, seen by whoever asks, and neither judged nor claimed."""
        taken = is_taken(self.call, self.agent, now)
        return *recent(company_id, now), visible(scope, QueueVisit.call_id), ~taken

    def with_risks(self, now: datetime) -> Select[Any]:
        """Talks with a 1 or a 0 for each risk.

        Of handed ones `talked_at` is the end of the talk, `back_s` its length.
        """
        at: Any = AgentEvent.at if self.handed else QueueVisit.left_at
        seconds: Any = AgentEvent.seconds if self.handed else longest(QueueVisit.call_id)
        query = select(
            QueueVisit.call_id,
            self.agent.label("agent"),
            QueueVisit.queue,
            QueueVisit.company_id,
            CallRecord.branch,
            CallRecord.ended_at,
            at.label("talked_at"),
            seconds.label("seconds"),
            (AgentEvent.seconds if self.handed else literal(0)).label("back_s"),
            *signs(now, self.call, self.agent, seconds, QueueVisit.priority >= DANGER),
        )
        return self.joined(query)


def suspects(company_id: str, now: datetime) -> CompoundSelect[Any]:
    """The calls of the window that may have a risk, each sign by an index: all of them are looked at of few talks."""
    since = now - WINDOW - LONGEST_CALL
    often = (
        select(CallRecord.caller)
        .where(CallRecord.company_id == company_id, CallRecord.started_at >= since, CallRecord.caller.is_not(None))
        .where(CallRecord.called_by == "")
        .group_by(CallRecord.caller)
        .having(func.count() >= REPEATED)
    )
    return union(
        select(QueueVisit.call_id).where(*recent(company_id, now), QueueVisit.priority >= DANGER),
        select(CallRecord.id).where(
            CallRecord.company_id == company_id,
            CallRecord.started_at >= since,
            CallRecord.called_by != "",
            is_about_danger(CallRecord.id),
        ),
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


def is_about_danger(call: Any) -> ColumnElement[bool]:
    """Whether a call (a column with its id) was made about a message of danger."""
    return exists().where(
        WorkAttempt.call_id == call, WorkItem.id == WorkAttempt.item_id, WorkItem.kind == ItemKind.DANGER
    )


def signs(
    now: datetime, call: Any, agent: Any, seconds: Any, danger: ColumnElement[bool]
) -> Iterator[ColumnElement[Any]]:
    """A column for each risk, 1 or 0: of a talk of this agent in this call that lasted so long (columns)."""
    earlier = aliased(CallRecord)
    times = (
        select(func.count())
        .select_from(earlier)
        .where(
            earlier.caller == CallRecord.caller,
            earlier.company_id == CallRecord.company_id,
            earlier.called_by == "",
            earlier.started_at >= now - WINDOW,
            earlier.started_at <= CallRecord.started_at,
        )
        .scalar_subquery()
    )
    complained = exists().where(Appeal.call_id == call, Appeal.kind == AppealKind.COMPLAINT)
    rated = (CallSurvey.call_id == call, CallSurvey.agent == agent, CallSurvey.score <= LOW)
    found = {
        Risk.DANGER: danger,
        Risk.COMPLAINT: complained,
        Risk.LOW_SURVEY: exists().where(*rated),
        Risk.LONG: seconds >= LONG_S,
        Risk.REPEATED: times >= REPEATED,
    }
    return (case((sign, 1), else_=0).label(risk) for risk, sign in found.items())


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
