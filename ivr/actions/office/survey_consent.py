"""Whether the robot may call after a visit to ask about it: asked when it is booked, recorded with the answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import structlog

from grid.offices.models import Appointment
from grid.reference.surveys import SurveyAbout
from gridline.errors import Unavailable
from gridline.numbers.phones import parse
from ivr.actions.by_message import consent
from ivr.actions.questions import LOOK_UP_S, SILENCE, choose
from ivr.line import Line
from ivr.services import Services
from ivr.voice.prompts import Phrase
from outreach import consents
from outreach.models import Purpose

QUESTION: Final = "consent-survey"
YES: Final = "1"

log = structlog.get_logger(__name__)


async def ask(line: Line, services: Services, visit: Appointment, *before: Phrase) -> Sequence[Phrase]:
    """Say `before` and ask; returns what is to be said then: `before` where nothing is asked. Raises PersonWanted.

    The matter is the number of the visit, which stays when the visit is moved.
    """
    label = await services.begin_recording(line.call, "consent") if _is_due(line, services, visit) else None
    if label is None:
        return before
    call = line.call
    async with line.recorded(services.incoming.samples(label)):
        key = await choose(line, *before, QUESTION, keys="12", silence=SILENCE)
    if key != YES:
        return [] if key == SILENCE else ["consent-survey-refused"]
    agreed = consent(line, services, visit.phone, Purpose.SURVEY, visit.number, QUESTION, label)
    try:
        async with services.db.write(within_s=LOOK_UP_S) as session:
            await consents.give(session, agreed)
    except Unavailable as error:
        log.error("consent-not-stored", call=call.id, reason=error.message)
        return ["consent-survey-impossible"]
    return ["consent-survey-given"]


def _is_due(line: Line, services: Services, visit: Appointment) -> bool:
    """Only where the company has a survey about visits, of a number a robot may call, and not while thousands wait."""
    call, phone = line.call, parse(visit.phone)
    surveys = services.shelf.now().surveys.of(call.company.id, SurveyAbout.VISIT)
    return bool(surveys) and phone is not None and not phone.abroad and not services.storm.is_on(call)
