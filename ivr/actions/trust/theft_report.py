"""Stolen electricity or equipment, reported with a name as an appeal, or without one to the security service."""

from __future__ import annotations

from typing import Final, Literal

import structlog

from gridline.errors import Unavailable
from ivr.actions import by_message, told
from ivr.actions.questions import PersonWanted, choose
from ivr.actions.trust import anonymous
from ivr.line import CallerHungUp, Line
from ivr.services import Services

TOPIC: Final = "metering"
"""Of the register's topics: what is taken past the meter."""
PLACE: Final = "Место названо в записи"
NAMELESS: Final = "2"

log = structlog.get_logger(__name__)


async def act(line: Line, services: Services, _topic: str) -> Literal["done", "main", "silent", "operator", "failed"]:
    """Ask how, then hear it: what happened and where. Broken off, a named one is a draft that a person finishes."""
    try:
        if await choose(line, "theft-how", keys="12") == NAMELESS:
            return await anonymous.report(line, services, "theft-tell-anonymous", topic=TOPIC)
        return await _named(line, services)
    except Unavailable as error:
        log.error("theft-not-taken", call=line.call.id, reason=error.message)
        return "failed"


async def _named(line: Line, services: Services) -> Literal["done", "main", "silent", "operator"]:
    telling = told.Telling(line, services, "theft-tell")
    stage = "telling"
    try:
        if await telling.tell() is None:
            return "silent"
        stage = "reviewing"
        label = await telling.review()
        if label is None:
            return "silent"
        stage = "contact"
        phone = await told.contact(line)
        stage = "registering"
        answer = await told.register(
            line, services, label, kind="theft", topic=TOPIC, phone=phone, details={"type": "theft", "place": PLACE}
        )
    except (CallerHungUp, PersonWanted, Unavailable):
        await telling.keep_draft(stage, TOPIC)
        raise
    return "main" if await by_message.told(line, services, answer, phone) == by_message.MAIN_KEY else "done"
