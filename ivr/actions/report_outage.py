"""A caller reports that the power is off: confirmed with them, stored, joined to other reports."""

from __future__ import annotations

from typing import Literal

from grid import outages
from grid.models import Service
from ivr.actions import premise
from ivr.actions.questions import LOOK_UP_S, confirm
from ivr.line import Line
from ivr.services import Services
from ivr.voice.prompts import Prompt


async def act(line: Line, services: Services, _topic: str) -> Literal["done", "operator"]:
    """Store that the power is off at the caller's place."""
    place = await premise.find(line, services)
    address = premise.spoken_address(place, account_keyed=line.call.account_keyed)
    question = Prompt("report-confirm", address=address)
    if not await confirm(line, "report-check-fuses", question):
        return "done"
    async with services.db.write(within_s=LOOK_UP_S) as session:
        known = await outages.current_for(session, place, services.clock.now(), service=Service.ELECTRICITY)
        await outages.report(
            session,
            company_id=line.call.company.id,
            call_id=line.call.id,
            service=Service.ELECTRICITY,
            at=services.clock.now(),
            premise=place,
        )
    line.call.ahead = await line.say("report-joined" if known else "report-taken")
    return "done"
