"""Judging: a talk claimed for an hour, its points graded, its card finished; the only writer of reviews."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from gridline.calendar import days
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import Clock
from gridline.companies import Companies
from gridline.db import Database, new_id
from gridline.errors import Conflict, InvalidInput
from gridline.scope import Scope
from ivr.desk import deeds
from ivr.desk.models import Deed
from ivr.journal.models import CallRecord
from quality.cards import versions
from quality.cards.card import Grade, Scorecard
from quality.cards.scorecards import Scorecards
from quality.reviews import calibrations, candidates, seen
from quality.reviews.candidates import ReviewCandidate
from quality.reviews.codes import ANSWER_DAYS, LEASE, ReviewState, Risk
from quality.reviews.models import Calibration, Review, ReviewGrade
from quality.reviews.seen import ReviewDetails

TAKEN: Final = "Этот разговор уже оценивает или оценил другой."


@dataclass(frozen=True, slots=True)
class GivenGrade:
    """What a reviewer says of one point."""

    grade: Grade
    second: float | None = None
    """Where it is heard, from the beginning of the recording."""
    recording_id: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """What a reviewer says of a talk."""

    grades: Mapping[str, GivenGrade]
    """By the point's code."""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Who judges: how they sign, and their id as a person, so that nobody judges their own talk."""

    signature: str
    user_id: str


class Reviews:
    """Every review of the installation."""

    def __init__(
        self, db: Database, clock: Clock, companies: Companies, calendar: ProductionCalendar, cards: Scorecards
    ) -> None:
        self._db = db
        self._clock = clock
        self._companies = companies
        self._calendar = calendar
        self._cards = cards

    async def claim(self, call_id: str, agent: str, card: str, by: Reviewer, *, visible_to: Scope) -> str:
        """Take a talk to judge it by a card; returns the review's id, the same one when it is theirs already.

        One whose hour is over goes to whoever asks first. Raises NotFound for a talk or card that is not there,
        OutOfScope, Conflict when somebody else has it, or it is the reviewer's own.
        """
        now, chosen = self._clock.now(), self._cards.card(card)
        try:
            async with self._db.write() as session:
                talk = await candidates.find(session, call_id, agent, now, visible_to=visible_to)
                calibration = await calibrations.open_for(session, talk, by.signature, now)
                if (known := await self._known(session, talk, by, calibration)) is not None:
                    return known
                people = await _people(session, talk)
                if by.user_id in people:
                    raise Conflict("Это ваш собственный разговор: его оценит другой.")
                if calibration is not None:
                    chosen = self._cards.card(calibration.card)
                if talk.is_called_out:
                    chosen = chosen.for_call_out
                await versions.keep(session, chosen, now)
                review = _new(talk, people[-1] if people else "", chosen, by, now)
                review.calibration_id = calibration.id if calibration else None
                session.add(review)
                return review.id
        except IntegrityError as error:
            raise Conflict(TAKEN) from error

    async def _known(
        self, session: AsyncSession, talk: ReviewCandidate, by: Reviewer, calibration: Calibration | None
    ) -> str | None:
        """The id of their own unfinished review of it; an abandoned one is taken away, somebody's is a Conflict.

        In a calibration another's is no Conflict: there are to be two.
        """
        now, same = self._clock.now(), (Review.call_id == talk.call_id, Review.agent == talk.agent)
        begun = list(await session.scalars(select(Review).where(*same).with_for_update()))
        for mine in begun:
            if mine.state is ReviewState.JUDGING and mine.reviewer == by.signature:
                mine.leased_until = now + LEASE
                return mine.id
        for known in begun:
            if known.state is ReviewState.JUDGING and known.leased_until <= now:
                await session.delete(known)
            elif calibration is None and known.calibration_id is None:
                raise Conflict(TAKEN)
        await session.flush()
        return None

    async def grade(self, review_id: str, judged: Judged, by: Reviewer, *, visible_to: Scope) -> ReviewDetails:
        """Keep what is judged so far, and the talk for another hour. Raises as `finish`, but for what is missing."""
        async with self._db.write() as session:
            return await self._graded(session, review_id, judged, by, visible_to)

    async def finish(self, review_id: str, judged: Judged, by: Reviewer, *, visible_to: Scope) -> ReviewDetails:
        """End the review: its total is counted here, and its agent may answer from now on.

        Raises NotFound, OutOfScope; Conflict when it is finished or not theirs any more; InvalidInput for a grade that
        its point does not have, or when points are left.
        """
        async with self._db.write() as session:
            done = await self._graded(session, review_id, judged, by, visible_to)
            review, result = done.review, done.score
            if not result.finished:
                raise InvalidInput(_left(done))
            now, zone = self._clock.now(), self._companies.by_id(review.company_id).zone
            review.state, review.finished_at = ReviewState.FINISHED, now
            review.total, review.failed_point = result.total, result.failed
            review.answer_by = term_from(now, zone, self._calendar)
            return done

    async def give_back(self, review_id: str, by: Reviewer, *, visible_to: Scope) -> None:
        """Leave a talk to others; what was graded is gone. Raises NotFound, OutOfScope, Conflict."""
        async with self._db.write() as session:
            details = await self._in_hand(session, review_id, by, visible_to)
            await session.delete(details.review)

    async def _in_hand(self, session: AsyncSession, id: str, by: Reviewer, scope: Scope) -> ReviewDetails:
        await session.get(Review, id, with_for_update=True)
        found = await seen.find(session, id, visible_to=scope)
        if found.review.reviewer != by.signature:
            raise Conflict("Этот разговор оценивает другой.")
        if found.review.state is ReviewState.FINISHED:
            raise Conflict("Эта оценка уже закончена.")
        return found

    async def _graded(
        self, session: AsyncSession, id: str, judged: Judged, by: Reviewer, scope: Scope
    ) -> ReviewDetails:
        found = await self._in_hand(session, id, by, scope)
        rows = [_row(found, code, given) for code, given in judged.grades.items()]
        await session.execute(delete(ReviewGrade).where(ReviewGrade.review_id == id))
        session.add_all(rows)
        found.review.comment = judged.comment
        found.review.leased_until = self._clock.now() + LEASE
        await session.flush()
        return ReviewDetails(found.review, found.card, {row.point: row for row in rows}, None)


