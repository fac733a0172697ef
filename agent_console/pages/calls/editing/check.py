"""`/menu/edit/check`: what is wrong with the draft, where, and the cure; who of past callers would end elsewhere."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from agent_console.console import actor_of, console_of
from agent_console.pages.calls.editing import looked_at
from agent_console.people.permissions import Permission
from agent_console.web.render import render
from agent_console.web.routes import add
from gridline.calendar import days
from ivr.figures.figures import Period
from ivr.figures.menu import MenuQuestion
from ivr.figures.replays import replay_period
from ivr.menus.editions.edition import merged
from ivr.menus.replay import ReplayHow

PERIODS: Final = {1: "вчера", 7: "7 дней", 30: "30 дней"}
MOVES, LINKS = 25, 5
"""Rows of the table, and calls that each of them names."""


def add_to(app: web.Application) -> None:
    """Hang the route."""
    add(app, "GET", "/menu/edit/check", page, permission=Permission.LINE_EDIT)


async def page(request: web.Request) -> web.Response:
    """The check, and past calls through the draft where it has nothing against it."""
    view, console = await looked_at(request), console_of(request)
    company, editions = view.company, console.editions
    content, in_the_way = merged(view.draft.base, view.draft.content, await editions.now(company))
    checked = await editions.check(company, content)
    number = request.query.get("days", "7")
    chosen = int(number) if number in map(str, PERIODS) else 7
    yesterday = days.day_before(days.day_of(console.clock.now(), company.zone))
    since, until = days.last(chosen, yesterday)
    replayed = None
    if view.flow is not None and not checked.mistakes:
        asked = MenuQuestion(company.id, Period(days.begins(since, company.zone), days.ends(until, company.zone)))
        async with console.db.read() as session:
            was = console.flows.of(company)
            replayed = await replay_period(session, view.flow, asked, was=was, visible_to=actor_of(request).scope)
    calls = replayed.replayed.calls if replayed else ()
    moves = replayed.replayed.moves.most_common() if replayed else []
    changed = [(old, new, number) for (old, new), number in moves if old != new]
    return render(
        request,
        "editing/check.html",
        title="Проверка",
        zone=company.zone,
        company=company,
        view=view,
        in_the_way=in_the_way,
        checked=checked,
        replayed=replayed,
        periods=PERIODS,
        days=chosen,
        since=since,
        until=until,
        moves=changed[:MOVES],
        left_out=len(changed) - len(changed[:MOVES]),
        differ=sum(number for _, _, number in changed),
        no_such_key=sum(one.new.how is ReplayHow.NO_SUCH_KEY for one in calls if one.changed),
        not_known=sum(one.new.how is ReplayHow.NOT_KNOWN for one in calls if one.changed),
        examples=lambda old, new: [one.call_id for one in calls if (one.old, one.new) == (old, new)][:LINKS],
    )
