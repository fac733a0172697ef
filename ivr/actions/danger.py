"""Danger or a broken wire: the safety text to its end, then first in the queue (rule R35)."""

from __future__ import annotations

from ivr.actions import told
from ivr.services import Services
from ivr.telephony.line import Line

PRIORITY = 10
"""app_queue serves higher numbers first; every ordinary caller has 0."""
WAIT_S = 60


async def act(line: Line, services: Services, _topic: str) -> str:
    """Exits: queued, failed (nobody answered and nothing was said; a message is registered and passed on)."""
    call = line.call
    await line.say("danger-safety", interruptible=False)
    waiting = any(
        other.queue == call.company.hotline and other.priority >= PRIORITY for other in services.board.snapshot().calls
    )
    await line.say("danger-all-busy" if waiting else "danger-to-dispatcher")
    talk = services.begin_recording(call, "talk")
    await line.queue(
        call.company.hotline,
        priority=PRIORITY,
        timeout_s=WAIT_S,
        recording=services.incoming.samples(talk) if talk else None,
    )
    label = await told.Telling(line, services, "danger-leave-message").tell()
    if label is None:
        return "failed"
    await told.register(
        line, services, label, kind="appeal", topic="maintenance", phone=call.caller, disposition="damaged-object"
    )
    await line.say("danger-message-taken")
    return "queued"
