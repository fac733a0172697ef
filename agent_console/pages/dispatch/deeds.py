"""What a dispatcher does at `/dispatch`: hear, publish, change, end; proposals and reports decided."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote

from aiohttp import web

from agent_console.console import Console, actor_of, console_of
from agent_console.pages.dispatch.page import ID, step_of
from agent_console.people.permissions import Permission
from agent_console.wallboard.dispatch import announcement, drafts
from agent_console.wallboard.dispatch.board import names_of
from agent_console.wallboard.dispatch.drafts import SPOKEN, DispatchStep, OutageDraft, Sent, text
from agent_console.web.company import company_asked
from agent_console.web.render import render, wants_part
from agent_console.web.routes import add
from grid.outages import listing, proposals, reports
from grid.outages.dispatch.events import CHANGES, Overtaken
from grid.outages.dispatch.publishing import Overlapping
from grid.outages.listing import ListedOutage
from grid.outages.models import Outage
from gridline.companies import Company
from gridline.errors import Conflict, InvalidInput
from ivr.voice.prompts import Phrase

HEARD_LASTS: Final = timedelta(minutes=15)
"""After it «+2» is counted anew, and so must be heard anew."""
DONE = {
    DispatchStep.WIDEN: "Расширено",
    DispatchStep.HOUR: "Время исправлено",
    DispatchStep.CAUSE: "Причина указана",
    DispatchStep.CREW: "Бригада выехала: абоненты это услышат",
    DispatchStep.RESTORE: "Включено, проверяем",
    DispatchStep.CONFIRM: "Включение подтверждено",
    DispatchStep.REOPEN: "Открыто снова там, где не включили",
    DispatchStep.CANCEL: "Отменено, сообщения снова открыты",
}


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    for path, handler in (
        ("/dispatch/hear", hear_new),
        ("/dispatch/publish", publish),
        *((f"/dispatch/outages/{ID}/{step}", take_step) for step in DispatchStep),
        *((f"/dispatch/outages/{ID}/{step}/hear", hear_step) for step in SPOKEN),
        (f"/dispatch/proposals/{ID}/dismiss", dismiss),
        (f"/dispatch/reports/{ID}/join", join),
        (f"/dispatch/reports/{ID}/unfounded", unfounded),
    ):
        add(app, "POST", path, handler, permission=Permission.OUTAGE_DISPATCH)


async def hear_new(request: web.Request) -> web.Response:
    """The announcement of an outage that is not published yet, as callers would hear it."""
    console, company = console_of(request), company_asked(request)
    async with console.db.read() as session:
        now = console.clock.now()
        wanted = await drafts.new(session, await request.post(), company, actor_of(request), now)
    return await _heard(console, company, drafts.of_new(wanted), now)


async def hear_step(request: web.Request) -> web.Response:
    """The announcement of an outage after a step."""
    console, sent = console_of(request), await request.post()
    now = console.clock.now()
    listed, company = await _listed(request)
    return await _heard(console, company, await _draft(request, listed, company, sent, now), now)


async def publish(request: web.Request) -> web.StreamResponse:
    """Publish it, heard before; where it meets others, they are shown first."""
    console, company, actor = console_of(request), company_asked(request), actor_of(request)
    sent = await request.post()
    then = _heard_at(console, sent)
    async with console.db.read() as session:
        wanted = await drafts.new(session, sent, company, actor, then)
        if wanted.proposal_id is not None:
            await proposals.to_decide(session, wanted.proposal_id, visible_to=actor.scope)
    await _must_be_heard(console, company, drafts.of_new(wanted), sent, then)
    try:
        outage = await console.outage_desk.publish(
            wanted, actor.signature, beside=[id for id in text(sent, "beside", 4000).split(",") if id]
        )
    except Overlapping as met:
        if not wants_part(request):
            raise
        return render(
            request,
            "dispatch_step.html",
            title="Уже отключено",
            block="met",
            company=company,
            met=met.outages,
            proposal=wanted.proposal_id or "",
            zone=company.zone,
        )
    return _done(request, company, f"Опубликовано: {outage.code}")


async def take_step(request: web.Request) -> web.StreamResponse:
    """One step on an outage. Whoever was first is named to whoever comes second."""
    console, actor, sent = console_of(request), actor_of(request), await request.post()
    step = step_of(request)
    listed, company = await _listed(request)
    if proposal := text(sent, "proposal"):
        async with console.db.read() as session:
            await proposals.to_decide(session, proposal, visible_to=actor.scope)
    then = _heard_at(console, sent)
    draft = await _draft(request, listed, company, sent, then)
    if step in SPOKEN:
        await _must_be_heard(console, company, draft, sent, then)
    try:
        await _taken(request, step, listed.outage, draft, actor.signature, sent)
    except Overtaken as first:
        raise Conflict(await _who_was_first(console, first)) from first
    return _done(request, company, f"{listed.outage.code}: {DONE[step].lower()}")


async def dismiss(request: web.Request) -> web.StreamResponse:
    """A proposal that is no outage."""
    console, actor = console_of(request), actor_of(request)
    async with console.db.read() as session:
        proposal = await proposals.to_decide(session, request.match_info["id"], visible_to=actor.scope)
    await console.outage_desk.dismiss(proposal.id, actor.signature)
    return _done(request, console.companies.by_id(proposal.company_id), "Отклонено: вернётся, если вырастет")


async def join(request: web.Request) -> web.StreamResponse:
    """A report that belongs to an outage, wherever it is from."""
    console, actor, sent = console_of(request), actor_of(request), await request.post()
    async with console.db.read() as session:
        report = await reports.find(session, request.match_info["id"], visible_to=actor.scope)
        outage = await listing.find(session, text(sent, "outage"), visible_to=actor.scope)
    await console.outage_desk.join(outage.id, [report.id], actor.signature)
    return _done(request, console.companies.by_id(report.company_id), f"Присоединено к {outage.code}")


async def unfounded(request: web.Request) -> web.StreamResponse:
    """A prank, a mistake, a healthy place."""
    console, actor = console_of(request), actor_of(request)
    async with console.db.read() as session:
        report = await reports.find(session, request.match_info["id"], visible_to=actor.scope)
    await console.outage_desk.unfounded(report.id, actor.signature, "не подтвердилось")
    return _done(request, console.companies.by_id(report.company_id), "Закрыто: не подтвердилось")


async def _listed(request: web.Request) -> tuple[ListedOutage, Company]:
    """The outage of the path, as it is now. Raises NotFound, OutOfScope."""
    console = console_of(request)
    async with console.db.read() as session:
        found = await listing.find(session, request.match_info["id"], visible_to=actor_of(request).scope)
        (one,) = await listing.listed(session, [found], console.clock.now())
    return one, console.companies.by_id(found.company_id)


async def _draft(
    request: web.Request, listed: ListedOutage, company: Company, sent: Sent, then: datetime
) -> OutageDraft:
    async with console_of(request).db.read() as session:
        return await drafts.changed(session, listed, step_of(request), sent, company, then)


async def _taken(
    request: web.Request, step: DispatchStep, outage: Outage, draft: OutageDraft, actor: str, sent: Sent
) -> Outage:
    desk, version = console_of(request).outage_desk, _version(sent)
    match step:
        case DispatchStep.WIDEN:
            proposal = text(sent, "proposal") or None
            return await desk.widen(outage.id, version, draft.added, actor, proposal_id=proposal)
        case DispatchStep.HOUR:
            return await desk.correct_hour(outage.id, version, draft.outage.expected_end, actor)
        case DispatchStep.CAUSE:
            return await desk.say_cause(outage.id, version, draft.outage.cause, actor)
        case DispatchStep.CREW:
            return await desk.send_crew(outage.id, version, actor)
        case DispatchStep.RESTORE:
            assert draft.outage.actual_end is not None
            return await desk.restore(outage.id, version, draft.outage.actual_end, actor)
        case DispatchStep.CONFIRM:
            return await desk.confirm(outage.id, actor, version=version)
        case DispatchStep.REOPEN:
            return await desk.reopen(outage.id, draft.added, actor, version=version)
        case DispatchStep.CANCEL:
            return await desk.cancel(outage.id, version, text(sent, "reason"), actor)


async def _heard(console: Console, company: Company, draft: OutageDraft, now: datetime) -> web.Response:
    """The sound, its version, its words, and the moment that «+2» and «now» were counted from."""
    utterance = await announcement.sounded(console.voice, company, _phrases(company, draft, now))
    headers = {"X-Heard": utterance.version, "X-Words": quote(utterance.text), "X-Heard-At": now.isoformat()}
    wav = utterance.file.with_suffix(".wav")
    return web.Response(body=wav.read_bytes(), content_type="audio/wav", headers=headers)


def _heard_at(console: Console, sent: Sent) -> datetime:
    """When the announcement was heard: counted from now, «+2» would be a minute later than what was heard."""
    now = console.clock.now()
    try:
        then = datetime.fromisoformat(text(sent, "heard_at"))
        return then if timedelta(0) <= now - then <= HEARD_LASTS else now
    except (ValueError, TypeError):  # not heard yet, or no time with a zone
        return now


async def _must_be_heard(console: Console, company: Company, draft: OutageDraft, sent: Sent, then: datetime) -> None:
    await announcement.must_be_heard(console.voice, company, _phrases(company, draft, then), text(sent, "heard"))


def _phrases(company: Company, draft: OutageDraft, now: datetime) -> list[Phrase]:
    return announcement.phrases(draft.outage, draft.scope, company, now, draft.crew_at)


def _version(sent: Sent) -> int:
    try:
        return int(text(sent, "version"))
    except ValueError as error:
        raise InvalidInput("Страница устарела. Откройте отключение снова.") from error


async def _who_was_first(console: Console, first: Overtaken) -> str:
    """«Раньше вас: Павел Орлов — исправлено время.»"""
    if first.event is None:
        return first.message
    name = (await names_of(console, [first.event.actor]))[first.event.actor]
    return f"Раньше вас: {name} — {CHANGES[first.event.kind]}. Посмотрите, что стало, и повторите, если нужно."


def _done(request: web.Request, company: Company, told: str) -> web.StreamResponse:
    if not wants_part(request):
        raise web.HTTPSeeOther(f"/dispatch?company={company.id}")
    said = {"toast": {"text": told, "level": "good"}, "close-dialog": {}}
    return web.Response(status=204, headers={"HX-Trigger": json.dumps(said)})
