"""What became of a report to the trust line, for whoever keys its number and the PIN that was told with it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from appeals import numbering
from appeals.codes import AppealState
from appeals.personal_data import pins
from gridline.companies import Company
from ivr.actions.questions import LOOK_UP_S, SILENCE, NumberAsked, choose
from ivr.actions.trust import anonymous
from ivr.line import Line
from ivr.services import Services
from ivr.voice import spoken
from ivr.voice.prompts import Phrase, Prompt

_EXAMINED = {AppealState.IN_WORK, AppealState.ASKED, AppealState.CONSIDERED}


async def act(line: Line, services: Services, _topic: str) -> Literal["done", "main", "operator"]:
    """Ask for number and PIN, tell the result in words. Who asks leads to who told: the call is shut first."""
    await anonymous.shut(line, services)
    while True:
        found = await _asked(line, services)
        phrases = words(found, services.clock.now(), line.call.company)
        key = await choose(line, *phrases, "trust-result-end", keys="12", silence=SILENCE)
        if key != "1":
            return "done" if key == SILENCE else "main"


async def _asked(line: Line, services: Services) -> pins.PinResult:
    number = NumberAsked(line, "trust-result-number", at_most=numbering.NUMBER_LENGTH)
    while True:
        digits = await number.digits()
        pin = await NumberAsked(line, "trust-result-pin", at_most=pins.LENGTH).digits()
        now = services.clock.now()
        found = await pins.ask(services.db, line.call.company.id, digits, pin, now, within_s=LOOK_UP_S)
        if found is not None:
            return found
        await number.wrong("trust-result-wrong")


def words(found: pins.PinResult, now: datetime, company: Company) -> list[Phrase]:
    """Where the report stands; what the security service wrote for its caller comes before its state."""
    if found.answer:
        return [Prompt("trust-result-answer", text=spoken.speakable(found.answer))]
    if found.state is AppealState.REGISTERED:
        today, day = (at.astimezone(company.zone).date() for at in (now, found.received_at))
        return [Prompt("trust-result-received", day=spoken.on_day(day, today))]
    return ["trust-result-examined" if found.state in _EXAMINED else "trust-result-over"]
