"""A report of an outage from the site: the same stores as a caller's, told by an address alone.

Nothing that is answered depends on who lives there: an outage that is known is public anyway, house by house, also
where it is known by its feeder; everything else is «принято».
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.console import Console
from agent_console.web.public.limits import RateLimit
from agent_console.web.public.sendings import Sendings
from grid import outages, places, premises
from grid.models import Premise
from grid.outages import reports
from grid.outages.models import Outage, ReportChannel, Service
from grid.outages.reports import OutageContact
from grid.places import directory, houses, renames
from gridline.companies import Company
from gridline.errors import InvalidInput
from worklist import outage_reports
from worklist.worklist import Changed

REPORTS_AN_HOUR: Final = 30
"""From one address: behind one of a mobile operator's there are many people."""
A_PLACE_AN_HOUR: Final = 60
"""Reports of one house that are written down within an hour; while one of them stands, more say nothing new."""
REMEMBERED: Final = 10_000


@dataclass(frozen=True, slots=True)
class SiteReport:
    """What somebody sent."""

    service: Service
    settlement: str
    street: str
    house: str
    phone: str | None
    """E.164."""

    @property
    def place(self) -> str:
        """The address in one line."""
        return places.one_line(settlement=self.settlement, street=self.street, house=self.house, building="", flat="")


@dataclass(frozen=True, slots=True)
class Thanks:
    """What they are told."""

    place: str
    at: datetime
    known: Outage | None


class SiteReports:
    """Takes reports from the site."""

    def __init__(self, console: Console, secret: str) -> None:
        self._console = console
        clock = console.clock
        self._sendings = Sendings("report", RateLimit("report", REPORTS_AN_HOUR, secret, clock), console.db, clock)
        self._places = RateLimit("place", A_PLACE_AN_HOUR, secret, clock)
        self._done: OrderedDict[str, Thanks] = OrderedDict()

    def done(self, key: str) -> Thanks | None:
        """What a form with this key was answered before, as far as this process remembers."""
        return self._done.get(key)

    async def take(self, company: Company, report: SiteReport, key: str, sender: str) -> Thanks:
        """Store it, or add it to what is stored of its place; with the same key it is the same report.

        Raises InvalidInput for an address that cannot be one, TooOften for a sender who has sent too much, Unavailable
        when the store does not take it: then nothing was promised.
        """
        if (before := self.done(key)) is not None:
            return before
        if houses.read(report.house) is None:
            raise InvalidInput("Дом не разобран. Пишите только дом, без квартиры: 5, 5а, 5/2, 7 корп. 2.")
        if not places.key(report.settlement):
            raise InvalidInput("Напишите населённый пункт.")
        house = f"{company.id}:{report.service}:{places.key(report.place)}"
        self._sendings.check(sender, stored=not self._places.is_reached(house))
        thanks = await self._stored(company, report, house, key, sender)
        self._done[key] = thanks
        if len(self._done) > REMEMBERED:
            self._done.popitem(last=False)
        return thanks

    async def _stored(self, company: Company, report: SiteReport, house: str, key: str, sender: str) -> Thanks:
        console, now = self._console, self._console.clock.now()
        async with console.db.read() as session:
            place = await _place(session, company, report)
            told = place.told(report, now)
            if self._places.is_reached(house):
                known = await place.known(session, report, now)
                if await reports.is_told(session, told, known.id if known else None):
                    return Thanks(report.place, now, known)
        news: tuple[Changed, ...] = ()
        async with console.db.write() as session:
            if (before := await self._sendings.first(session, key, sender, now, report.place)) is not None:
                known = await session.get(Outage, before.outage_id) if before.outage_id else None
                return Thanks(before.place, before.taken_at, known)
            known = await place.known(session, report, now)
            if known is not None:
                await self._sendings.told_of(session, key, known.id)
            often = not await self._places.admits(session, house)
            if not often or not await reports.is_told(session, told, known.id if known else None):
                news = (await outage_reports.take(session, console.worklist, told, known)).news
        for changed in news:
            console.worklist.tell(changed)
        return Thanks(report.place, now, known)


@dataclass(frozen=True, slots=True)
class SitePlace:
    """The place of a report as the company names it."""

    premise: Premise
    """A stand-in."""
    is_sure: bool
    """Whether the settlement's name means one at most: of several, nobody may say what is off there."""

    async def known(self, session: AsyncSession, report: SiteReport, now: datetime) -> Outage | None:
        """The outage that is known there."""
        if not self.is_sure:
            return None
        found = await outages.current_for(session, self.premise, now, service=report.service)
        return found[0] if found else None

    def told(self, report: SiteReport, now: datetime) -> OutageContact:
        """The contact that is stored."""
        return OutageContact(
            self.premise.company_id,
            report.service,
            now,
            channel=ReportChannel.SITE,
            phone=report.phone,
            branch=self.premise.branch,
            settlement=self.premise.settlement,
            street=self.premise.street,
            house=self.premise.house,
            building=self.premise.building,
        )


async def _place(session: AsyncSession, company: Company, report: SiteReport) -> SitePlace:
    meant = (await directory.settlements(session, company.id)).meant(report.settlement)
    one = meant[0] if len(meant) == 1 else None
    settlement = one.name if one else report.settlement
    key = places.key(settlement)
    street = (await renames.load(session, [company.id])).named(company.id, key, report.street)
    house, building = houses.split(report.house)
    branch, street_key = one.branch if one else "", places.key(street)
    fed = await premises.fed_at(session, company.id, key, street_key, house, building, branch=branch)
    premise = Premise(
        id="",
        company_id=company.id,
        branch=branch,
        settlement=settlement,
        street=street,
        settlement_key=key,
        street_key=street_key,
        house=house,
        building=building,
        line=fed.line,
        transformer=fed.transformer,
        substation=fed.substation,
    )
    return SitePlace(premise, is_sure=len(meant) <= 1)
