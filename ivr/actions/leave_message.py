"""A message for the hours when nobody answers: recorded and registered as an appeal, with a number and a deadline."""

from __future__ import annotations

from typing import Literal

import structlog

from gridline.errors import Unavailable
from ivr.actions import told
from ivr.actions.questions import PersonWanted, choose
from ivr.line import CallerHungUp, Line
from ivr.services import Services

log = structlog.get_logger(__name__)


async def act(line: Line, services: Services, topic: str) -> Literal["done", "silent", "operator", "failed"]:
    """Take a message: `silent` when nothing was said, `operator` on 0, `failed` when it cannot be kept."""
    telling = told.Telling(line, services, "message-tell")
    try:
        label = await telling.tell()
        if label is None:
            return "silent"
        phone = line.call.caller or await _contact(line)
        if phone is None:
            await telling.keep_draft("contact", topic)
            await line.say("message-kept")
            return "done"
        answer = await told.register(line, services, label, kind="appeal", topic=topic or "service", phone=phone)
    except CallerHungUp:
        await telling.keep_draft("message", topic)
        raise
    except Unavailable as error:
        log.error("message-not-taken", call=line.call.id, reason=error.message)
        await telling.keep_draft("message", topic)
        return "failed"
    await choose(line, answer, "complaint-number-again", keys="1", silence="1")
    return "done"


async def _contact(line: Line) -> str | None:
    """A number to call back. Without one nothing may be registered (rule R6): the message is kept for a person."""
    try:
        return await told.contact(line)
    except PersonWanted:
        return None
