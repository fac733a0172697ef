"""Whether the robot may call before planned works: asked once of a number and premise, with the answer recorded.

A «no» is kept too, as a consent that was withdrawn in the moment it was given: nobody is asked a second time.
"""

from __future__ import annotations

from typing import Final

import structlog

from grid.models import Premise
from gridline.errors import Unavailable
from gridline.numbers.phones import parse, takes_messages
from ivr.actions.power.asked import Place
from ivr.actions.questions import LOOK_UP_S, SILENCE, choose
from ivr.line import Line
from ivr.services import Services
from outreach import consents
from outreach.models import Consent, Purpose
from recordings.incoming import Label

BY_CALL: Final = "consent-planned"
BY_MESSAGE: Final = "consent-planned-message"
YES: Final = "1"

log = structlog.get_logger(__name__)


async def ask_once(line: Line, services: Services, place: Place) -> str:
    """Ask, where it is to be asked, and say what came of it; returns the key that cut that short.

    Nothing is asked about a place that is no premise, of a number that a robot may not call, or while thousands wait.
    Raises PersonWanted.
    """
    phone = _callable(line)
    if phone is None or not place.exact or services.storm.is_on(line.call):
        return ""
    async with services.db.read(within_s=LOOK_UP_S) as session:
        asked = await consents.was_asked(session, line.call.company.id, phone, Purpose.PLANNED, place.premise.id)
    label = None if asked else await services.begin_recording(line.call, "consent")
    if label is None:
        return ""
    by_message = False
    async with line.recorded(services.incoming.samples(label)):
        by_call = await choose(line, BY_CALL, keys="12", silence=SILENCE)
        if by_call == YES and takes_messages(phone):
            by_message = await choose(line, BY_MESSAGE, keys="12", silence=SILENCE) == YES
    if by_call == SILENCE:
        return ""
    agreed = by_call == YES
    try:
        await _store(line, services, place.premise, phone, label, agreed=agreed, by_message=by_message)
    except Unavailable as error:
        log.error("consent-not-stored", call=line.call.id, reason=error.message)
        return await line.say("consent-planned-impossible")
    if not agreed:
        return await line.say("consent-planned-refused")
    return await line.say("consent-planned-message-stored" if by_message else "consent-planned-stored")


def _callable(line: Line) -> str | None:
    """The caller's own number (E.164), where a robot may call it: one abroad may cost what it likes (attack A6)."""
    own = parse(line.call.caller or "")
    return own.e164 if own is not None and not own.abroad else None


async def _store(
    line: Line, services: Services, premise: Premise, phone: str, label: Label, *, agreed: bool, by_message: bool
) -> None:
    """What was answered, all of it or nothing. Raises Unavailable."""
    now, call = services.clock.now(), line.call
    answers = [(Purpose.PLANNED, BY_CALL, agreed), *([(Purpose.PLANNED_MESSAGE, BY_MESSAGE, True)] * by_message)]
    async with services.db.write(within_s=LOOK_UP_S) as session:
        for purpose, question, yes in answers:
            consent = Consent(
                company_id=call.company.id,
                phone=phone,
                purpose=purpose,
                given_at=now,
                call_id=call.id,
                recording_id=label.id,
                asked=line.words(question),
                subject_id=premise.id,
                withdrawn_at=None if yes else now,
                withdrawn_call_id=None if yes else call.id,
            )
            await consents.give(session, consent)
