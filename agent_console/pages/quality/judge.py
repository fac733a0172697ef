"""`/judging/{id}`: one talk and its card: heard, graded point by point, finished or left to others."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from aiohttp import web

from agent_console.calls import recordings
from agent_console.calls.listening import player
from agent_console.console import actor_of, console_of
from agent_console.pages.quality.queue import reviewer_of
from agent_console.people import people
from agent_console.people.permissions import Actor, Permission
from agent_console.web.render import render, wants_part
from agent_console.web.routes import add
from gridline.errors import GridlineError, InvalidInput
from gridline.numbers.phones import printable
from gridline.scope import OutOfScope
from quality.cards.card import Grade
from quality.reviews import seen
from quality.reviews.codes import ANSWER_TITLES, RISK_TITLES, ReviewState
from quality.reviews.reviews import GivenGrade, Judged
from quality.reviews.seen import ReviewDetails
from recordings.models import PLAYABLE, Recording, RecordingKind

REVIEW: Final = r"/judging/{id:[0-9a-f]{32}}"
SOUND: Final = REVIEW + r"/recordings/{recording:[0-9a-f]{32}}"
NEAR: Final = timedelta(seconds=5)
LONGEST_COMMENT: Final = 2000
LONGEST_NOTE: Final = 300
LONGEST_TALK_S: Final = 24 * 3600.0
GRADE_TITLES: Final[Mapping[Grade, str]] = {
    Grade.MET: "да",
    Grade.PARTLY: "частично",
    Grade.MISSED: "нет",
    Grade.ABSENT: "не было",
}


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    add(app, "GET", REVIEW, page, permission=Permission.QUALITY_READ)
    for name, deed in (("grades", grades), ("finish", finish), ("back", back)):
        add(app, "POST", f"{REVIEW}/{name}", deed, permission=Permission.QUALITY_JUDGE)
    player.hang(app, SOUND, _recording, Permission.QUALITY_READ)


async def page(request: web.Request) -> web.Response:
    """The card to fill in, for whoever has claimed the talk; what it came to, for others once it is finished."""
    return await show(request, await _found(request))


async def grades(request: web.Request) -> web.Response:
    """What is graded so far is kept; the answer is the total as the server counts it."""
    console, actor = console_of(request), actor_of(request)
    judged = read(await request.post())
    id, scope = request.match_info["id"], actor.judging_scope
    kept = await console.judging.reviews.grade(id, judged, reviewer_of(actor), visible_to=scope)
    if not wants_part(request):
        raise web.HTTPSeeOther(f"/judging/{id}")
    return render(request, "quality/review.html", block="score", title="", review=kept.review, score=kept.score)


async def finish(request: web.Request) -> web.StreamResponse:
    """The review is finished, and the queue shown again; what is missing is said over the card."""
    console, actor = console_of(request), actor_of(request)
    judged, id, scope = read(await request.post()), request.match_info["id"], actor.judging_scope
    try:
        await console.judging.reviews.finish(id, judged, reviewer_of(actor), visible_to=scope)
    except InvalidInput as error:
        found = await console.judging.reviews.grade(id, judged, reviewer_of(actor), visible_to=scope)
        return await show(request, found, error=error)
    raise web.HTTPSeeOther("/judging")


async def back(request: web.Request) -> web.StreamResponse:
    """The talk is left to others."""
    console, actor = console_of(request), actor_of(request)
    id = request.match_info["id"]
    await console.judging.reviews.give_back(id, reviewer_of(actor), visible_to=actor.judging_scope)
    raise web.HTTPSeeOther("/judging")


async def talks(request: web.Request, found: ReviewDetails) -> list[Recording]:
    """What was recorded of a review's talk and can be heard, the earliest first; no other agent's talk in that call."""
    async with console_of(request).db.read() as session:
        of_call = await recordings.of_call(session, found.review.call_id)
    heard = (one for one in of_call if one.kind is RecordingKind.TALK and one.state in PLAYABLE)
    return [one for one in heard if _holds(one, found.review.talked_at)]


async def the_talk(request: web.Request, found: ReviewDetails) -> Recording:
    """The recording that the address names, if it is one of the review's. Raises OutOfScope."""
    for one in await talks(request, found):
        if one.id == request.match_info["recording"]:
            return one
    raise OutOfScope("Такой записи нет.")


