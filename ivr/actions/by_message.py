"""The number of an appeal by message: offered as the number is told, sent on the consent that the key gives."""

from __future__ import annotations

import structlog

from appeals import numbering
from appeals.finding import appeals
from gridline.db import new_id
from gridline.errors import Unavailable
from gridline.numbers.phones import takes_messages
from gridline.scope import Scope
from ivr.actions.questions import SILENCE, choose
from ivr.line import Line
from ivr.services import Services
from ivr.voice import spoken
from ivr.voice.prompts import Phrase, Prompt
from outreach import consents, texts
from outreach.models import Consent, Purpose
from recordings.incoming import Label

OFFER = "message-offer"
AGAIN = "complaint-number-again"
MAIN_KEY = "1"
"""Of AGAIN: on to the main menu."""
WITHIN_S = 2.0
"""How long a caller waits for the database before they hear that no message will come."""

log = structlog.get_logger(__name__)


async def told(line: Line, services: Services, answer: Prompt, phone: str, *, again: str = AGAIN) -> str:
    """Tell the caller their number (`answer`), as often as they want it, and offer to send it to `phone` (E.164).

    `again` is the menu that ends it; returns the key pressed there: "1", or SILENCE.
    """
    label = await _consent_label(line, services, phone)
    if label is None:
        return await _ended(line, answer, again)
    async with line.recorded(services.incoming.samples(label)):
        key = await choose(line, answer, OFFER, keys="12", silence="2")
    done = await _agreed(line, services, phone, label) if key == "1" else ()
    key = await _ended(line, *done, again, keys="1*#")
    return await _ended(line, answer, again) if key == "*" else key


async def _ended(line: Line, *phrases: Phrase, keys: str = "1#") -> str:
    """The key pressed in the last menu; `#` says as little as silence."""
    key = await choose(line, *phrases, keys=keys, silence=SILENCE)
    return SILENCE if key == "#" else key


async def _agreed(line: Line, services: Services, phone: str, label: Label) -> tuple[Phrase, ...]:
    """What the caller hears of their consent: that the message will come, once it is stored."""
    try:
        await _queue(line, services, phone, label)
    except Unavailable as error:
        log.error("message-not-queued", call=line.call.id, reason=error.message)
        return ("message-not-queued",)
    return (Prompt("message-queued", phone=spoken.phone(phone)),)


async def _consent_label(line: Line, services: Services, phone: str) -> Label | None:
    """Where the question and the key are recorded; None: it is not asked, a consent without its sound is none."""
    number = line.call.promised[-1]
    if not takes_messages(phone) or not isinstance(numbering.read(number), numbering.Number):
        return None
    return await services.begin_recording(line.call, "consent")


async def _queue(line: Line, services: Services, phone: str, label: Label) -> None:
    """The consent and the message, both or neither. Raises Unavailable."""
    call = line.call
    async with services.db.write(within_s=WITHIN_S) as session:
        scope = Scope(call.company.id)
        appeal = await appeals.find(session, call.promised[-1], services.companies, visible_to=scope, company="")
        given = Consent(
            id=new_id(),
            company_id=call.company.id,
            phone=phone,
            purpose=Purpose.APPEAL,
            given_at=services.clock.now(),
            call_id=call.id,
            recording_id=label.id,
            asked=line.words(OFFER),
            subject_id=appeal.id,
        )
        consent = await consents.give(session, given)
        await session.flush()
        text = texts.registered(call.company, numbering.written(appeal.number), appeal.deadline)
        key = f"number:{appeal.id}:{phone}"
        await services.messages.queue(
            session,
            call.company.id,
            phone,
            text,
            Purpose.APPEAL,
            key,
            consent.id,
            subject_id=appeal.id,
            call_id=call.id,
        )
