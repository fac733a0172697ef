"""A caller with something still open is told about it before the menu."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Literal

from appeals import numbering
from appeals.intake import repeats
from grid import feeds, outages, premises
from grid.models import Premise
from grid.outages import reports, truth
from grid.outages.models import Outage, OutageReport
from gridline.db import Reads
from ivr.actions import danger
from ivr.actions.power import tellings, words
from ivr.actions.questions import LOOK_UP_S
from ivr.line import Line
from ivr.services import Services
from ivr.voice import spoken
from ivr.voice.prompts import Phrase, Prompt

STILL_MEANT: Final = timedelta(days=3)
"""How long an open report is told of unasked: by then supply is back, and nobody has said so."""


async def act(line: Line, services: Services, _topic: str) -> Literal["said", "none"]:
    """Say what is open for this caller, if anything is."""
    call = line.call
    if call.caller is None:
        return "none"
    async with services.db.glance(within_s=LOOK_UP_S) as session:
        known = await premises.by_phone(session, call.company.id, call.caller)
        now = services.clock.now()
        home = known[0] if len(known) == 1 else None
        outage = next(iter(await outages.current_for(session, home, now)), None) if home else None
        current = await truth.known(session, outage, home) if outage and home else None
        old = await feeds.age(session, call.company, now) if current else None
        report = await _report(session, call.company.id, call.caller, home, outage, now)
        appeals = await repeats.open_of_phone(session, call.company.id, call.caller)
    phrases: list[Phrase] = []
    of_home = report is not None and home is not None and report.premise_id == home.id
    if report is not None:
        phrases += words.reported(report, now, call.company, named=not of_home)
    if current and not of_home:
        phrases.append("known-outage")
    told = {current.outage.id: words.going_on(current, now, call.company)} if current else {}
    phrases += [phrase for about in told.values() for phrase in about]
    if old is not None:
        phrases.append(Prompt("outage-as-of", at=spoken.at_moment(now - old, now, call.company.zone)))
    if appeals:
        last = appeals[-1]
        today = now.astimezone(call.company.zone).date()
        number = spoken.digit_by_digit(numbering.written(last.number))
        phrases.append(Prompt("known-open-appeal", number=number, until=spoken.until(last.deadline, today)))
    if not phrases:
        return "none"
    with tellings.kept(line, services, told):
        call.ahead = await line.say(*danger.key_first(call), *phrases)
    return "said"


async def _report(
    session: Reads, company_id: str, phone: str, home: Premise | None, outage: Outage | None, now: datetime
) -> OutageReport | None:
    """What was reported of the caller's only premise, or else by them of any place."""
    outage_id, since = outage.id if outage else None, now - STILL_MEANT
    at_home = await reports.latest_at(session, home, outage_id=outage_id) if home else None
    if at_home is not None and (at_home.closed_at is not None or at_home.last_at > since):
        return at_home
    return await reports.told_by(session, company_id, phone, since=since, outage_id=outage_id)
