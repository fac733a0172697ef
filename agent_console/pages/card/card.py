"""`/card/ID`: who may be calling and about what; the agent chooses who, and leaves notes for the next."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.card import drafts, facts, form, masking, past, premises
from agent_console.card.assemble import assemble
from agent_console.card.models import CallCard, CardNote
from agent_console.card.opened import CALL, Opened, opened
from agent_console.card.ringing import CALL as CALL_TOPIC
from agent_console.card.ringing import CARD
from agent_console.card.view import Candidate, CardView, Chosen, Place
from agent_console.console import Console, actor_of, console_of
from agent_console.people import audit
from agent_console.people.permissions import Actor, Permission
from agent_console.web.render import render
from agent_console.web.routes import Entry, add, add_entry, add_topic
from agent_console.web.security import address
from gridline.db import new_id
from gridline.errors import InvalidInput, NotFound
from gridline.phones import printable
from ivr.desk import devices

LONGEST_NOTE = 2000
BY_AGENT = "нашёл оператор"


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    read, write = Permission.CARD_READ, Permission.APPEAL_WRITE
    add(app, "GET", "/card", current, permission=Permission.DESK_WORK)
    add(app, "GET", f"/card/{CALL}", page, permission=read)
    add(app, "GET", f"/card/{CALL}/find", find, permission=read)
    add(app, "GET", f"/card/{CALL}/way", way, permission=read)
    add(app, "POST", f"/card/{CALL}/choose", choose, permission=write)
    add(app, "POST", f"/card/{CALL}/notes", note, permission=write)
    entry = Entry(15, "Карточка звонка", "/card", "card", Permission.DESK_WORK, key="c", suits=Actor.answers_calls)
    add_entry(app, entry)
    add_topic(app, CARD, _own_calls)
    add_topic(app, CALL_TOPIC, _seen_call)


async def current(request: web.Request) -> web.StreamResponse:
    """The call this agent has now; a word where there is none."""
    console, actor = console_of(request), actor_of(request)
    for interface in (devices.browser(actor.agent), devices.desk_phone(actor.agent)) if actor.agent else ():
        now = console.board.agent(interface)
        if now is not None and now.call is not None:
            raise web.HTTPSeeOther(f"/card/{facts.id_of(now.call)}")
    return render(request, "card_none.html", title="Карточка звонка")


async def page(request: web.Request) -> web.StreamResponse:
    """The card. Opened outside a call of one's own it is noted in the audit: it is full of personal data."""
    console, actor = console_of(request), actor_of(request)
    async with console.db.read() as session:
        card = await opened(request, session)
        own = await facts.is_own(session, console.board, card.call, actor.agent)
        context = await context_of(session, card)
    if not own:
        async with console.db.write() as session:
            audit.note(
                session,
                console.clock,
                user_id=actor.user_id,
                action="card.opened",
                subject=f"call:{card.call.id}",
                address=address(request),
            )
    answer = render(request, "card.html", topics=[f"{CALL_TOPIC}:{card.call.id}"], **context)
    answer.headers["HX-Push-Url"] = request.path  # a card that opened by itself is a place to come back to as well
    return answer


async def find(request: web.Request) -> web.StreamResponse:
    """Premises by account, phone or address, to choose from when the caller speaks of another place."""
    async with console_of(request).db.read() as session:
        card = await opened(request, session)
        query = printable(request.query.get("q", ""), at_most=120)
        found = await premises.look_for(session, card.actor, card.company.id, query, card.console.clock.now())
    return render(request, "card.html", block="found", call=card.call, found=found, query=query, title="Поиск объекта")


async def way(request: web.Request) -> web.Response:
    """The way through the menu anew: a call's last steps are stored half a second behind it."""
    async with console_of(request).db.read() as session:
        context = await context_of(session, await opened(request, session))
    return render(request, "card.html", block="way", **context)


