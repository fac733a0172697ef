"""`/card/ID`: who may be calling and about what; the agent chooses who, and leaves notes for the next."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.calls import calls
from agent_console.calls.listening import said
from agent_console.card import cards, drafts, form, masking
from agent_console.card.assemble import assemble, shown_premises
from agent_console.card.requested import CALL, RequestedCall, requested_call
from agent_console.card.ringing import CALL as CALL_TOPIC
from agent_console.card.ringing import CARD
from agent_console.card.values import Candidate, CardPremise, CardView, Chosen
from agent_console.console import Console, actor_of, console_of
from agent_console.pages.card import told
from agent_console.people import audit, privacy
from agent_console.people.models import AuditAction
from agent_console.people.permissions import Actor, Permission
from agent_console.wallboard.dispatch.board import WAYS
from agent_console.web.query_string import QueryString
from agent_console.web.render import render, wants_part
from agent_console.web.routes import MenuEntry, add, add_entry, add_topic
from agent_console.web.security import address
from agent_console.worklist import rows as work
from agent_console.worklist.audience import kinds_of
from grid import feeds, premises
from grid.reliability import Reliability, of_installation
from gridline.db import new_id
from gridline.errors import InvalidInput, NotFound
from ivr.desk import devices
from quality.transcripts.spoken_text import SpokenText
from worklist import unregistered
from worklist.models import WorkItem

LONGEST_NOTE = 2000
BY_AGENT = "нашёл оператор"
FOUND = 8
"""Premises that are offered to an agent who looks for one."""


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    read, write = Permission.CARD_READ, Permission.CARD_WRITE
    add(app, "GET", "/card", current, permission=Permission.DESK_WORK)
    add(app, "GET", f"/card/{CALL}", page, permission=read)
    add(app, "GET", f"/card/{CALL}/find", find, permission=read)
    add(app, "GET", f"/card/{CALL}/way", way, permission=read)
    add(app, "POST", f"/card/{CALL}/choose", choose, permission=write)
    add(app, "POST", f"/card/{CALL}/notes", note, permission=write)
    entry = MenuEntry(15, "Карточка звонка", "/card", "card", Permission.DESK_WORK, key="c", suits=Actor.answers_calls)
    add_entry(app, entry)
    add_topic(app, CARD, _own_telephone)
    add_topic(app, CALL_TOPIC, _seen_call)


async def current(request: web.Request) -> web.StreamResponse:
    """The call this agent has now; a word where there is none."""
    console, actor = console_of(request), actor_of(request)
    for interface in (devices.browser(actor.agent), devices.desk_phone(actor.agent)) if actor.agent else ():
        now = console.board.agent(interface)
        if now is not None and now.call is not None:
            raise web.HTTPSeeOther(f"/card/{calls.id_of(now.call)}")
    return render(request, "card_none.html", title="Карточка звонка")


async def page(request: web.Request) -> web.StreamResponse:
    """The card. Opened outside a call of one's own it is noted in the audit: it is full of personal data."""
    console, actor = console_of(request), actor_of(request)
    async with console.db.read() as session:
        card = await requested_call(request, session)
        own = await calls.is_of_agent(session, console.board, card.call, actor.agent)
        context = await context_of(session, card)
    if not own:
        async with console.db.write() as session:
            audit.note(
                session,
                console.clock,
                user_id=actor.user_id,
                action=AuditAction.CARD_OPENED,
                subject=f"call:{card.call.id}",
                address=address(request),
            )
    spoken = context["told"]
    if spoken is not None and spoken.recording is not None and spoken.sentences and context["own"]:
        await said.was_read(request, spoken.recording)
    answer = render(request, "card.html", topics=[f"{CALL_TOPIC}:{card.call.id}"], **context)
    answer.headers["HX-Push-Url"] = request.path  # a card that opened by itself is a place to come back to as well
    return answer


async def find(request: web.Request) -> web.StreamResponse:
    """Premises by account, phone or address, to choose from when the caller speaks of another place."""
    async with console_of(request).db.read() as session:
        card = await requested_call(request, session)
        query, now = QueryString(request.query).text("q", at_most=120), card.console.clock.now()
        places = await premises.look_for(session, card.company.id, query, FOUND, visible_to=card.actor.scope)
        found = await shown_premises(session, places, now, card.company.zone, _limits(card))
    return part(request, card, "found", {"call": card.call, "found": found, "query": query})


async def way(request: web.Request) -> web.Response:
    """The way through the menu anew: a call's last steps are stored half a second behind it."""
    async with console_of(request).db.read() as session:
        card = await requested_call(request, session)
        context = await context_of(session, card)
    return part(request, card, "way", context)


