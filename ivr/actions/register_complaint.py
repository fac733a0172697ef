"""A complaint in the caller's own words: recorded, reviewed, topic, contact, then a number and a deadline."""

from __future__ import annotations

from typing import Literal

import structlog

from gridline.errors import Unavailable
from ivr.actions import by_message, told
from ivr.actions.questions import PersonWanted, choose
from ivr.line import CallerHungUp, Line
from ivr.services import Services

TOPICS = {"1": "outages", "2": "quality", "3": "connection", "4": "metering", "5": "service"}
"""Keys of the prompt complaint-topic -> topic codes of the register."""

log = structlog.get_logger(__name__)


async def act(line: Line, services: Services, topic: str) -> Literal["done", "operator"]:
    """Take a complaint; if the caller hangs up half-way, or it cannot be registered, a draft with its audio remains."""
    stage = "telling"
    telling = told.Telling(line, services, "complaint-tell")
    both_sides = await services.begin_recording(line.call, "complaint")
    async with line.recorded(services.incoming.samples(both_sides) if both_sides else None):
        try:
            if await telling.tell() is None:
                return "operator"
            stage = "reviewing"
            label = await telling.review()
            if label is None:
                return "operator"
            stage = "topic"
            topic = topic or TOPICS[await choose(line, "complaint-topic", keys=tuple(TOPICS))]
            stage = "contact"
            phone = await told.contact(line)
            stage = "registering"
            answer = await told.register(line, services, label, kind="complaint", topic=topic, phone=phone)
        except (CallerHungUp, PersonWanted):
            await telling.keep_draft(stage, topic)
            raise
        except Unavailable as error:  # no room to record, or neither register nor disk accepts it: a person takes it
            log.error("complaint-not-taken", call=line.call.id, stage=stage, reason=error.message)
            await telling.keep_draft(stage, topic)
            await line.say("complaint-failed")
            return "operator"
    await by_message.told(line, services, answer, phone)
    return "done"
