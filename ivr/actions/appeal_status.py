"""The state of an appeal, by the number that was spoken when it was registered, or by its receipt."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Literal

from appeals import numbering
from appeals.register import AppealStatus
from gridline.companies import Company
from gridline.errors import InvalidInput, NotFound
from ivr.actions.questions import LOOK_UP_S, SILENCE, NumberAsked, choose
from ivr.line import Line
from ivr.services import Services
from ivr.voice import spoken
from ivr.voice.prompts import Phrase, Prompt

_STATE_PROMPTS = {
    "registered": "status-registered",
    "in-work": "status-in-work",
    "asked": "status-waiting-others",
    "considered": "status-considered",
    "answered": "status-answered",
    "closed": "status-closed",
    "refused": "status-refused",
    "joined": "status-joined",
    "withdrawn": "status-withdrawn",
}


async def act(line: Line, services: Services, _topic: str) -> Literal["done", "main", "operator"]:
    """Tell the state of the appeals whose numbers are keyed."""
    while True:
        phrases = await _asked(line, services)
        key = await choose(line, *phrases, "status-end-menu", keys="12", silence=SILENCE)
        if key != "1":
            return "done" if key == SILENCE else "main"


async def _asked(line: Line, services: Services) -> list[Phrase]:
    company = line.call.company
    asked = NumberAsked(line, "status-enter", at_most=numbering.RECEIPT_LENGTH)
    while True:
        digits = await asked.digits()
        try:
            numbering.read(digits)
            if services.spool.find(digits) is not None:
                return ["status-receipt"]
            async with asyncio.timeout(LOOK_UP_S):
                status = await services.register.status(company.id, digits)
            return told(status, services.clock.now(), company)
        except InvalidInput:
            too_few = len(digits) < numbering.NUMBER_LENGTH
            await asked.wrong("too-few-digits" if too_few else "status-wrong-check")
        except NotFound:
            await asked.wrong("status-not-found")


def told(status: AppealStatus, now: datetime, company: Company) -> list[Phrase]:
    """The sentences about one appeal; they contain nothing personal (attack A29)."""
    today = now.astimezone(company.zone).date()
    until = spoken.until(status.deadline, today)
    number = spoken.digit_by_digit(numbering.written(status.number))
    phrases: list[Phrase] = [Prompt("status-number", number=number)]
    if status.overdue:
        return [*phrases, Prompt("status-overdue", until=until)]
    match prompt := _STATE_PROMPTS[status.state]:
        case "status-registered":
            received = spoken.on_day(status.received_at.astimezone(company.zone).date(), today)
            phrases.append(Prompt(prompt, day=received, until=until))
        case "status-joined" if not status.joined_to:
            phrases.append("status-joined-other")
        case "status-joined":
            phrases.append(Prompt(prompt, number=spoken.digit_by_digit(numbering.written(status.joined_to))))
        case "status-in-work" | "status-waiting-others":
            phrases.append(Prompt(prompt, until=until))
        case "status-answered" | "status-closed":
            answered = status.answered_at or now
            phrases.append(Prompt(prompt, day=spoken.on_day(answered.astimezone(company.zone).date(), today)))
        case _:
            phrases.append(prompt)
    return phrases
