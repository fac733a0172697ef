"""`/reviews`: an agent's own judged talks: each heard again, agreed with or disputed within three working days."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from agent_console.calls.listening import player
from agent_console.console import actor_of, console_of
from agent_console.pages.quality.judge import GRADE_TITLES, LONGEST_COMMENT, begins, talks, the_talk
from agent_console.people.permissions import Actor, Permission
from agent_console.web.render import render
from agent_console.web.routes import MenuEntry, add, add_entry
from gridline.errors import GridlineError, InvalidInput
from quality.reviews import seen
from quality.reviews.codes import ANSWER_TITLES
from quality.reviews.seen import ReviewDetails
from recordings.models import Recording

REVIEW: Final = r"/reviews/{id:[0-9a-f]{32}}"
SOUND: Final = REVIEW + r"/recordings/{recording:[0-9a-f]{32}}"
MOST: Final = 50


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    own = Permission.QUALITY_OWN
    add(app, "GET", "/reviews", page, permission=own)
    add(app, "GET", REVIEW, review, permission=own)
    add(app, "POST", f"{REVIEW}/accept", accept, permission=own)
    add(app, "POST", f"{REVIEW}/dispute", dispute, permission=own)
    player.hang(app, SOUND, _recording, own)
    entry = MenuEntry(27, "Мои оценки", "/reviews", "recording", own, key="q", suits=Actor.answers_calls)
    add_entry(app, entry)


async def page(request: web.Request) -> web.Response:
    """The latest ones."""
    console, actor = console_of(request), actor_of(request)
    async with console.db.read() as session:
        found = await seen.own(session, actor.user_id, most=MOST)
    titles = {card.code: card.title for card in console.judging.cards}
    totals = [one.total for one in found if one.total is not None]
    return render(
        request,
        "quality/own.html",
        title="Мои оценки",
        reviews=found,
        titles=titles,
        average=sum(totals) / len(totals) if totals else None,
        answers=ANSWER_TITLES,
    )


async def review(request: web.Request) -> web.Response:
    """One of them."""
    return await _show(request, await _own(request))


async def accept(request: web.Request) -> web.StreamResponse:
    """The agent agrees."""
    id = request.match_info["id"]
    await console_of(request).judging.disputes.accept(id, actor_of(request).user_id)
    raise web.HTTPSeeOther(f"/reviews/{id}")


async def dispute(request: web.Request) -> web.StreamResponse:
    """The agent does not agree; without words the page asks for them."""
    id, sent = request.match_info["id"], await request.post()
    text = str(sent.get("text") or "").replace("\0", "").strip()[:LONGEST_COMMENT]
    try:
        await console_of(request).judging.disputes.dispute(id, actor_of(request).user_id, text)
    except InvalidInput as error:
        return await _show(request, await _own(request), error=error)
    raise web.HTTPSeeOther(f"/reviews/{id}")


async def _recording(request: web.Request) -> Recording:
    """An agent may not listen to recordings; the talk that they are judged by they must hear."""
    return await the_talk(request, await _own(request))


async def _own(request: web.Request) -> ReviewDetails:
    async with console_of(request).db.read() as session:
        return await seen.find_own(session, request.match_info["id"], actor_of(request).user_id)


async def _show(request: web.Request, found: ReviewDetails, error: GridlineError | None = None) -> web.Response:
    console, one = console_of(request), found.review
    company = console.companies.by_id(one.company_id)
    return render(
        request,
        "quality/own_review.html",
        status=200 if error is None else error.status,
        title="Оценка разговора",
        company=company,
        review=one,
        card=found.card,
        given=found.grades,
        score=found.score,
        dispute=found.dispute,
        heard=[(recording, begins(recording, one.talked_at)) for recording in await talks(request, found)],
        here=f"/reviews/{one.id}",
        open=one.answer is None and one.answer_by is not None and console.clock.now() < one.answer_by,
        error=error.message if error else "",
        grade_titles=GRADE_TITLES,
        answers=ANSWER_TITLES,
    )
