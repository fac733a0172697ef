"""A person: the topic's queue in its hours, with the position and an honest estimate; or 1, to be called back."""

from __future__ import annotations

from functools import partial
from typing import Literal

from ivr.actions import danger
from ivr.actions.person import survey
from ivr.line import Line
from ivr.live.view import AgentState
from ivr.services import Services
from ivr.voice import spoken
from ivr.voice.prompts import Phrase, Prompt

ANSWER_S = 3
WAIT_S = 300
"""How long a caller waits before they are offered to leave a message instead."""
CALLBACK_KEY, MESSAGE_KEY, WAIT_KEY = "1", "2", "0"
OFFER = "callback-offer"


async def act(line: Line, services: Services, topic: str) -> Literal["closed", "unanswered", "callback"]:
    """Queue for a person: `closed` out of hours, `unanswered` after too long a wait; a talk ends with the call.

    Where nobody is on shift there is no wait. `callback`: they pressed 1, before, during or after it; in a storm, where
    agents are for danger alone, everybody else is led there once.
    """
    call = line.call
    stormy = services.storm.is_on(call)
    if stormy and call.in_danger:
        await danger.wait(line, services)
        return "unanswered"
    queue = call.company.topic(topic).queue if topic else call.company.hotline
    if topic and not call.company.is_open(topic, services.clock.now(), services.calendar):
        call.waits_since = None
        call.ahead = await line.say("person-closed", *_hours(line, services, topic), "person-hotline-open")
        return "closed"
    call.waits_since = services.clock.now()
    if stormy:
        await line.say("storm-callback")
        again, call.callback_offered = call.callback_offered, True
        return "unanswered" if again else "callback"
    if _nobody_there(services, queue):
        return "callback" if await _otherwise(line, "person-nobody", "nobody-menu") == CALLBACK_KEY else "unanswered"
    expectation = _expectation(services, queue)
    if call.anonymous:  # nobody has a number to call them back
        expectation = [phrase for phrase in expectation if phrase != OFFER]
    if await line.say(*expectation) == CALLBACK_KEY and OFFER in expectation:
        return "callback"
    return await _queued(line, services, queue)


def _hours(line: Line, services: Services, topic: str) -> list[Phrase]:
    """The usual hours, and that today's are not the usual ones."""
    company, now = line.call.company, services.clock.now()
    usual = Prompt("person-hours", hours=spoken.speakable(company.hours_spoken(topic)))
    return [usual, "person-hours-shorter"] if company.is_shorter(topic, now, services.calendar) else [usual]


async def _queued(line: Line, services: Services, queue: str) -> Literal["unanswered", "callback"]:
    """Wait in the queue, and once more as often as they wish to."""
    while True:
        talk = await services.begin_recording(line.call, "talk")
        key = await line.queue(
            queue,
            priority=0,
            timeout_s=WAIT_S,
            recording=services.incoming.samples(talk) if talk else None,
            whisper=services.whispers.follow(line.call),
            after_talk=partial(survey.ask, line, services) if line.call.company.survey else None,
        )
        key = key or await _otherwise(line, "person-did-not-answer", "unanswered-menu")
        if key != WAIT_KEY:
            return "callback" if key == CALLBACK_KEY else "unanswered"


async def _otherwise(line: Line, why: str, menu: str) -> str:
    """Nobody answers: the key of what they want instead; who has pressed none of its keys twice may have no keys."""
    if line.call.anonymous:
        await line.say(why)
        return MESSAGE_KEY
    for opening in ((why,), ()):
        key = await line.ask_key(*opening, menu, wait_s=ANSWER_S)
        if key in (CALLBACK_KEY, MESSAGE_KEY) or (key == WAIT_KEY and menu == "unanswered-menu"):
            return key
    return MESSAGE_KEY


def _nobody_there(services: Services, queue: str) -> bool:
    """Whether nobody is on shift for it, on pause or not. Unknown while there is no connection: app_queue decides."""
    agents = services.board.agents_of([queue])
    return services.board.queue(queue) is not None and all(one.state is AgentState.UNAVAILABLE for one in agents)


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
        return [*phrases, "person-estimate-unknown", OFFER]
    return [*phrases, Prompt("person-estimate", wait=spoken.about(estimate_s)), OFFER]
