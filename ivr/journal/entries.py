"""What a call tells its journal: facts, each with all it takes to be stored once, in any order, however often."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from grid.outages.models import TellingWay
from gridline.db import new_id
from gridline.numbers.phones import printable


@dataclass(frozen=True)
class CallBegun:
    """A call reached the controller. `id` is `ivr.journal.models.call_id(node, boot, linkedid)`."""

    id: str
    node: str
    boot: str
    linkedid: str
    dialled: str
    caller_raw: str
    caller: str | None
    started_at: datetime
    company_id: str | None = None
    branch: str = ""
    flow_version: str = ""
    answered_at: datetime | None = None
    called_by: str = ""
    """The number of the agent who made it."""
    trust: bool = False
    """It came to a trust line, or told it something: the call is the security service's."""

    def without_caller(self) -> CallBegun:
        """The same call, of which nobody knows who made it."""
        return replace(self, caller_raw="", caller=None, trust=True)


@dataclass
class StepTaken:
    """One thing that happened in a place of the menu."""

    place: str
    prompt_ids: tuple[str, ...]
    prompt_text: str
    sound: str
    """Hash of what was played."""
    key: str
    exit: str
    leads_to: str
    flow_version: str
    started_at: datetime
    ended_at: datetime
    ordinal: int = 0
    """Set by the journal."""
    id: str = field(default_factory=new_id)


@dataclass(frozen=True)
class NoticePlayed:
    """The recording notice was played, to its end or not (rule R5)."""

    notice_prompt: str
    notice_version: str
    notice_started_at: datetime
    notice_ended_at: datetime
    notice_completed: bool


@dataclass(frozen=True)
class CallEnded:
    """The call is over. A branch or a flow that only the call told replaces the ones it began with."""

    outcome: str
    ended_at: datetime
    branch: str = ""
    flow_version: str = ""


@dataclass(frozen=True)
class OutageTold:
    """The caller was told what is known of an outage."""

    outage_id: str
    at: datetime
    told: str
    """The words."""
    phone: str | None
    id: str = field(default_factory=new_id)
    way: TellingWay = TellingWay.LINE


@dataclass(frozen=True)
class ConnectionAsked:
    """The caller asked how to connect: who they are, how much power, why, as codes of `grid.reference.passports`."""

    at: datetime
    applicant: str
    power: str
    reason: str = ""
    wants: str = ""
    id: str = field(default_factory=new_id)


OF_CALL = "of_call"
"""In a row that fills columns of a call: its id."""
Fact = StepTaken | NoticePlayed | CallEnded | OutageTold | ConnectionAsked
_FACTS: dict[str, type[Fact]] = {
    kind.__name__: kind for kind in (StepTaken, NoticePlayed, CallEnded, OutageTold, ConnectionAsked)
}
_MOMENTS = {"at", "started_at", "answered_at", "ended_at", "notice_started_at", "notice_ended_at"}
_LONGEST = {
    "dialled": 32,
    "caller_raw": 64,
    "linkedid": 64,
    "place": 64,
    "key": 64,
    "exit": 64,
    "leads_to": 64,
    "outcome": 64,
}
_CUT = {
    kind: [(one.name, _LONGEST[one.name]) for one in fields(kind) if one.name in _LONGEST]
    for kind in (CallBegun, *_FACTS.values())
}


@dataclass(frozen=True)
class JournalEntry:
    """One fact with the call it belongs to; no fact: the call itself begins."""

    call: CallBegun
    fact: Fact | None = None

    def to_line(self) -> str:
        """One line of JSON."""
        kind = type(self.fact).__name__ if self.fact else ""
        return json.dumps(
            {"call": asdict(self.call), "kind": kind, "fact": asdict(self.fact) if self.fact else {}},
            ensure_ascii=False,
            default=datetime.isoformat,
        )

    @classmethod
    def from_line(cls, line: str) -> JournalEntry:
        """Read `to_line` back. Raises ValueError when it is not that."""
        try:
            told = json.loads(line)
            fact = _FACTS[told["kind"]](**_read(told["fact"])) if told["kind"] else None
            return cls(CallBegun(**_read(told["call"])), fact)
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a journal entry: {error}") from error

    def call_row(self) -> dict[str, Any]:
        """The row of `calls`, with what comes from outside made safe and short enough."""
        row = _columns(self.call)
        del row["trust"]
        return row

    def trust_row(self) -> dict[str, Any] | None:
        """The row that shuts the call for all but the security service; None of every other call."""
        if not self.call.trust:
            return None
        return {"call_id": self.call.id, "at": self.call.started_at, "cleared_at": None}

    def fact_row(self) -> dict[str, Any]:
        """The columns the fact fills: of a row of its own, or of its call (OF_CALL).

        Empty ones of a call's end say nothing and are left out.
        """
        row = _columns(self.fact) if self.fact else {}
        if isinstance(self.fact, CallEnded):
            row = {name: value for name, value in row.items() if value != ""}
        if isinstance(self.fact, StepTaken):
            return row | {"call_id": self.call.id, "prompt_ids": list(self.fact.prompt_ids)}
        if isinstance(self.fact, OutageTold | ConnectionAsked):
            return row | {"call_id": self.call.id}
        return row | {OF_CALL: self.call.id}


def _columns(facts: CallBegun | Fact) -> dict[str, Any]:
    row = dict(vars(facts))
    for name, longest in _CUT[type(facts)]:
        if row[name] is not None:
            row[name] = printable(row[name], at_most=longest)
    return row


def _read(told: dict[str, Any]) -> dict[str, Any]:
    read = dict(told)
    for name in _MOMENTS & told.keys():
        read[name] = datetime.fromisoformat(told[name]) if told[name] else None
    if "prompt_ids" in told:
        read["prompt_ids"] = tuple(told["prompt_ids"])
    return read
