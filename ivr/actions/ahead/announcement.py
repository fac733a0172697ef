"""What a dispatcher announces to everybody at this moment: right after the notice, with any key on to the menu."""

from __future__ import annotations

from typing import Literal

from ivr.actions import danger
from ivr.line import Line
from ivr.services import Services


async def act(line: Line, services: Services, _topic: str) -> Literal["said", "pressed", "none"]:
    """Say what was not said in this call yet; `pressed` when the caller would not hear it out."""
    call = line.call
    branch = call.here
    news = services.announcer.current(call.company.id, branch.id if branch else "")
    unheard = [one for one in news if one.id not in call.announced]
    if not unheard:
        return "none"
    call.announced.update(one.id for one in unheard)
    call.ahead = await line.say(*danger.key_first(call), *(one.phrase for one in unheard))
    return "pressed" if call.ahead else "said"
