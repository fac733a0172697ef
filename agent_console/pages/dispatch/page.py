"""`/dispatch`: reports as they come, what they propose, outages by state; and the dialog of each step."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from agent_console.console import Console, actor_of, console_of
from agent_console.people import privacy
from agent_console.people.permissions import Actor, Permission
from agent_console.wallboard.dispatch import hours, live
from agent_console.wallboard.dispatch.board import SERVICES, WAYS, board, names_of, scope_words, services_of
from agent_console.wallboard.dispatch.drafts import SPOKEN, DispatchStep
from agent_console.wallboard.dispatch.live import DISPATCH
from agent_console.web.company import companies_of, company_asked
from agent_console.web.render import render, wants_part
from agent_console.web.routes import MenuEntry, add, add_entry, add_topic
from grid.outages import joining, listing, proposals, reports, tellings
from grid.outages.dispatch.events import CHANGES
from grid.outages.models import OutageReport
from grid.outages.scopes import ScopePart, in_words
from gridline.errors import NotFound

ID = "{id:[0-9a-f]{32}}"
TITLES = {
    DispatchStep.WIDEN: "Расширить",
    DispatchStep.HOUR: "Исправить время включения",
    DispatchStep.CAUSE: "Указать причину",
    DispatchStep.CREW: "Бригада выехала",
    DispatchStep.RESTORE: "Включили",
    DispatchStep.CONFIRM: "Подтвердить включение",
    DispatchStep.REOPEN: "Кому-то не включили",
    DispatchStep.CANCEL: "Отменить отключение",
}


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    add(app, "GET", "/dispatch", page, permission=Permission.OUTAGE_READ)
    add(app, "GET", f"/dispatch/outages/{ID}", outage_dialog, permission=Permission.OUTAGE_READ)
    add(app, "GET", "/dispatch/new", publish_dialog, permission=Permission.OUTAGE_DISPATCH)
    for step in DispatchStep:
        add(app, "GET", f"/dispatch/outages/{ID}/{step}", step_dialog, permission=Permission.OUTAGE_DISPATCH)
    add(app, "GET", f"/dispatch/reports/{ID}/join", join_dialog, permission=Permission.OUTAGE_DISPATCH)
    add_entry(app, MenuEntry(45, "Отключения", "/dispatch", "outage", Permission.OUTAGE_READ, key="e"))
    add_topic(app, DISPATCH, _own)
    app.cleanup_ctx.append(live.running)


async def page(request: web.Request) -> web.Response:
    """The page of one company; those who see several choose."""
    console, actor, company = console_of(request), actor_of(request), company_asked(request)
    shown = await board(console, company, console.clock.now(), visible_to=actor.scope)
    return render(
        request,
        "dispatch.html",
        title="Отключения",
        topics=[live.topic(company.id, actor.branch)],
        choices=companies_of(console, actor),
        **live.context(company, shown),
    )


async def outage_dialog(request: web.Request) -> web.Response:
    """All that is known of one outage: what happened, who was told what."""
    console, actor = console_of(request), actor_of(request)
    async with console.db.read() as session:
        found = await listing.find(session, request.match_info["id"], visible_to=actor.scope)
        (one,) = await listing.listed(session, [found], console.clock.now())
        happened = await listing.events(session, found)
        told = await tellings.of_outage(session, found.id, visible_to=actor.scope)
    return dialog(
        request,
        "dispatch_outage.html",
        title=found.code,
        block="dialog",
        one=one,
        happened=happened,
        told=[(telling, privacy.shown(actor, "phone", telling.phone)) for telling in told],
        names=await names_of(console, [event.actor for event in happened]),
        CHANGES=CHANGES,
        WAYS=WAYS,
        SERVICES=SERVICES,
        in_words=in_words,
        zone=console.companies.by_id(found.company_id).zone,
    )


async def publish_dialog(request: web.Request) -> web.Response:
    """A new outage: from a proposal, from a report, or from nothing."""
    console, actor, company = console_of(request), actor_of(request), company_asked(request)
    now, zone = console.clock.now(), company.zone
    given = {"scope": "", "service": "electricity", "branch": actor.branch, "starts": "", "proposal": ""}
    async with console.db.read() as session:
        if id := request.query.get("proposal"):
            proposal = await proposals.to_decide(session, id, visible_to=actor.scope)
            starts = hours.written(proposal.first_report_at, now, zone)
            given |= {"proposal": id, "service": proposal.service, "branch": proposal.branch, "starts": starts}
            given["scope"] = scope_words(proposal).replace("; ", "\n")
            parts = [ScopePart.read(part) for part in proposal.scope]
            met = await joining.overlapping(session, company.id, proposal.service, parts, now, proposal.branch)
        else:
            met = []
            if id := request.query.get("report"):
                report = await reports.find(session, id, visible_to=actor.scope)
                starts = hours.written(report.reported_at, now, zone)
                given |= {"service": report.service, "branch": report.branch, "starts": starts}
                given["scope"] = _scope_of(report)
    return dialog(
        request,
        "dispatch_step.html",
        title="Новое отключение",
        block="publish",
        company=company,
        given=given,
        met=met,
        services=services_of(company),
        zone=zone,
    )


async def step_dialog(request: web.Request) -> web.Response:
    """What a step asks, filled in as far as it is known."""
    console, actor = console_of(request), actor_of(request)
    step, now = step_of(request), console.clock.now()
    async with console.db.read() as session:
        found = await listing.find(session, request.match_info["id"], visible_to=actor.scope)
        (one,) = await listing.listed(session, [found], now)
        proposal = None
        if id := request.query.get("proposal"):
            proposal = await proposals.to_decide(session, id, visible_to=actor.scope)
    zone = console.companies.by_id(found.company_id).zone
    scope = scope_words(proposal).replace("; ", "\n") if proposal else ""
    return dialog(
        request,
        "dispatch_step.html",
        title=TITLES[step],
        block="step",
        one=one,
        step=step,
        spoken=step in SPOKEN,
        given={
            "scope": scope or ("\n".join(part.words for part in one.scope) if step is DispatchStep.REOPEN else ""),
            "hour": hours.written(found.expected_end, now, zone),
            "cause": found.cause,
            "proposal": proposal.id if proposal else "",
        },
        in_words=in_words,
        zone=zone,
    )


async def join_dialog(request: web.Request) -> web.Response:
    """To which outage a report belongs: those of its service that go on."""
    console, actor = console_of(request), actor_of(request)
    async with console.db.read() as session:
        report = await reports.find(session, request.match_info["id"], visible_to=actor.scope)
        listed = await listing.shown(session, report.company_id, console.clock.now(), visible_to=actor.scope)
    own = [one for one in listed if one.state is listing.OutageState.GOES_ON and one.outage.service is report.service]
    return dialog(
        request,
        "dispatch_step.html",
        title="Присоединить сообщение",
        block="join",
        report=report,
        listed=own,
        in_words=in_words,
        zone=console.companies.by_id(report.company_id).zone,
    )


def dialog(request: web.Request, name: str, *, block: str, **context: Any) -> web.Response:
    """A dialog for the page that is open; whoever opens it as a page is led to the whole page."""
    if not wants_part(request):
        raise web.HTTPSeeOther("/dispatch")
    return render(request, name, block=block, **context)


def step_of(request: web.Request) -> DispatchStep:
    """The step that the path names."""
    return DispatchStep(request.path.removesuffix("/hear").rpartition("/")[2])


def _scope_of(report: OutageReport) -> str:
    """Where a report is from, as a scope is typed: its transformer, its feeder, else its address."""
    if report.transformer or report.line:
        return report.transformer or f"фидер {report.line}"
    return ", ".join(part for part in (report.settlement, report.street, report.house) if part)


async def _own(console: Console, actor: Actor, name: str) -> bool:
    company, _, branch = name.partition("/")
    if not any(one.id == company for one in companies_of(console, actor)):
        raise NotFound("Такой темы нет.")
    return actor.may(Permission.OUTAGE_READ) and branch == actor.branch
