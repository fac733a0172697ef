"""The recording notice: the first thing a caller hears, and in full; only then may anything be recorded (rule R5)."""

from __future__ import annotations

from typing import Literal

from ivr.line import Line
from ivr.services import Services
from ivr.telephony import variables


async def act(line: Line, services: Services, _topic: str) -> Literal["done"]:
    """Play the notice to its end, once a call."""
    if not line.call.notice_heard:  # a call taken over from a dead controller does not hear it twice
        await line.say("notice", interruptible=False)
        line.call.notice_heard = True
        line.mark(variables.NOTICE, "1")
    return "done"
