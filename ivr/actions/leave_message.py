"""A message for the hours when nobody answers: recorded and registered as an appeal, with a number and a deadline."""

from __future__ import annotations

from ivr.actions import told
from ivr.actions.questions import choose
from ivr.services import Services
from ivr.telephony.line import CallerHungUp, Line


async def act(line: Line, services: Services, topic: str) -> str:
    """Exits: done, failed (nothing was said, or there is no room to record)."""
    telling = told.Telling(line, services, "message-tell")
    try:
        label = await telling.tell()
        if label is None:
            return "failed"
        phone = line.call.caller or await told.contact(line)
        answer = await told.register(line, services, label, kind="appeal", topic=topic or "service", phone=phone)
    except CallerHungUp:
        await telling.keep_draft("message", topic)
        raise
    await choose(line, answer, "complaint-number-again", keys="1", silence="1")
    return "done"
