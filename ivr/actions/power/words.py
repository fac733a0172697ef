"""What is known of supply as sentences: since when, why, how wide, until when, and how sure; water is told as water."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final

from grid.outages.models import Outage, OutageReport, OutageScope, Service
from grid.outages.truth import Known
from gridline.companies import Company
from ivr.voice import spoken
from ivr.voice.prompts import Phrase, Prompt

GONE: Final[Mapping[Service, str]] = MappingProxyType({Service.ELECTRICITY: "света", Service.WATER: "воды"})
"""«Нет света»: what there is none of."""
BACK: Final[Mapping[Service, str]] = MappingProxyType({Service.ELECTRICITY: "свет", Service.WATER: "воду"})
"""«Включили свет»."""
PLACES_SAID: Final = 3


def told(
    current: Sequence[Known], ahead: Sequence[Outage], now: datetime, company: Company, service: Service
) -> list[Phrase]:
    """The sentences about these outages, or that there are none of this service."""
    phrases: list[Phrase] = []
    for one in current:
        phrases += going_on(one, now, company)
    for outage in ahead:
        phrases += to_come(outage, now, company)
    return phrases or [Prompt("outage-none", what=GONE[service])]


def going_on(known: Known, now: datetime, company: Company) -> list[Phrase]:
    """An outage that goes on: since when, where, why, whether a crew set out, until when."""
    outage = known.outage
    what = GONE[outage.service]
    since = spoken.since_moment(outage.starts_at, now, company.zone)
    begun = "outage-planned-now" if outage.planned else "outage-unplanned"
    phrases: list[Phrase] = [Prompt(begun, what=what, since=since), *_scope(known.scope, what)]
    if outage.cause:
        phrases.append(Prompt("outage-cause", cause=spoken.speakable(outage.cause).rstrip(".")))
    elif not outage.planned:
        phrases.append("outage-cause-unknown")
    if known.crew_at is not None:
        phrases.append(Prompt("outage-crew", at=spoken.at_moment(known.crew_at, now, company.zone)))
    if outage.expected_end is None:
        phrases.append("outage-until-unknown")
    else:
        late = outage.expected_end <= now
        until = spoken.until_moment(outage.expected_end, now, company.zone)
        phrases.append(Prompt("outage-late" if late else "outage-until", until=until))
    return phrases


def to_come(outage: Outage, now: datetime, company: Company) -> list[Phrase]:
    """A planned outage that has not begun."""
    what = GONE[outage.service]
    if outage.expected_end is None:
        since = spoken.since_moment(outage.starts_at, now, company.zone)
        return [Prompt("outage-planned-ahead-open", what=what, since=since)]
    period = spoken.period(outage.starts_at, outage.expected_end, now, company.zone)
    return [Prompt("outage-planned-ahead", what=what, period=period)]


def said_to_be_back(outage: Outage, now: datetime, company: Company) -> Prompt:
    """An end that somebody entered and nobody confirmed."""
    at = spoken.at_moment(outage.actual_end or now, now, company.zone)
    return Prompt("outage-restored", what=BACK[outage.service], at=at)


def reported(report: OutageReport, now: datetime, company: Company, *, named: bool = False) -> list[Phrase]:
    """A report with its first clock; one that no outage is known to yet is with the dispatcher.

    `named`: with its place, where it is not the caller's own or may be another than they think of.
    """
    at, what = spoken.at_moment(report.reported_at, now, company.zone), GONE[report.service]
    first: list[Phrase] = [Prompt("report-first-clock", what=what, at=at)]
    if named and report.place:
        first = [Prompt("report-first-clock-at", what=what, at=at, address=spoken.address(report.place))]
    return first if report.closed_at is not None else [*first, "report-with-dispatcher"]


def _scope(scope: Sequence[OutageScope], what: str) -> list[Phrase]:
    """How wide it is: the places it names, or that it is more than one house; nothing of a premise alone."""
    named = [_place(one) for one in scope if one.settlement]
    if named:
        return [Prompt("outage-scope", what=what, places="; ".join(named[:PLACES_SAID]))]
    if any(one.line or one.substation for one in scope):
        return ["outage-scope-wide"]
    return ["outage-scope-near"] if any(one.transformer for one in scope) else []


def _place(scope: OutageScope) -> str:
    place = spoken.address(", ".join(part for part in (scope.settlement, scope.street) if part))
    return f"{place}, часть домов" if scope.houses else place
