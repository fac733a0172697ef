"""A number by message, of an appeal or a visit: offered as it is told, sent on the consent that the key gives."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

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


Then = Callable[..., Awaitable[Sequence[Phrase]]]
"""What else is asked before the last menu: given the words that go before it, it returns those that are left to say."""


@dataclass(frozen=True, slots=True)
class MessageOffer:
    """A message that a caller may have: the prompt that offers it, and what stores their consent and it together."""

    question: str
    store: Callable[[AsyncSession, Label], Awaitable[None]]


async def told(line: Line, services: Services, answer: Prompt, phone: str, *, again: str = AGAIN) -> str:
    """Tell the caller their number (`answer`), as often as they want it, and offer to send it to `phone` (E.164).

    `again` is the menu that ends it; returns the key pressed there: "1", or SILENCE.
    """
    number = line.call.promised[-1]
    if not isinstance(numbering.read(number), numbering.Number):
        return await _ended(line, answer, again)
    offer = MessageOffer(OFFER, partial(_queue, line, services, number, phone))
    return await offered(line, services, offer, answer, phone=phone, again=again)


async def _no_more(*before: Phrase) -> Sequence[Phrase]:
    return before


async def offered(
    line: Line, services: Services, offer: MessageOffer, *answer: Phrase, phone: str, again: str, then: Then = _no_more
) -> str:
    """The same of any message; where `phone` takes none, or the question cannot be recorded, it is not offered."""
    # A consent without its sound is none.
    label = await services.begin_recording(line.call, "consent") if takes_messages(phone) else None
    opening: Sequence[Phrase] = answer
    if label is not None:
        async with line.recorded(services.incoming.samples(label)):
            key = await choose(line, *answer, offer.question, keys="12", silence="2")
        opening = await _agreed(line, services, offer, phone, label) if key == "1" else ()
    opening = await then(*opening)
    if tuple(opening) == answer:
        return await _ended(line, *answer, again)
    key = await _ended(line, *opening, again, keys="1*#")
    return await _ended(line, *answer, again) if key == "*" else key


def consent(
    line: Line, services: Services, phone: str, purpose: Purpose, subject_id: str, question: str, label: Label
) -> Consent:
    """What they have agreed to by their key."""
    return Consent(
        id=new_id(),
        company_id=line.call.company.id,
        phone=phone,
        purpose=purpose,
        given_at=services.clock.now(),
        call_id=line.call.id,
        recording_id=label.id,
        asked=line.words(question),
        subject_id=subject_id,
    )


async def _ended(line: Line, *phrases: Phrase, keys: str = "1#") -> str:
    """The key pressed in the last menu; `#` says as little as silence."""
    key = await choose(line, *phrases, keys=keys, silence=SILENCE)
    return SILENCE if key == "#" else key


async def _agreed(line: Line, services: Services, offer: MessageOffer, phone: str, label: Label) -> tuple[Phrase, ...]:
    """What the caller hears of their consent: that the message will come, once it is stored."""
    try:
        async with services.db.write(within_s=WITHIN_S) as session:
            await offer.store(session, label)
    except Unavailable as error:
        log.error("message-not-queued", call=line.call.id, reason=error.message)
        return ("message-not-queued",)
    return (Prompt("message-queued", phone=spoken.phone(phone)),)


async def _queue(line: Line, services: Services, number: str, phone: str, session: AsyncSession, label: Label) -> None:
    call = line.call
    appeal = await appeals.find(session, number, services.companies, visible_to=Scope(call.company.id), company="")
    agreed = consent(line, services, phone, Purpose.APPEAL, appeal.id, OFFER, label)
    given = await consents.give(session, agreed)
    await session.flush()
    await services.messages.queue(
        session,
        call.company.id,
        phone,
        texts.registered(call.company, numbering.written(appeal.number), appeal.deadline),
        Purpose.APPEAL,
        f"number:{appeal.id}:{phone}",
        given.id,
        subject_id=appeal.id,
        call_id=call.id,
    )
