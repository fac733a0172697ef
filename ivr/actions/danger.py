"""Danger or a broken wire: the whole safety text, then first in the queue (rule R35)."""

from __future__ import annotations

from typing import Literal

from gridline import priorities
from ivr.actions import told
from ivr.actions.questions import PersonWanted
from ivr.line import CallerHungUp, Line
from ivr.services import Services

WAIT_S = 60
TOPIC = "maintenance"


async def act(line: Line, services: Services, _topic: str) -> Literal["queued", "failed"]:
    """Put the caller first in the queue; `failed` when nobody answered and no message was left."""
    call = line.call
    await line.say("danger-safety", interruptible=False)
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
    telling = told.Telling(line, services, "danger-leave-message")
    try:
        label = await telling.tell()
        if label is None:
            return "failed"
        if call.caller is None:  # without a number nothing is registered (rule R6); a person listens to the message
            await telling.keep_draft("danger", TOPIC)
        else:
            await told.register(
                line, services, label, kind="appeal", topic=TOPIC, phone=call.caller, disposition="damaged-object"
            )
    except (CallerHungUp, PersonWanted):
        await telling.keep_draft("danger", TOPIC)
        raise
    await line.say("danger-message-taken")
    return "queued"
