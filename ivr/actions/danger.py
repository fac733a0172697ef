"""Danger or a broken wire: the whole safety text, then first in the queue (rule R35); unanswered, a message."""

from __future__ import annotations

from typing import Literal

import structlog

from gridline.companies import priorities
from gridline.errors import Unavailable
from ivr.actions import told
from ivr.actions.person import alarm
from ivr.actions.questions import PersonWanted
from ivr.call import Call
from ivr.line import CallerHungUp, Line
from ivr.services import Services
from ivr.telephony import variables
from ivr.voice.prompts import Phrase

WAIT_S = 60

log = structlog.get_logger(__name__)


async def act(line: Line, services: Services, _topic: str) -> Literal["queued", "failed"]:
    """Put the caller first in the queue; `failed` when nobody answered and no message was left.

    Whoever gives up while waiting is found afterwards (`ivr.reception.lost_danger`).
    """
    line.call.in_danger = True
    line.mark(variables.DANGER, "1")
    await line.say("danger-safety", interruptible=False)
    await wait(line, services)
    return "queued" if await leave_words(line, services) else "failed"


def key_first(call: Call) -> tuple[Phrase, ...]:
    """Which key is danger: said once, before what is told ahead of the first menu; a key there is that menu's."""
    if call.danger_offered:
        return ()
    call.danger_offered = True
    return ("danger-first",)


async def wait(line: Line, services: Services) -> None:
    """First in the queue; a talk ends with the call, so it comes back only when nobody answered."""
    call = line.call
    hotline = services.board.queue(call.company.hotline)
    waiting = hotline is not None and hotline.danger > 0
    await line.say("danger-all-busy" if waiting else "danger-to-dispatcher")
    talk = await services.begin_recording(call, "talk")
    await line.queue(
        call.company.hotline,
        priority=priorities.DANGER,
        timeout_s=WAIT_S,
        recording=services.incoming.samples(talk) if talk else None,
        whisper=services.whispers.follow(call, danger=True),
    )


async def leave_words(line: Line, services: Services) -> bool:
    """The message for the dispatcher: whether anything was said. Raises Unavailable when it cannot be kept."""
    telling = told.Telling(line, services, "danger-leave-message")
    try:
        label = await telling.tell()
        if label is None:
            await alarm.wordless(line.call, services)
            return False
    except (CallerHungUp, PersonWanted):
        await _words_left(line, services, telling)
        raise
    await line.say(*await alarm.raised(line.call, services, label))
    return True


async def _words_left(line: Line, services: Services, telling: told.Telling) -> None:
    """What was said until then counts as a message; nobody is there to be told its number."""
    if (label := await telling.words()) is None:
        await alarm.wordless(line.call, services)
        return
    try:
        await alarm.raised(line.call, services, label)
    except Unavailable as error:  # a draft is made when the recording is taken in
        log.error("danger-not-raised", call=line.call.id, recording=label.id, reason=error.message)
