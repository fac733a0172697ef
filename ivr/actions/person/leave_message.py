"""A message for the hours when nobody answers: recorded and registered as an appeal, with a number and a deadline."""

from __future__ import annotations

from typing import Literal

import structlog

from gridline.errors import Unavailable
from ivr.actions import by_message, danger, told
from ivr.actions.person import callback
from ivr.actions.questions import PersonWanted
from ivr.line import CallerHungUp, Line
from ivr.services import Services

log = structlog.get_logger(__name__)


async def act(line: Line, services: Services, topic: str) -> Literal["done", "silent", "main", "operator", "failed"]:
    """Take a message: `silent` when nothing was said, `operator` on 0, `failed` when it cannot be kept.

    Whoever told of danger in this call speaks to the dispatcher.
    """
    if line.call.in_danger:
        return "done" if await danger.leave_words(line, services) else "silent"
    telling = told.Telling(line, services, "message-tell")
    try:
        label = await telling.tell()
        if label is None:
            return "silent"
        phone = line.call.caller or await _contact(line)
        if phone is None:
            await telling.keep_message(topic)
            await line.say("message-kept")
            return "done"
        by = "message-registered" if _is_urgent(line, topic) else told.REGISTERED
        answer = await told.register(line, services, label, kind="appeal", topic=topic or "service", phone=phone, by=by)
    except CallerHungUp:
        await telling.keep_draft("message", topic)
        raise
    except Unavailable as error:
        log.error("message-not-taken", call=line.call.id, reason=error.message)
        await telling.keep_draft("message", topic)
        return "failed"
    if not callback.may_be_promised(line.call, services, topic):
        return "main" if await by_message.told(line, services, answer, phone) == by_message.MAIN_KEY else "done"
    if await by_message.told(line, services, answer, phone, again="callback-by-message") == "1":
        await line.say(await callback.promised(line, services, phone, about_message=True))
    return "done"


def _is_urgent(line: Line, topic: str) -> bool:
    """Whether it was left for the hotline: the term of an answer in writing would be no answer to that caller."""
    company = line.call.company
    return topic in company.topics and company.topic(topic).queue == company.hotline


async def _contact(line: Line) -> str | None:
    """A number to call back. Without one nothing may be registered (rule R6): the message is kept for a person."""
    try:
        return await told.contact(line)
    except PersonWanted:
        return None
