"""A caller with something still open is told about it before the menu."""

from __future__ import annotations

from typing import Literal

from appeals import numbering
from appeals.intake import repeats
from grid import outages, premises
from ivr.actions import power_status
from ivr.actions.questions import LOOK_UP_S
from ivr.line import Line
from ivr.services import Services
from ivr.voice import spoken
from ivr.voice.prompts import Phrase, Prompt


async def act(line: Line, services: Services, _topic: str) -> Literal["said", "none"]:
    """Say what is open for this caller, if anything is."""
    call = line.call
    if call.caller is None:
        return "none"
    async with services.db.glance(within_s=LOOK_UP_S) as session:
        known = await premises.by_phone(session, call.company.id, call.caller)
        now = services.clock.now()
        current = await outages.current_for(session, known[0], now) if len(known) == 1 else []
        appeals = await repeats.open_of_phone(session, call.company.id, call.caller)
    phrases: list[Phrase] = []
    if current:
        phrases += ["known-outage", *power_status.told(current[:1], (), now, call.company)]
    if appeals:
        last = appeals[-1]
        today = now.astimezone(call.company.zone).date()
        number = spoken.digit_by_digit(numbering.written(last.number))
        phrases.append(Prompt("known-open-appeal", number=number, until=spoken.until(last.deadline, today)))
    if not phrases:
        return "none"
    call.ahead = await line.say(*phrases)
    return "said"
