"""A person: the topic's queue in its hours, with the position and an honest estimate."""

from __future__ import annotations

from typing import Literal

from ivr.line import Line
from ivr.services import Services
from ivr.voice import spoken
from ivr.voice.prompts import Phrase, Prompt

WAIT_S = 300
"""How long a caller waits before they are offered to leave a message instead."""


async def act(line: Line, services: Services, topic: str) -> Literal["closed", "unanswered"]:
    """Queue for a person: `closed` out of hours, `unanswered` after too long a wait; a talk ends with the call."""
    call = line.call
    queue = call.company.topic(topic).queue if topic else call.company.hotline
    if topic and not call.company.is_open(topic, services.clock.now(), services.calendar):
        hours = spoken.speakable(call.company.hours_spoken(topic))
        await line.say("person-closed", Prompt("person-hours", hours=hours), "person-hotline-open")
        return "closed"
    await line.say(*_expectation(services, queue))
    talk = await services.begin_recording(call, "talk")
    await line.queue(
        queue,
        priority=0,
        timeout_s=WAIT_S,
        recording=services.incoming.samples(talk) if talk else None,
        whisper=services.whispers.follow(call),
    )
    await line.say("person-did-not-answer")
    return "unanswered"


def _expectation(services: Services, queue: str) -> list[Phrase]:
    """How many callers are ahead and the estimated wait; only measured figures are told."""
    state = services.board.queue(queue)
    if state is None:  # no AMI connection at the moment: nothing is known, so nothing is promised
        return ["person-connecting"]
    ahead = state.waiting
    if state.free > ahead:
        return ["person-connecting"]
    phrases: list[Phrase] = ["person-all-busy"]
    phrases.append(Prompt("person-position", ahead=spoken.counted(ahead, spoken.PERSON)) if ahead else "person-next")
    estimate_s = services.board.estimate_wait_s(queue, ahead + 1)
    if estimate_s is None:
        return [*phrases, "person-estimate-unknown"]
    return [*phrases, Prompt("person-estimate", wait=spoken.about(estimate_s))]
