"""A caller's report that supply is gone, or gone still: stored with its item before anything is promised."""

from __future__ import annotations

import structlog

from grid.outages.models import Outage, Service
from grid.outages.reports import OutageContact
from gridline.errors import Unavailable
from ivr.actions import told
from ivr.actions.power.asked import Place
from ivr.actions.power.words import GONE
from ivr.actions.questions import LOOK_UP_S, PersonWanted
from ivr.line import CallerHungUp, Line
from ivr.services import Services
from ivr.voice import spoken
from ivr.voice.prompts import Phrase, Prompt
from worklist import outage_reports
from worklist import still_dark as still_dark_reports
from worklist.outage_reports import LINE, TakenReport

log = structlog.get_logger(__name__)


async def take(line: Line, services: Services, place: Place, service: Service, known: Outage | None) -> Phrase:
    """Store the report of `place`, joined to the outage that is `known` there; returns what may now be said."""
    call, now = line.call, services.clock.now()
    taken = await _stored(services, place.told(call, service, now), known)
    if known is not None:
        return "report-joined"
    if not taken.joined:
        return "report-taken"
    at = spoken.at_moment(taken.first_at, now, call.company.zone)
    return Prompt("report-again", what=GONE[service], at=at)


async def still_dark(line: Line, services: Services, place: Place, restored: Outage) -> Phrase:
    """Store that what was said to be back is not; returns what may now be said."""
    contact = place.told(line.call, restored.service, services.clock.now())
    async with services.db.write(within_s=LOOK_UP_S) as session:
        taken = await still_dark_reports.take(session, services.worklist, contact, restored, LINE)
    _tell(services, taken)
    services.outage_desk.tell(line.call.company.id)
    return Prompt("report-still-dark", what=GONE[restored.service])


async def aloud(line: Line, services: Services, service: Service) -> None:
    """The address said after the tone: a report with audio. Hung up in the middle, it is a report all the same.

    Raises PersonWanted when nothing was said, or cannot be recorded.
    """
    telling = told.Telling(line, services, "place-tell")
    try:
        try:
            label = await telling.tell()
        except told.CannotRecord as error:
            raise PersonWanted from error
        if label is None:
            raise PersonWanted
    except PersonWanted:
        if await telling.words() is not None:
            await _said(line, services, telling, service, within_s=LOOK_UP_S)
        raise
    except CallerHungUp:
        if (label := await telling.words()) is not None:
            try:
                await _said(line, services, telling, service, within_s=None)  # nobody waits any more
            except Unavailable as error:  # made good when the recording is taken in; nothing was promised
                log.error("report-not-kept", call=line.call.id, recording=label.id, reason=error.message)
        raise
    await _said(line, services, telling, service, within_s=LOOK_UP_S)
    line.call.ahead = await line.say("report-taken")


async def _said(
    line: Line, services: Services, telling: told.Telling, service: Service, *, within_s: float | None
) -> None:
    call = line.call
    contact = OutageContact(
        call.company.id,
        service,
        services.clock.now(),
        call_id=call.id,
        recording_id=telling.label.id if telling.label else None,
        phone=call.caller,
        branch=call.branch.id if call.branch else "",
    )
    await _stored(services, contact, None, within_s=within_s)


async def _stored(
    services: Services, contact: OutageContact, known: Outage | None, *, within_s: float | None = LOOK_UP_S
) -> TakenReport:
    async with services.db.write(within_s=within_s) as session:
        taken = await outage_reports.take(session, services.worklist, contact, known)
    _tell(services, taken)
    return taken


def _tell(services: Services, taken: TakenReport) -> None:
    for changed in taken.news:
        services.worklist.tell(changed)
