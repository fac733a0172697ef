"""What a menu can do: one file per action, each with `act(line, services, topic)` returning one of its exits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from gridline import metrics
from ivr.actions import (
    appeal_status,
    connection_status,
    danger,
    find_branch,
    leave_message,
    open_matters,
    operator,
    play_notice,
    power_status,
    register_complaint,
    report_outage,
)
from ivr.actions.questions import PersonWanted
from ivr.line import Line
from ivr.menus.vocabulary import EXITS
from ivr.menus.walk import Act
from ivr.services import Services

Action = Callable[[Line, Services, str], Awaitable[str]]

ACTIONS: Mapping[str, Action] = {
    "play_notice": play_notice.act,
    "find_branch": find_branch.act,
    "open_matters": open_matters.act,
    "danger": danger.act,
    "power_status": power_status.act,
    "report_outage": report_outage.act,
    "connection_status": connection_status.act,
    "register_complaint": register_complaint.act,
    "appeal_status": appeal_status.act,
    "operator": operator.act,
    "leave_message": leave_message.act,
}

SUBJECTS: Mapping[str, str] = {
    "danger": "maintenance",
    "power_status": "outages",
    "report_outage": "outages",
    "connection_status": "connection",
    "appeal_status": "appeal",
}
"""What a caller asks about by taking this action, wherever he goes on to; a place's own topic goes before."""
HOTLINE = "outages"
"""Menus name the hotline by this topic: who only pressed 0 has not said that his power is off."""


def bound(services: Services) -> dict[str, Act[Line]]:
    """Every action ready for the menu engine, its services in its hand."""
    return {name: _bind(name, action, services) for name, action in ACTIONS.items()}


def _bind(name: str, action: Action, services: Services) -> Act[Line]:
    async def run(line: Line, topic: str) -> str:
        if topic != HOTLINE or name != "operator":
            line.call.subject = topic or SUBJECTS.get(name, line.call.subject)
        try:
            exit = await action(line, services, topic)
        except PersonWanted:
            exit = "operator" if "operator" in EXITS[name] else "failed"
        metrics.ACTIONS.labels(name, exit).inc()
        return exit

    return run
