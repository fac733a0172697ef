"""`/menu`: how callers fare in the menu in a period, and the menu as a picture with the counts on every key."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Final

from aiohttp import web

from agent_console.calls import journey
from agent_console.calls.calls import CallResult
from agent_console.console import Console, actor_of, console_of
from agent_console.people.permissions import Permission
from agent_console.web.company import companies_of, company_asked
from agent_console.web.query_string import PageQuery, QueryString
from agent_console.web.render import render
from agent_console.web.routes import MenuEntry, add, add_entry
from gridline.calendar import calendar_file, days
from gridline.companies import Company
from gridline.errors import GridlineError, InvalidInput
from ivr.figures import menu, menu_tree
from ivr.figures.callers import ENDS, CallerEnd
from ivr.figures.figures import Period
from ivr.figures.menu import FlowVersion, MenuQuestion
from ivr.menus.model import Menu, Place

LONGEST_DAYS: Final = 31
"""A longer period is for `gridline report ivr`."""
SHORT: Final = 96
"""Letters of what is heard that a table has room for."""
BEHIND: Final[Mapping[CallerEnd | None, CallResult]] = {
    None: CallResult.IN,
    CallerEnd.PERSON: CallResult.ANSWERED,
    CallerEnd.WAITED: CallResult.LOST,
    CallerEnd.SERVED: CallResult.SERVED,
    CallerEnd.GIVEN_UP: CallResult.GIVEN_UP,
    CallerEnd.UNSEEN: CallResult.END_UNSEEN,
}
"""How the list of calls names the same calls; None: all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuQuery(PageQuery):
    """What the page is asked, as its address holds it."""

    PATH: ClassVar[str] = "/menu"

    since: date
    until: date
    """Both counted in."""
    branch: str = ""
    version: str = ""
    company: str = ""

    def question(self, company: Company, *, of_version: bool = True) -> MenuQuestion:
        """The same for the figures; without its version to find which there are."""
        period = Period(days.begins(self.since, company.zone), days.ends(self.until, company.zone))
        return MenuQuestion(company.id, period, self.branch, self.version if of_version else "")

    def calls_url(self, end: CallerEnd | None) -> str:
        """Where the calls that came to this (None: all) are listed; empty where a version of the menu narrows them."""
        if self.version:
            return ""
        given = f"/calls?since={self.since}&until={self.until}&result={BEHIND[end]}&company={self.company}"
        return f"{given}&branch={self.branch}" if self.branch else given


def add_to(app: web.Application) -> None:
    """Hang the route."""
    add(app, "GET", "/menu", page, permission=Permission.HISTORY_READ)
    add_entry(app, MenuEntry(61, "Голосовое меню", "/menu", "keypad", Permission.HISTORY_READ, key="v"))


async def page(request: web.Request) -> web.Response:
    """The figures asked for; yesterday's without a period."""
    console, actor, company = console_of(request), actor_of(request), company_asked(request)
    today = days.day_of(console.clock.now(), company.zone)
    yesterday, may_edit = days.day_before(today), actor.may(Permission.LINE_EDIT) and not actor.branch
    branches = [one for one in company.branches if not actor.branch or one.id == actor.branch]
    asked = _read(request.query, company, [one.id for one in branches], yesterday)
    async with console.db.read() as session:
        versions = await menu.versions(session, asked.question(company, of_version=False), visible_to=actor.scope)
        _known(asked, versions)
        found = await menu.figures(session, asked.question(company), visible_to=actor.scope)
    usual, storm = console.flows.of(company), console.flows.of(company, storm=True)
    trust = console.flows.of_trust_line(company) if company.trust_line else usual
    flow = next((one for one in (storm, trust) if one.version == asked.version), usual)
    places = {**trust.places, **storm.places, **usual.places, **flow.places}
    names = {storm.version: "в шторм", trust.version: "телефон доверия", usual.version: "сегодняшнее"}
    heard = _heard(console, company, places)
    return render(
        request,
        "menu.html",
        title="Голосовое меню",
        zone=company.zone,
        company=company,
        choices=companies_of(console, actor),
        branches=branches,
        asked=asked,
        versions={one.version: _version(one, names) for one in versions},
        found=found,
        draft=await console.editions.draft(company) if may_edit else None,
        unknown_years=await _unknown_years(console, today) if may_edit else [],
        ends=ENDS,
        exits=menu_tree.EXITS,
        tree=menu_tree.tree(flow, found.places),
        drawn=flow.places.keys(),
        is_of_flow=asked.version in ("", flow.version),
        heard=heard,
        offered=lambda place, key: journey.offered(heard(place), key) if place in places else "",
        is_menu=lambda place: isinstance(places.get(place), Menu),
        short=_short,
        lost=sorted((one for one in found.places if one.given_up), key=lambda one: -one.given_up),
        periods={
            "Вчера": days.last(1, yesterday),
            "Сегодня": days.last(1, today),
            "7 дней": days.last(7, today),
            "30 дней": days.last(30, today),
        },
    )


async def _unknown_years(console: Console, today: date) -> list[int]:
    """The years that begin soon and whose moved days nobody has told; a table that cannot be read tells them itself."""
    try:
        own, _ = await console.calendar_days.now()
    except GridlineError:
        return []
    return calendar_file.unknown_years(today, own, calendar_file.WARNED)


def _read(query: Mapping[str, str], company: Company, branches: Collection[str], yesterday: date) -> MenuQuery:
    """The question of an address. Raises InvalidInput naming what cannot be asked."""
    given = QueryString(query)
    until = given.day("until") or given.day("since") or yesterday
    since = given.day("since") or until
    since, until = min(since, until), max(since, until)
    if (until - since).days >= LONGEST_DAYS:
        raise InvalidInput(f"Период длиннее {LONGEST_DAYS} дня. Сократите его или возьмите gridline report ivr.")
    return MenuQuery(
        since=since,
        until=until,
        branch=given.code("branch", branches, "Филиал"),
        version=given.text("version", at_most=64),
        company=company.id,
    )


def _known(asked: MenuQuery, versions: Collection[FlowVersion]) -> None:
    """Raises InvalidInput for a version that no call of the period began with."""
    if asked.version and all(one.version != asked.version for one in versions):
        raise InvalidInput("По этой версии меню звонков за период нет. Выберите другую версию или период.")


def _version(one: FlowVersion, names: Mapping[str, str]) -> str:
    return f"{names.get(one.version, one.version[:12])} — {one.calls}"


def _heard(console: Console, company: Company, places: Mapping[str, Place]) -> Callable[[str], str]:
    """What is heard in a place by its name; empty for one that is not in today's menu."""

    def words(prompt: str) -> str:
        return console.voice.book.text(prompt, company.id).replace("+", "")  # before a stressed vowel

    return lambda name: menu_tree.heard(places[name], words) if name in places else ""


def _short(text: str) -> str:
    return text if len(text) <= SHORT else text[:SHORT].rsplit(" ", 1)[0].rstrip(",.") + "…"
