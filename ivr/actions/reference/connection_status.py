"""Progress of an application for technological connection: stage k of n, whose turn, by which day, what is next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal

from grid import connections
from grid.connections import ConnectionStatus
from grid.models import Turn
from gridline.numbers.applications import Fault
from ivr.actions.questions import LOOK_UP_S, SILENCE, NumberAsked, PersonWanted, choose
from ivr.line import Line
from ivr.services import Services
from ivr.voice import spoken
from ivr.voice.prompts import Phrase, Prompt

_SAID: Mapping[Fault, Phrase] = {
    "too-few": "too-few-digits",
    "too-many": "too-many-digits",
    "wrong-check": "application-wrong-check",
}


async def act(line: Line, services: Services, _topic: str) -> Literal["done", "main", "operator"]:
    """Tell the progress of the applications whose numbers are keyed."""
    while True:
        status = await _asked(line, services)
        today = services.clock.now().astimezone(line.call.company.zone).date()
        key = await choose(line, *told(status, today), "application-end-menu", keys="12", silence=SILENCE)
        if key != "1":
            return "done" if key == SILENCE else "main"


async def _asked(line: Line, services: Services) -> ConnectionStatus:
    company = line.call.company
    asked = NumberAsked(line, "application-enter", at_most=company.application_numbers.most)
    while True:
        digits = await asked.digits()
        if fault := company.application_numbers.fault(digits):
            await asked.wrong(_SAID[fault])
            continue
        async with services.db.read(within_s=LOOK_UP_S) as session:
            found = await connections.by_digits(session, company.id, digits)
        if len(found) > 1:
            await line.say("application-several")
            raise PersonWanted
        if found:
            return found[0]
        await asked.wrong("application-not-found")


def told(status: ConnectionStatus, today: date) -> list[Phrase]:
    """The sentences about one application."""
    if status.finished:
        return ["application-done"]
    whose = "application-turn-applicant" if status.turn is Turn.APPLICANT else "application-turn-grid"
    phrases: list[Phrase] = [
        Prompt(
            "application-stage",
            stage=spoken.ordinal(status.stage, spoken.GrammarCase.PREP, spoken.Gender.F),
            stages=spoken.cardinal(status.stages, spoken.GrammarCase.GEN),
            name=spoken.speakable(status.name),
        ),
        Prompt(whose, action=spoken.speakable(status.next_step).rstrip(".")),
    ]
    if status.due is None:
        phrases.append("application-due-unknown")
    elif status.due < today:
        phrases.append(Prompt("application-overdue", day=spoken.on_day(status.due, today)))
    else:
        phrases.append(Prompt("application-due", until=spoken.until(status.due, today)))
    return phrases
