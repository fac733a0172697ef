"""What is known about supply at the caller's address: outages now and planned, cause and end, or no data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from grid import outages
from grid.models import Outage
from gridline.companies import Company
from ivr.actions import premise
from ivr.actions.questions import LOOK_UP_S, choose
from ivr.line import Line
from ivr.services import Services
from ivr.voice import spoken
from ivr.voice.prompts import Phrase, Prompt

AHEAD = timedelta(days=7)
"""How far ahead planned outages are announced."""


async def act(line: Line, services: Services, _topic: str) -> Literal["done", "report", "operator"]:
    """Tell what is known about the caller's supply; `report` when they say that the power is off nevertheless."""
    place = await premise.find(line, services)
    while True:
        now = services.clock.now()
        async with services.db.glance(within_s=LOOK_UP_S) as session:
            current = await outages.current_for(session, place, now)
            ahead = await outages.planned_for(session, place, now, AHEAD)
        key = await choose(
            line, *told(current, ahead, now, line.call.company), "outage-end-menu", keys="12", silence="silence"
        )
        if key == "1":
            return "report"
        if key != "2":
            return "done"
        place = await premise.find(line, services, anew=True)


def told(current: Sequence[Outage], ahead: Sequence[Outage], now: datetime, company: Company) -> list[Phrase]:
    """The sentences about these outages, or that there are none."""
    phrases: list[Phrase] = []
    for outage in current:
        phrases += _now(outage, now, company)
    for outage in ahead:
        phrases += _ahead(outage, now, company)
    return phrases or ["outage-none"]


def _now(outage: Outage, now: datetime, company: Company) -> list[Phrase]:
    since = spoken.since_moment(outage.starts_at, now, company.zone)
    phrases: list[Phrase] = [Prompt("outage-planned-now" if outage.planned else "outage-unplanned", since=since)]
    if outage.cause:
        phrases.append(Prompt("outage-cause", cause=spoken.speakable(outage.cause).rstrip(".")))
    elif not outage.planned:
        phrases.append("outage-cause-unknown")
    if outage.expected_end is None:
        phrases.append("outage-until-unknown")
    else:
        late = outage.expected_end <= now
        until = spoken.until_moment(outage.expected_end, now, company.zone)
        phrases.append(Prompt("outage-late" if late else "outage-until", until=until))
    return phrases


def _ahead(outage: Outage, now: datetime, company: Company) -> list[Phrase]:
    if outage.expected_end is None:
        return [Prompt("outage-planned-ahead-open", since=spoken.since_moment(outage.starts_at, now, company.zone))]
    period = spoken.period(outage.starts_at, outage.expected_end, now, company.zone)
    return [Prompt("outage-planned-ahead", period=period)]
