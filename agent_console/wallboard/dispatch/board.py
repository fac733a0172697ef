"""What the dispatcher's page shows at one moment: reports, proposals, outages and places by state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from agent_console import words
from agent_console.console import Console
from agent_console.people import people
from grid import feeds
from grid.feeds import FeedAge
from grid.outages import listing, picture, proposals, reports
from grid.outages.listing import ListedOutage, OutageState
from grid.outages.models import Outage, OutageProposal, OutageReport, Service, TellingWay
from grid.outages.picture import PlacesPicture
from grid.outages.proposals import ShownProposal
from grid.outages.scopes import ScopePart, in_words
from gridline.companies import Company
from gridline.scope import Scope

REPORTS: Final = 30
"""Reports a page lists; of thousands, the latest."""
STATES: Final[Mapping[OutageState, str]] = {
    OutageState.GOES_ON: "Идут",
    OutageState.CHECKING: "Включили, проверяем",
    OutageState.PLANNED: "Плановые впереди",
    OutageState.OVER: "Недавно закончились",
}
WAYS: Final[Mapping[TellingWay, str]] = {
    TellingWay.LINE: "автоответчик",
    TellingWay.AGENT: "оператор",
    TellingWay.CALL_OUT: "обзвон",
    TellingWay.MESSAGE: "сообщение",
}
SERVICES: Final[Mapping[Service, str]] = {Service.ELECTRICITY: "Электричество", Service.WATER: "Вода"}


@dataclass(frozen=True, slots=True)
class DispatchBoard:
    """One company's night, as somebody of `visible_to` sees it."""

    proposals: tuple[tuple[ShownProposal, str], ...] = ()
    """Each with its scope in words."""
    reports: tuple[OutageReport, ...] = ()
    reports_in_all: int = 0
    outages: Mapping[OutageState, tuple[ListedOutage, ...]] = field(default_factory=dict)
    picture: PlacesPicture = field(default_factory=PlacesPicture)
    feeds: tuple[FeedAge, ...] = ()
    """How old the sources of outages are."""


async def board(console: Console, company: Company, now: datetime, *, visible_to: Scope) -> DispatchBoard:
    """The page's figures. Raises Unavailable while the database is away."""
    feeding = await console.outage_desk.feeding(company.id)
    async with console.db.read() as session:
        proposed = await proposals.shown(session, company.id, visible_to=visible_to)
        latest, in_all = await reports.open_ones(session, company.id, visible_to=visible_to, most=REPORTS)
        listed = await listing.shown(session, company.id, now, visible_to=visible_to)
        sources = await feeds.ages(session, company, now)
        places = await picture.picture(session, company.id, listed, feeding, visible_to=visible_to)
    return DispatchBoard(
        tuple((one, scope_words(one.proposal)) for one in proposed),
        tuple(latest),
        in_all,
        {state: tuple(one for one in listed if one.state is state) for state in OutageState},
        places,
        tuple(sources),
    )


def scope_words(proposal: OutageProposal) -> str:
    """The scope of a proposal in one line."""
    return in_words(map(ScopePart.read, proposal.scope))


async def names_of(console: Console, actors: list[str]) -> dict[str, str]:
    """Actors of events as people read them."""
    async with console.db.read() as session:
        names = await people.names(session, actors)
    return {one: people.spelled(one, names) for one in actors}


def known_words(outage: Outage, zone: ZoneInfo) -> str:
    """What an agent can say of it now, in one line: «Нет света с 14:05, включат в 16:00 (упало дерево)»."""
    water = outage.service is Service.WATER
    if outage.actual_end is not None:
        return f"{'Воду' if water else 'Свет'} включили в {words.clock(outage.actual_end, zone)}, проверяем"
    end = f"включат в {words.clock(outage.expected_end, zone)}" if outage.expected_end else "когда включат, неизвестно"
    cause = f" ({outage.cause})" if outage.cause else ""
    return f"Нет {'воды' if water else 'света'} с {words.clock(outage.starts_at, zone)}, {end}{cause}"


def services_of(company: Company) -> dict[Service, str]:
    """What the company supplies: water only where it has a topic for it."""
    return {
        service: name for service, name in SERVICES.items() if service is not Service.WATER or "water" in company.topics
    }