async def choose(request: web.Request) -> web.StreamResponse:
    """Keep whom the agent takes the caller for, and put them into the form's empty fields."""
    sent = await request.post()
    ref = str(sent.get("ref", ""))
    async with console_of(request).db.write() as session:
        card = await requested_call(request, session)
        view = await _view(session, card)
        candidate = next((one for one in view.candidates if one.ref == ref), None) or await _found(session, card, ref)
        if candidate is None and ref:
            raise NotFound("Этого абонента в карточке больше нет. Выберите другого.")
        before = await cards.choice(session, card.call.id)
        await cards.choose(session, card.call, candidate, by=card.actor, at=card.console.clock.now())
        typed = form.taken(sent)
        context = await context_of(session, card, typed=typed or None, before=before)
    return part(request, card, "contents", context)


async def note(request: web.Request) -> web.StreamResponse:
    """Add a remark. Raises InvalidInput for an empty one."""
    text = " ".join(str((await request.post()).get("note", "")).split())[:LONGEST_NOTE]
    if not text:
        raise InvalidInput("Заметка пуста.")
    async with console_of(request).db.write() as session:
        card = await requested_call(request, session)
        await cards.note(session, card.call, text, by=card.actor, at=card.console.clock.now())
        context = await context_of(session, card)
    return part(request, card, "notes", context)


def part(
    request: web.Request, card: RequestedCall, block: str, context: dict[str, Any], *, status: int = 200
) -> web.Response:
    """One block of the card for the page that is open; whoever opens it as a page is led to the whole card."""
    if not wants_part(request):
        raise web.HTTPSeeOther(f"/card/{card.call.id}")
    return render(request, "card.html", block=block, status=status, **{"title": "Карточка звонка"} | context)


async def context_of(
    session: AsyncSession, card: RequestedCall, *, typed: dict[str, str] | None = None, before: Chosen | None = None
) -> dict[str, Any]:
    """What the card's template is given.

    `typed`: the form as it stands in the browser now; `before`: who was chosen until now, where that has changed.
    """
    view = masking.shown(await _view(session, card), card.actor)
    draft = await drafts.of(session, card.call.id)
    half_told = await unregistered.of_call(session, card.company.id, card.call.id)
    spoken = None if half_told is None else await told.told_in(session, card, half_told)
    if typed is None and draft.fields:
        values = dict(draft.fields)
    else:
        begun = typed or form.first(card.call, view.journey.topic, half_told, spoken)
        values = form.filled(begun, view.chosen, before)
    return {
        "title": "Карточка звонка",
        "card": view,
        "work": await work.of_call(session, card.call, card.actor),
        "call": view.call,
        "origin": privacy.origin(card.actor, card.console.numbering.find(card.call.caller)),
        "live": card.call.live,
        "of_company": card.company,
        "zone": card.company.zone,
        "today": card.console.clock.now().astimezone(card.company.zone).date(),
        "draft": draft,
        "form": form.shown(values, card.company),
        "told": spoken,
        "again": told.again(card) if spoken is not None else "",
        "told_sound": _told_sound(card.actor, half_told, spoken),
        "nonce": new_id(),
        "made": None,
        "own": card.actor.may(Permission.APPEAL_WRITE),
        "WAYS": WAYS,
        "feeds": await feeds.ages(session, card.company, card.console.clock.now()),
        "found": (),
        "query": "",
    }


def _told_sound(actor: Actor, half_told: WorkItem | None, spoken: SpokenText | None) -> str:
    """Where whoever may see to the item hears what was told; empty where there is nothing to hear."""
    if half_told is None or spoken is None or spoken.recording is None:
        return ""
    if not actor.may(Permission.WORK_READ) or half_told.kind not in kinds_of(actor.role):
        return ""
    return f"/worklist/{half_told.id}/recordings/{spoken.recording_id}"


async def _view(session: AsyncSession, card: RequestedCall) -> CardView:
    now, zone = card.console.clock.now(), card.company.zone
    return await assemble(session, card.call, now, zone, _limits(card), visible_to=card.actor.scope)


def _limits(card: RequestedCall) -> Reliability:
    return of_installation(card.console.settings.dialplan)


async def _found(session: AsyncSession, card: RequestedCall, ref: str) -> Candidate | None:
    """A premise that the agent looked up."""
    kind, _, id = ref.partition(":")
    if kind != "premise":
        return None
    try:
        premise = await premises.find(session, id, company_id=card.company.id, visible_to=card.actor.scope)
    except NotFound:
        return None
    now, zone = card.console.clock.now(), card.company.zone
    (place,) = await shown_premises(session, [premise], now, zone, _limits(card))
    return _by_agent(place, ref)


def _by_agent(place: CardPremise, ref: str) -> Candidate:
    return Candidate(
        ref, place.name, place.address, place.account, place.kind, (BY_AGENT,), premise_id=place.premise_id
    )


async def _own_telephone(_console: Console, actor: Actor, agent: str) -> bool:
    return actor.agent == agent


async def _seen_call(console: Console, actor: Actor, id: str) -> bool:
    if not actor.may(Permission.CARD_READ):
        return False
    async with console.db.read() as session:
        try:
            await calls.find_anywhere(session, console.board, id, visible_to=actor.scope)
        except NotFound:
            return False
    return True
