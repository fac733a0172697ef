"""Talks of calls that agents made: of who called, and of everybody to whom whoever they called was handed over.

They are told by the legs of the call, since no queue knows of it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, literal, or_, select
from sqlalchemy.orm import aliased

from gridline.scope import Scope
from ivr.desk.models import QueueVisit
from ivr.figures.history import Epoch
from ivr.journal.models import CallLeg, CallRecord
from quality.reviews import talks


class CalledTalks:
    """Where they come from (`talks.TalkSource`)."""

    @property
    def call(self) -> Any:
        """The column that names a talk's call."""
        return CallLeg.call_id

    @property
    def agent(self) -> Any:
        """The column that names a talk's agent."""
        return CallLeg.agent

    def joined(self, query: Select[Any]) -> Select[Any]:
        """Talks that can be heard: `query` is of columns of CallLeg and CallRecord.

        Who talked again later in the same call is judged once, for the first talk that is long enough. Whoever was
        handed over to a queue is met there from then on, as any caller.
        """
        former = aliased(CallLeg)
        again = (former.call_id == CallLeg.call_id, former.agent == CallLeg.agent, former.began_at < CallLeg.began_at)
        queued = (QueueVisit.call_id == CallLeg.call_id, QueueVisit.entered_at <= CallLeg.began_at)
        return (
            query.join(CallRecord, CallRecord.id == CallLeg.call_id)
            .where(CallRecord.called_by != "", CallLeg.agent != "", talks.heard_in(CallLeg.call_id))
            .where(_is_a_talk(CallLeg), ~exists().where(*again, _is_a_talk(former)), ~exists().where(*queued))
        )

    def waiting(self, company_id: str, now: datetime, scope: Scope) -> tuple[ColumnElement[bool], ...]:
        """Of the window, seen by whoever asks, and neither judged nor claimed."""
        taken = talks.is_taken(self.call, self.agent, now)
        return *recent(company_id, now), talks.visible(scope, CallLeg.call_id), ~taken

    def with_risks(self, now: datetime) -> Select[Any]:
        """Talks with a 1 or a 0 for each risk; of no queue."""
        own = CallLeg.agent == CallRecord.called_by
        seconds: Any = case((own, talks.longest(CallLeg.call_id)), else_=_lasted(CallLeg))
        query = select(
            CallLeg.call_id,
            CallLeg.agent,
            literal("").label("queue"),
            CallRecord.company_id,
            CallRecord.branch,
            CallRecord.ended_at,
            CallLeg.began_at.label("talked_at"),
            seconds.label("seconds"),
            literal(0).label("back_s"),
            *talks.signs(now, self.call, self.agent, seconds, talks.is_about_danger(CallLeg.call_id)),
        )
        return self.joined(query)


def _lasted(leg: type[CallLeg]) -> Any:
    return Epoch(leg.ended_at) - Epoch(leg.began_at)


def _is_a_talk(leg: type[CallLeg]) -> ColumnElement[bool]:
    """Whether it is long enough to judge; of who called, the recording tells."""
    return or_(leg.agent == CallRecord.called_by, _lasted(leg) >= talks.SHORTEST_S)


def recent(company_id: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Calls that agents made in the window."""
    made = (CallRecord.started_at >= now - talks.WINDOW, CallRecord.called_by != "")
    return CallRecord.company_id == company_id, *made
