"""A report to the trust line: fraud, extortion, theft, abuse, told to the security service without a name."""

from __future__ import annotations

from typing import Literal

import structlog

from gridline.errors import Unavailable
from ivr.actions.questions import PERSON_KEY, PersonWanted
from ivr.actions.trust import anonymous
from ivr.line import Line
from ivr.services import Services

TOPIC = "other"
"""Of the register's topics: it is about no supply of anything."""

log = structlog.get_logger(__name__)


async def act(line: Line, services: Services, _topic: str) -> Literal["done", "main", "silent", "operator", "failed"]:
    """Say what becomes of the number, then take the report; `silent`: nothing was said, `operator`: they pressed 0."""
    if await line.say("trust-promise" if line.call.anonymous else "trust-promise-by-key") == PERSON_KEY:
        raise PersonWanted
    try:
        return await anonymous.report(line, services, "trust-tell", topic=TOPIC)
    except Unavailable as error:
        log.error("trust-report-not-taken", call=line.call.id, reason=error.message)
        return "failed"