async def choose(request: web.Request) -> web.StreamResponse:
    """Keep whom the agent takes the caller for, and put him into the form's empty fields."""
    sent = await request.post()
    ref = str(sent.get("ref", ""))
    console, actor = console_of(request), actor_of(request)
    async with console.db.write() as session:
        card = await opened(request, session)
        view = await _view(session, card)
        candidate = next((one for one in view.candidates if one.ref == ref), None) or await _found(session, card, ref)
        if candidate is None and ref:
            raise NotFound("Этого абонента в карточке больше нет. Выберите другого.")
        kept = await session.get(CallCard, card.call.id)
        before = past.chosen(kept) if kept is not None else None
        if candidate is None:
            if kept is not None:
                await session.delete(kept)
        else:
            kept = kept or CallCard(call_id=card.call.id, company_id=card.call.company_id)
            kept.chosen = _as_stored(candidate)
            kept.chosen_by, kept.chosen_at = actor.name, console.clock.now()
            session.add(kept)
        await session.flush()
        typed = form.taken(sent)
        context = await context_of(session, card, typed=typed or None, before=before)
    return render(request, "card.html", block="contents", **context)


async def note(request: web.Request) -> web.StreamResponse:
    """Add a remark. Raises InvalidInput for an empty one."""
    text = " ".join(str((await request.post()).get("note", "")).split())[:LONGEST_NOTE]
    if not text:
        raise InvalidInput("Заметка пуста.")
    console, actor = console_of(request), actor_of(request)
    async with console.db.write() as session:
        card = await opened(request, session)
        session.add(
            CardNote(
                company_id=card.company.id,
                call_id=card.call.id,
                phone=card.call.caller,
                text=text,
                author=actor.name,
                at=console.clock.now(),
            )
        )
        await session.flush()
        context = await context_of(session, card)
    return render(request, "card.html", block="notes", **context)


async def context_of(
    session: AsyncSession, card: Opened, *, typed: dict[str, str] | None = None, before: Chosen | None = None
) -> dict[str, Any]:
    """What the card's template is given.

    `typed`: the form as it stands in the browser now; `before`: who was chosen until now, where that has changed.
    """
    view = masking.shown(await _view(session, card), card.actor)
    draft = await drafts.of(session, card.call.id)
    if typed is None and draft.fields:
        values = dict(draft.fields)
    else:
        values = form.filled(typed or form.first(card.call, view.journey.topic), view.chosen, before)
    return {
        "title": "Карточка звонка",
        "card": view,
        "call": view.call,
        "live": card.call.live,
        "of_company": card.company,
        "zone": card.company.zone,
        "today": card.console.clock.now().astimezone(card.company.zone).date(),
        "draft": draft,
        "form": form.shown(values, card.company),
        "nonce": new_id(),
        "made": None,
        "own": card.actor.may(Permission.APPEAL_WRITE),
        "found": (),
        "query": "",
    }


async def _view(session: AsyncSession, card: Opened) -> CardView:
    return await assemble(session, card.call, card.actor, card.console.clock.now(), card.company.zone)


async def _found(session: AsyncSession, card: Opened, ref: str) -> Candidate | None:
    """A premise that the agent looked up himself."""
    kind, _, id = ref.partition(":")
    if kind != "premise":
        return None
    place = await premises.by_id(session, card.actor, card.company.id, id, card.console.clock.now())
    return None if place is None else _by_agent(place, ref)


def _by_agent(place: Place, ref: str) -> Candidate:
    return Candidate(
        ref, place.name, place.address, place.account, place.kind, (BY_AGENT,), premise_id=place.premise_id
    )


def _as_stored(candidate: Candidate) -> dict[str, object]:
    return {
        "ref": candidate.ref,
        "name": candidate.name,
        "address": candidate.address,
        "account": candidate.account,
        "kind": candidate.kind,
        "reasons": list(candidate.reasons),
        "premise_id": candidate.premise_id,
    }


async def _own_calls(_console: Console, actor: Actor, agent: str) -> bool:
    return actor.agent == agent


async def _seen_call(console: Console, actor: Actor, id: str) -> bool:
    if not actor.may(Permission.CARD_READ):
        return False
    async with console.db.read() as session:
        try:
            call = await facts.find(session, console.board, id)
        except NotFound:
            return False
    return actor.sees(call.company_id, call.branch)
