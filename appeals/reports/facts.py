"""What the events of one appeal say up to a moment: the only thing reports are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

import orjson

Reply = Literal["in-time", "late", "none", "pending"]
"""Columns 27, 28, 29 of form 4.9, or none of them: not answered, and the last day is not over."""


class EventRow(NamedTuple):
    """An event as it is read for a report."""

    appeal_id: str
    seq: int
    kind: str
    body: str


@dataclass(slots=True)
class MeasureFact:
    """A corrective measure and the day it was done, if it was."""

    text: str
    planned_on: date
    done_on: date | None = None


@dataclass(slots=True)
class AppealFact:
    """One appeal as its events tell it. `evidence` names the events (seq) behind each aspect."""

    appeal_id: str
    number: str
    received_at: datetime
    channel: str
    kind: str
    topic: str
    disposition: str | None
    branch: str | None
    deadline: date
    repeat_of: str | None
    answered_at: datetime | None = None
    answered_on_call: bool = False
    measures: dict[str, MeasureFact] = field(default_factory=dict)
    contacts: int = 0
    end: str | None = None
    joined_to: str | None = None
    evidence: dict[str, list[int]] = field(default_factory=dict)

    def reply(self, zone: ZoneInfo, today: date) -> Reply:
        """How the applicant was answered: by the sent answer and the deadline alone.

        `today` is the day of the report in `zone`; an appeal whose last day is not over is pending.
        """
        if self.answered_at is not None:
            return "in-time" if self.answered_at.astimezone(zone).date() <= self.deadline else "late"
        return "none" if today > self.deadline else "pending"


Step = Callable[[AppealFact, dict[str, Any]], str]
"""Changes the fact by an event's body and returns the aspect the event is evidence of."""


def _reclassified(fact: AppealFact, body: dict[str, Any]) -> str:
    fact.kind, fact.topic, fact.disposition = body["kind"], body["topic"], body["disposition"]
    return "class"


def _deadline(fact: AppealFact, body: dict[str, Any]) -> str:
    # A term that is moved after the answer cannot make a late answer one in time.
    if fact.answered_at is None:
        fact.deadline = date.fromisoformat(body["deadline"]["day"])
    return "deadline"


def _answered(fact: AppealFact, body: dict[str, Any]) -> str:
    if fact.answered_at is None:  # the first answer counts: a second letter does not undo it
        fact.answered_at = datetime.fromisoformat(body["sent_at"])
        fact.answered_on_call = body["on_call"]
    return "answer"


def _planned(fact: AppealFact, body: dict[str, Any]) -> str:
    fact.measures[body["measure_id"]] = MeasureFact(body["text"], date.fromisoformat(body["planned_on"]))
    return "measures"


def _done(fact: AppealFact, body: dict[str, Any]) -> str:
    fact.measures[body["measure_id"]].done_on = date.fromisoformat(body["done_on"])
    return "measures"


def _joined(fact: AppealFact, body: dict[str, Any]) -> str:
    fact.joined_to, fact.end = body["to"], "joined"
    return "end"


def _contact(fact: AppealFact, _body: dict[str, Any]) -> str:
    fact.contacts += 1
    return "contacts"


def _ends(how: str) -> Step:
    def step(fact: AppealFact, _body: dict[str, Any]) -> str:
        fact.end = how if fact.end in (None, "closed") else fact.end
        return "end"

    return step


STEPS: Final[dict[str, Step]] = {
    "reclassified": _reclassified,
    "deadline_changed": _deadline,
    "answered": _answered,
    "measure_planned": _planned,
    "measure_done": _done,
    "joined": _joined,
    "contact_added": _contact,
    "refused": _ends("refused"),
    "withdrawn": _ends("withdrawn"),
    "closed": _ends("closed"),
}
_BODILESS: Final = frozenset({"contact_added", "refused", "withdrawn", "closed"})
"""Steps that look at no body: half a second in each 100 000 appeals is not spent on reading it."""
KINDS: Final = ("registered", *STEPS)
"""The kinds of events reports read; all others are skipped already in the query."""


def fold(events: Iterable[tuple[str, int, str, str]]) -> list[AppealFact]:
    """The facts of the appeals whose events (as of `EventRow`) come in order of appeal and seq.

    Kinds not in KINDS are passed over, and so is an appeal whose registration is not among the events.
    """
    facts: list[AppealFact] = []
    fact: AppealFact | None = None
    for appeal_id, seq, kind, text in events:
        if kind == "registered":
            fact = _registered(appeal_id, orjson.loads(text))
            fact.evidence = {"registered": [seq], "class": [seq], "deadline": [seq]}
            facts.append(fact)
        elif (step := STEPS.get(kind)) is not None:
            if fact is None or fact.appeal_id != appeal_id:
                continue  # registered after the report's moment by a clock that was put back since
            aspect = step(fact, {} if kind in _BODILESS else orjson.loads(text))
            if aspect in ("class", "deadline"):
                fact.evidence[aspect] = [seq]
            else:
                fact.evidence.setdefault(aspect, []).append(seq)
    return facts


def _registered(appeal_id: str, body: dict[str, Any]) -> AppealFact:
    return AppealFact(
        appeal_id=appeal_id,
        number=body["number"],
        received_at=datetime.fromisoformat(body["received_at"]),
        channel=body["channel"],
        kind=body["kind"],
        topic=body["topic"],
        disposition=body["disposition"],
        branch=body["branch"],
        deadline=date.fromisoformat(body["deadline"]["day"]),
        repeat_of=body["repeat_of"],
    )
