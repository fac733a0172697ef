"""`/calls/{id}`: one call from its first word to its last, with what was recorded of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from aiohttp import web

from agent_console.calls import call_list, calls, holds, talk_figures, timeline
from agent_console.calls.call_list import CallsQuery, rows_of
from agent_console.calls.listening import listenings, manifest
from agent_console.calls.listening.noted import TOPIC
from agent_console.console import actor_of, console_of
from agent_console.people import people, privacy
from agent_console.people.permissions import Actor, Permission
from agent_console.web.query_string import QueryString
from agent_console.web.render import render
from agent_console.web.routes import add
from gridline.calendar import days
from gridline.companies import Company
from recordings.models import PLAYABLE, Recording, RecordingState

STATES: Final[Mapping[RecordingState, str]] = {
    RecordingState.RECORDING: "пишется",
    RecordingState.STORED: "цела",
    RecordingState.PARTIAL: "оборвана сбоем",
    RecordingState.FAILED: "не удалась",
    RecordingState.ERASED: "уничтожена по акту",
}


def add_to(app: web.Application) -> None:
    """Hang the route."""
    add(app, "GET", r"/calls/{id:[0-9a-f]{32}}", page, permission=Permission.CALL_READ)


async def page(request: web.Request) -> web.Response:
    """The call, to those whose it is."""
    console, actor = console_of(request), actor_of(request)
    async with console.db.read() as session:
        call = await calls.find(session, request.match_info["id"], visible_to=actor.scope)
        company = console.companies.by_id(call.company_id or "")
        agents = await people.agents(session, company.id)
        told = await timeline.of_call(session, company, call, agents, visible_to=actor.scope)
        legs = await manifest.of_call(session, call, visible_to=actor.scope)
        held = await holds.of_call(session, call.id)
        figures = await talk_figures.of_call(
            session, call, told.recordings, told.appeals, console.talk_rules.of(company.id)
        )
        (line,) = await rows_of(session, company.id, [call], visible_to=actor.scope)
        asked = _list_asked(request, company, agents)
        above, below = (
            await calls.neighbours(session, company.id, asked.narrowed(company), call, visible_to=actor.scope)
            if asked
            else (None, None)
        )
        audited = actor.may(Permission.AUDIT_READ)
        listened = await listenings.of_recordings(session, [one.id for one in told.recordings]) if audited else None
    return render(
        request,
        "call.html",
        title="Звонок",
        zone=company.zone,
        company=company,
        way=told,
        line=line,
        legs=legs,
        leg_kinds=manifest.LEGS,
        leg_devices=manifest.DEVICES,
        states=STATES,
        held=held,
        agents=agents,
        branch=company.branch(call.branch) if call.branch else None,
        playable=PLAYABLE,
        asked=asked,
        above=above,
        below=below,
        place=_place(request, told.recordings),
        listened=listened,
        topics=_topics(actor, told.recordings),
        kinds=timeline.KINDS,
        figures=figures,
        noticed=talk_figures.NOTICED,
        number=lambda value: privacy.shown(actor, "phone", value),
    )


def _list_asked(request: web.Request, company: Company, agents: Mapping[str, str]) -> CallsQuery | None:
    """The list that this call was opened from; None for one opened from elsewhere. Raises InvalidInput."""
    if "since" not in request.query:
        return None
    return call_list.read(request.query, company, agents, days.day_of(console_of(request).clock.now(), company.zone))


def _place(request: web.Request, recorded: Sequence[Recording]) -> tuple[str, float]:
    """The recording, the first one when none is named, and the second of it at which the address opens the call."""
    query = QueryString(request.query)
    first = recorded[0].id if recorded else ""
    return query.text("recording") or first, query.second("at")


def _topics(actor: Actor, recorded: Sequence[Recording]) -> list[str]:
    """The marks of what the reader may hear."""
    if not actor.may(Permission.RECORDING_LISTEN):
        return []
    return [f"{TOPIC}:{one.id}" for one in recorded if one.state in PLAYABLE]
