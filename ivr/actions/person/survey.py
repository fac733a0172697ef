"""A survey after a talk: the agent has hung up, the caller who stays is asked one question and answers by a key 1-5.

Only where the company asks (`survey` in its file). Nobody has to answer: another key, silence and a hang-up are no
score, and nothing is recorded.
"""

from __future__ import annotations

from typing import Final

import structlog

from gridline.errors import Unavailable
from ivr.figures import surveys
from ivr.line import CallerHungUp, Line
from ivr.services import Services
from ivr.voice.clips import PromptUnavailable

ANSWER_S: Final = 5
SCORES: Final = frozenset("12345")

log = structlog.get_logger(__name__)


async def ask(line: Line, services: Services) -> None:
    """Ask, keep the answer, thank; the call ends after it. What cannot be asked or kept is logged and left."""
    try:
        key = await line.ask_key("survey-question", wait_s=ANSWER_S)
    except CallerHungUp:
        await _keep(line, services, "")
        raise
    except PromptUnavailable:  # logged by the line
        return
    await _keep(line, services, key)
    if key in SCORES:
        await _thank(line)


async def _keep(line: Line, services: Services, key: str) -> None:
    call = line.call
    score = int(key) if key in SCORES else None
    branch = call.branch.id if call.branch else ""
    try:
        await surveys.keep(services.db, call.id, call.company.id, branch, call.subject, services.clock.now(), score)
    except Unavailable as error:
        log.error("survey-not-kept", call=call.id, reason=error.message)


async def _thank(line: Line) -> None:
    try:
        await line.say("survey-thanks", interruptible=False, last=True)
    except PromptUnavailable:  # logged by the line
        return
