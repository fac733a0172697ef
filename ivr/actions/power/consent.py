"""Whether the robot may call when supply is back: asked, recorded with the answer, stored, and only then promised."""

from __future__ import annotations

import structlog

from grid.outages.models import Outage
from gridline.errors import Unavailable
from gridline.numbers.phones import parse
from ivr.actions.power.words import BACK
from ivr.actions.questions import LOOK_UP_S, NumberAsked, confirm
from ivr.line import Line
from ivr.services import Services
from ivr.voice import spoken
from ivr.voice.prompts import Phrase, Prompt
from outreach import consents
from outreach.models import Consent, Purpose

log = structlog.get_logger(__name__)


async def given(line: Line, services: Services, outage: Outage) -> bool:
    """Whether this caller's number has agreed already to be called about this outage."""
    call = line.call
    if call.caller is None:
        return False
    async with services.db.read(within_s=LOOK_UP_S) as session:
        found = await consents.valid(session, call.company.id, call.caller, Purpose.RESTORED, subject_id=outage.id)
    return found is not None


async def ask(line: Line, services: Services, outage: Outage) -> Phrase:
    """Ask for the number to call; returns what may be said: without audio and a row nothing is promised."""
    call = line.call
    label = await services.begin_recording(call, "consent")
    if label is None:
        return "consent-impossible"
    async with line.recorded(services.incoming.samples(label)):
        phone, asked = await _number(line, outage)
    consent = Consent(
        company_id=call.company.id,
        phone=phone,
        purpose=Purpose.RESTORED,
        given_at=services.clock.now(),
        call_id=call.id,
        recording_id=label.id,
        asked=asked,
        subject_id=outage.id,
        withdrawn_at=None,
        withdrawn_call_id=None,
    )
    try:
        async with services.db.write(within_s=LOOK_UP_S) as session:
            await consents.give(session, consent)
    except Unavailable as error:
        log.error("consent-not-stored", call=call.id, reason=error.message)
        return "consent-impossible"
    return Prompt("consent-stored", what=BACK[outage.service])


async def withdraw(line: Line, services: Services) -> Phrase:
    """This number is not to be called any more, about anything it agreed to."""
    call = line.call
    if call.caller is not None:
        async with services.db.write(within_s=LOOK_UP_S) as session:
            await consents.withdraw(session, call.company.id, call.caller, at=services.clock.now(), call_id=call.id)
    return "consent-withdrawn"


async def _number(line: Line, outage: Outage) -> tuple[str, str]:
    """The number (E.164) that the caller agreed to, and the words they agreed to. Raises PersonWanted.

    A robot calls at home alone: numbers abroad may cost what it likes (attack A6).
    """
    asked = NumberAsked(line, "contact-enter", at_most=11)
    own = parse(line.call.caller or "")
    phone = own.e164 if own is not None and not own.abroad else None
    while True:
        if phone is None:
            number = parse(await asked.digits())
            if number is None or number.abroad:
                await asked.wrong("contact-not-taken")
                continue
            phone = number.e164
        question = Prompt("consent-restored", what=BACK[outage.service], phone=spoken.phone(phone))
        if await confirm(line, question):
            return phone, line.words(question)
        phone = None