async def _people(session: AsyncSession, talk: ReviewCandidate) -> list[str]:
    """The ids of whoever talked at the agent's telephone; the last is who is judged."""
    if talk.is_called_out:
        who = await deeds.holder(session, talk.company_id, talk.agent, talk.talked_at)
        return [who] if who else []
    record = await session.get_one(CallRecord, talk.call_id)
    done = await deeds.in_calls(session, [record], [Deed.ANSWERED, Deed.COMPLETED])
    return [one.user_id for one in done[talk.call_id] if one.agent == talk.agent]


def term_from(now: datetime, zone: ZoneInfo, calendar: ProductionCalendar) -> datetime:
    """The end of the third working day after this one: until then an agent answers, a second person decides."""
    return days.last_moment(calendar.add_working_days(days.day_of(now, zone), ANSWER_DAYS), zone)


def _row(found: ReviewDetails, code: str, given: GivenGrade) -> ReviewGrade:
    point = found.card.point(code)
    if point is None or given.grade not in point.grades:
        raise InvalidInput("Такой отметки у этого пункта нет. Откройте оценку заново.")
    return ReviewGrade(
        review_id=found.review.id,
        point=code,
        grade=given.grade,
        second=given.second,
        recording_id=given.recording_id,
        note=given.note,
        decided=None,
    )


def _left(details: ReviewDetails) -> str:
    """What is missing, in words."""
    left = [point.text for point in details.card.points if point.code not in details.grades]
    if not left:
        return "Ни один пункт с весом не засчитан: отметьте хотя бы один иначе, чем «не было»."
    return f"Осталось отметить: {'; '.join(left)}."


def _new(talk: ReviewCandidate, agent_id: str, card: Scorecard, by: Reviewer, now: datetime) -> Review:
    return Review(
        id=new_id(),
        company_id=talk.company_id,
        branch=talk.branch,
        call_id=talk.call_id,
        agent=talk.agent,
        agent_id=agent_id,
        queue=talk.queue,
        talked_at=talk.talked_at,
        reason=talk.risks[0] if talk.risks else Risk.LOT,
        card=card.code,
        card_version=card.version,
        calibration_id=None,
        reviewer=by.signature,
        claimed_at=now,
        leased_until=now + LEASE,
        state=ReviewState.JUDGING,
        comment="",
        total=None,
        failed_point="",
        finished_at=None,
        answer_by=None,
        answer=None,
        answered_at=None,
    )
