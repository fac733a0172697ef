"""What a menu can do: one file per action, each with `act(line, services, topic)`, its exits named in its signature."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import get_args, get_type_hints

from gridline import metrics
from ivr.actions import (
    danger,
    find_branch,
    open_matters,
    register_complaint,
)
from ivr.actions.ahead import announcement, play_notice
from ivr.actions.office import book_appointment, my_appointment, offices
from ivr.actions.person import callback, leave_message, operator
from ivr.actions.power import no_supply, works
from ivr.actions.questions import PersonWanted
from ivr.actions.reference import appeal_status, call_out, connection_consultation, connection_status, knowledge
from ivr.actions.trust import theft_report, trust_report, trust_result
from ivr.line import Line
from ivr.menus.vocabulary import DANGER, FAILED, NOTICE, PERSON, POWER, Signature
from ivr.menus.walk import Act
from ivr.services import Services


@dataclass(frozen=True)
class Action:
    """One action of the menu language."""

    act: Callable[[Line, Services, str], Awaitable[str]]
    """Its return type is a `Literal` of its exits: mypy checks the code against it, `signature` reads it."""
    subject: str = ""
    """What a caller who chooses it is asking about, wherever they go next; a place's own topic takes precedence."""
    takes_topic: bool = False
    exits_by_key: tuple[str, ...] = ()

    @property
    def signature(self) -> Signature:
        """What a menu must know about it."""
        exits = frozenset(get_args(get_type_hints(self.act)["return"]))
        return Signature(exits | {FAILED}, self.takes_topic, frozenset(self.exits_by_key))


ACTIONS: Mapping[str, Action] = {
    NOTICE: Action(play_notice.act),
    "announcement": Action(announcement.act),
    "find_branch": Action(find_branch.act),
    "open_matters": Action(open_matters.act),
    DANGER: Action(danger.act, subject="maintenance"),
    POWER: Action(no_supply.act, subject="outages", takes_topic=True),
    "planned_outages": Action(works.act, subject="outages"),
    "connection_status": Action(connection_status.act, subject="connection", exits_by_key=("main",)),
    "knowledge": Action(knowledge.act, subject="service", takes_topic=True, exits_by_key=("main",)),
    "call_out": Action(call_out.act, subject="metering", exits_by_key=("main", "message")),
    "connection_consultation": Action(
        connection_consultation.act, subject="connection", exits_by_key=("main", "call", "message")
    ),
    "register_complaint": Action(register_complaint.act, takes_topic=True, exits_by_key=("main",)),
    "appeal_status": Action(appeal_status.act, subject="appeal", exits_by_key=("main",)),
    PERSON: Action(operator.act, takes_topic=True, exits_by_key=("callback",)),
    "callback": Action(callback.act),
    "trust_report": Action(trust_report.act, exits_by_key=("main", "operator")),
    "trust_result": Action(trust_result.act, exits_by_key=("main",)),
    "theft_report": Action(theft_report.act, subject="metering", exits_by_key=("main",)),
    "leave_message": Action(leave_message.act, takes_topic=True, exits_by_key=("operator", "main")),
    "offices": Action(offices.act, subject="service"),
    "book_appointment": Action(book_appointment.act, subject="service", takes_topic=True, exits_by_key=("main",)),
    "my_appointment": Action(my_appointment.act, subject="service", exits_by_key=("main", "book")),
}

SIGNATURES: Mapping[str, Signature] = MappingProxyType({name: each.signature for name, each in ACTIONS.items()})
"""What the menu language knows about each action."""

HOTLINE = "outages"
"""Menus name the hotline by this topic: a caller who only pressed 0 has not said that their power is off."""


def bound(services: Services) -> dict[str, Act[Line]]:
    """Every action bound to its services, ready for the menu engine."""
    return {name: _bind(name, action, services) for name, action in ACTIONS.items()}


def _bind(name: str, action: Action, services: Services) -> Act[Line]:
    exits = SIGNATURES[name].exits
    taken = {exit: metrics.ACTIONS.labels(name, exit) for exit in exits}

    async def run(line: Line, topic: str) -> str:
        if topic != HOTLINE or name != PERSON:
            line.call.subject = topic or action.subject or line.call.subject
        try:
            exit = await action.act(line, services, topic)
        except PersonWanted:
            exit = PERSON if PERSON in exits else FAILED
        taken[exit].inc()
        return exit

    return run
