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
WATER = "water"
TOPICS_WITH_WATER = TOPICS | {"4": WATER}
"""Of complaint-topic-water: five keys are what callers remember, so meters are «всё остальное» there."""

log = structlog.get_logger(__name__)


async def act(line: Line, services: Services, topic: str) -> Literal["done", "main", "operator"]:
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
            topic = topic or await _topic(line)
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
    return "main" if await by_message.told(line, services, answer, phone) == by_message.MAIN_KEY else "done"


async def _topic(line: Line) -> str:
    if WATER in line.call.company.topics:
        return TOPICS_WITH_WATER[await choose(line, "complaint-topic-water", keys=tuple(TOPICS_WITH_WATER))]
    return TOPICS[await choose(line, "complaint-topic", keys=tuple(TOPICS))]
