"""The state of an appeal, by the number that was spoken when it was registered, or by its receipt."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Final, Literal

from appeals import numbering
from appeals.answers import read_out
from appeals.register import AppealStatus
from gridline.companies import Company
from gridline.errors import InvalidInput, NotFound
from ivr.actions.questions import LOOK_UP_S, REPEAT_KEY, SILENCE, NumberAsked, choose
from ivr.actions.reference import reading
from ivr.line import Line
from ivr.services import Services
from ivr.voice import spoken
from ivr.voice.prompts import Phrase, Prompt

ANOTHER, MAIN, ANSWER = "1", "2", "3"
_STATE_PROMPTS: Final = {
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
        status = await _asked(line, services)
        key = await _told(line, services, status) if status is not None else await _end(line, "status-receipt")
        if key != ANOTHER:
            return "done" if key == SILENCE else "main"


async def _told(line: Line, services: Services, status: AppealStatus) -> str:
    """Say where it stands, and read its answer out where that is how they wished to learn it; the last key."""
    company = line.call.company
    phrases = told(status, services.clock.now(), company)
    async with services.db.read(within_s=LOOK_UP_S) as session:
        readable = await read_out.may_be(session, company.id, status.number)
    if not readable:
        return await _end(line, *phrases)
    answered = (status.answered_at or services.clock.now()).astimezone(company.zone).date()
    today = services.clock.now().astimezone(company.zone).date()
    phrases = [phrases[0], Prompt("status-answer-ready", day=spoken.on_day(answered, today))]
    while (key := await choose(line, *phrases, "status-answer-menu", keys="123", silence=SILENCE)) == ANSWER:
        words = await _unlocked(line, services, status.number)
        for _ in range(reading.MOST_AGAIN):
            if await reading.aloud(line, "status-answer", words) != REPEAT_KEY:
                break
    return key


async def _end(line: Line, *phrases: Phrase) -> str:
    return await choose(line, *phrases, "status-end-menu", keys=ANOTHER + MAIN, silence=SILENCE)


async def _unlocked(line: Line, services: Services, number: str) -> str:
    """The answer, once they have keyed the last digits of the telephone that was left. Raises PersonWanted."""
    asked = NumberAsked(line, "status-answer-phone", at_most=read_out.PHONE_DIGITS)
    while True:
        digits = await asked.digits()
        now = services.clock.now()
        words = await read_out.text(services.db, line.call.company.id, number, digits, now, within_s=LOOK_UP_S)
        if words is not None:
            return words
        await asked.wrong("too-few-digits" if len(digits) < read_out.PHONE_DIGITS else "status-answer-wrong")


async def _asked(line: Line, services: Services) -> AppealStatus | None:
    """The appeal of the number they key; None for a receipt that has no number yet. Raises PersonWanted."""
    company = line.call.company
    asked = NumberAsked(line, "status-enter", at_most=numbering.RECEIPT_LENGTH)
    while True:
        digits = await asked.digits()
        try:
            numbering.read(digits)
            if services.spool.find(digits) is not None:
                return None
            async with asyncio.timeout(LOOK_UP_S):
                return await services.register.status(company.id, digits)
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
