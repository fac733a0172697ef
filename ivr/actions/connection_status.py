"""Progress of an application for technological connection: stage k of n, whose turn, by which day, what is next."""

from __future__ import annotations

from datetime import date
from typing import Literal

from grid import connections
from grid.connections import ConnectionStatus
from grid.models import Turn
from gridline.errors import InvalidInput, NotFound
from ivr.actions.questions import LOOK_UP_S, SILENCE, NumberAsked, choose
from ivr.line import Line
from ivr.services import Services
from ivr.voice import spoken
from ivr.voice.prompts import Phrase, Prompt


async def act(line: Line, services: Services, _topic: str) -> Literal["done", "main", "operator"]:
    """Tell the progress of the applications whose numbers are keyed."""
    while True:
        status = await _asked(line, services)
        today = services.clock.now().astimezone(line.call.company.zone).date()
        key = await choose(line, *told(status, today), "application-end-menu", keys="12", silence=SILENCE)
        if key != "1":
            return "done" if key == SILENCE else "main"


async def _asked(line: Line, services: Services) -> ConnectionStatus:
    asked = NumberAsked(line, "application-enter", at_most=connections.DIGITS)
    while True:
        digits = await asked.digits()
        try:
            async with services.db.read(within_s=LOOK_UP_S) as session:
                return await connections.by_number(session, line.call.company.id, digits)
        except InvalidInput:
            too_few = len(digits) < connections.DIGITS
            await asked.wrong("too-few-digits" if too_few else "application-wrong-check")
        except NotFound:
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
