"""A caller says that the power is off: checked with him, stored for the dispatcher, joined to what others reported."""

from __future__ import annotations

from grid import outages
from grid.models import Service
from ivr.actions import premise
from ivr.actions.questions import confirm
from ivr.services import Services
from ivr.telephony.line import Line
from ivr.voice import spoken
from ivr.voice.prompts import Prompt


async def act(line: Line, services: Services, _topic: str) -> str:
    """Exits: done, operator."""
    place = await premise.find(line, services)
    question = Prompt("report-confirm", address=spoken.address(place.address))
    if not await confirm(line, "report-check-fuses", question):
        return "done"
    async with services.db.write() as session:
        known = await outages.current_for(session, place, services.clock.now(), service=Service.ELECTRICITY)
        await outages.report(
            session,
            company_id=line.call.company.id,
            call_id=line.call.id,
            service=Service.ELECTRICITY,
            at=services.clock.now(),
            premise=place,
        )
    await line.say("report-joined" if known else "report-taken")
    return "done"