async def _recording(request: web.Request) -> Recording:
    """Whoever may see the review hears its talk, of another branch too."""
    return await the_talk(request, await _found(request))


async def _found(request: web.Request) -> ReviewDetails:
    """The review, to its reviewer, and to others when it is finished; of a calibration to its reviewer alone."""
    console, actor = console_of(request), actor_of(request)
    async with console.db.read() as session:
        found = await seen.find(session, request.match_info["id"], visible_to=actor.judging_scope)
    shut = found.review.state is not ReviewState.FINISHED or found.review.calibration_id is not None
    if shut and found.review.reviewer != actor.signature:
        raise OutOfScope(seen.NOT_THERE)
    return found


async def show(request: web.Request, found: ReviewDetails, error: GridlineError | None = None) -> web.Response:
    """The page of a review, with what was wrong with what was sent."""
    console, actor, review = console_of(request), actor_of(request), found.review
    company = console.companies.by_id(review.company_id)
    async with console.db.read() as session:
        agents = await people.agents(session, company.id)
        names = await people.names(session, [review.reviewer, found.dispute.decided_by if found.dispute else None])
    heard = await talks(request, found)
    return render(
        request,
        "quality/review.html",
        status=200 if error is None else error.status,
        title=f"Разговор: {agents.get(review.agent, review.agent)}",
        zone=company.zone,
        company=company,
        review=review,
        card=found.card,
        given=found.grades,
        score=found.score,
        heard=[(one, begins(one, review.talked_at)) for one in heard],
        here=f"/judging/{review.id}",
        dispute=found.dispute,
        decides=_decides(actor, found),
        calibrates=actor.may(Permission.QUALITY_LEAD) and review.state is ReviewState.FINISHED,
        open=review.state is ReviewState.JUDGING and review.reviewer == actor.signature,
        error=error.message if error else "",
        agents=agents,
        names=names,
        grade_titles=GRADE_TITLES,
        risks=RISK_TITLES,
        answers=ANSWER_TITLES,
    )


def begins(recording: Recording, at: datetime) -> float:
    """The second of a recording at which a talk began; 0 where the two began together."""
    before = at - recording.started_at
    return before.total_seconds() if before > NEAR else 0.0


def _holds(recording: Recording, at: datetime) -> bool:
    """Whether a recording was running as the two were connected: Asterisk and we look at one clock, not at once.

    How long it ran is told by its samples: the clock may have been set back meanwhile.
    """
    ran = timedelta(seconds=recording.seconds or 0)
    return recording.started_at - NEAR <= at <= recording.started_at + ran


def _decides(actor: Actor, found: ReviewDetails) -> bool:
    """Whether this person may decide the dispute of this review now."""
    return (
        found.dispute is not None
        and found.dispute.decided_at is None
        and actor.may(Permission.QUALITY_DECIDE)
        and actor.signature != found.review.reviewer
    )


def read(sent: Mapping[str, object]) -> Judged:
    """A card as its form sends it: `grade-CODE`, `second-CODE`, `recording-CODE`, `note-CODE`. Raises InvalidInput."""
    given: dict[str, GivenGrade] = {}
    for name, value in sent.items():
        prefix, _, code = name.partition("-")
        if prefix != "grade" or not value:
            continue
        if value not in set(Grade):
            raise InvalidInput("Такой отметки нет. Откройте оценку заново.")
        second = _second(sent.get(f"second-{code}"))
        recording = str(sent.get(f"recording-{code}") or "")[:32]
        given[code] = GivenGrade(
            Grade(str(value)),
            second,
            recording or None if second is not None else None,
            printable(str(sent.get(f"note-{code}") or ""), at_most=LONGEST_NOTE),
        )
    return Judged(given, str(sent.get("comment") or "").replace("\0", "").strip()[:LONGEST_COMMENT])


def _second(value: object) -> float | None:
    try:
        second = float(str(value))
    except ValueError:
        return None
    return second if math.isfinite(second) and 0 <= second <= LONGEST_TALK_S else None
