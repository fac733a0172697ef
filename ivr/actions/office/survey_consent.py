"""Whether the robot may call after a visit to ask about it: asked when it is booked, recorded with the answer."""

from __future__ import annotations

from typing import Final

import structlog

from grid.offices.models import Appointment
from grid.reference.surveys import SurveyAbout
from gridline.errors import Unavailable
from gridline.numbers.phones import parse
from ivr.actions.questions import LOOK_UP_S, SILENCE, choose
from ivr.line import Line
from ivr.services import Services
from ivr.voice.prompts import Phrase
from outreach import consents
from outreach.models import Consent, Purpose

QUESTION: Final = "consent-survey"
YES: Final = "1"

log = structlog.get_logger(__name__)


async def is_due(line: Line, services: Services, visit: Appointment) -> bool:
    """Only where the company has a survey about visits, of a number a robot may call, and not while thousands wait."""
    call, phone = line.call, parse(visit.phone)
    surveys = (await services.shelf.now()).surveys.of(call.company.id, SurveyAbout.VISIT)
    return bool(surveys) and phone is not None and not phone.abroad and not services.storm.is_on(call)


async def ask(line: Line, services: Services, visit: Appointment) -> list[Phrase]:
    """Ask; returns what is to be said of the answer. Raises PersonWanted.

    The matter is the number of the visit, which stays when the visit is moved.
    """
    call = line.call
    label = await services.begin_recording(call, "consent")
    if label is None:
        return []
    async with line.recorded(services.incoming.samples(label)):
        key = await choose(line, QUESTION, keys="12", silence=SILENCE)
    if key != YES:
        return [] if key == SILENCE else ["consent-survey-refused"]
    consent = Consent(
        company_id=call.company.id,
        phone=visit.phone,
        purpose=Purpose.SURVEY,
        given_at=services.clock.now(),
        call_id=call.id,
        recording_id=label.id,
        asked=line.words(QUESTION),
        subject_id=visit.number,
        withdrawn_at=None,
        withdrawn_call_id=None,
    )
    try:
        async with services.db.write(within_s=LOOK_UP_S) as session:
            await consents.give(session, consent)
    except Unavailable as error:
        log.error("consent-not-stored", call=call.id, reason=error.message)
        return ["consent-survey-impossible"]
    return ["consent-survey-given"]
