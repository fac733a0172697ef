"""Calibrations: two reviewers judge one talk, and neither knows of the other or that it is more than a talk by lot.

Whoever asked for one knows, and is none of the two; neither is who has judged the talk already. What each gave is seen
by nobody else before both have finished.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from appeals.personal_data.trust import of_trust
from gridline.clock import Clock
from gridline.db import Database, new_id
from gridline.errors import Conflict
from gridline.scope import Scope
from quality.cards.card import Grade
from quality.cards.scorecards import Scorecards
from quality.reviews import candidates
from quality.reviews.candidates import ReviewCandidate
from quality.reviews.codes import ReviewState
from quality.reviews.models import Calibration, Review, ReviewGrade

TWO: Final = 2


@dataclass(frozen=True, slots=True)
class CalibrationRow:
    """One calibration and how far it got."""

    calibration: Calibration
    finished: int
    totals: tuple[int, ...]
    """Both totals once both have finished, else none."""


class Calibrations:
    """Asks for them."""

    def __init__(self, db: Database, clock: Clock, cards: Scorecards) -> None:
        self._db = db
        self._clock = clock
        self._cards = cards

    async def ask(self, call_id: str, agent: str, card: str, by: str, *, visible_to: Scope) -> str:
        """Have this talk judged twice by a card; `by` is a signature. Returns the calibration's id.

        Raises NotFound, OutOfScope, Conflict when it was asked for already.
        """
        now, chosen = self._clock.now(), self._cards.card(card)
        try:
            async with self._db.write() as session:
                talk = await candidates.find(session, call_id, agent, now, visible_to=visible_to)
                row = Calibration(
                    id=new_id(),
                    company_id=talk.company_id,
                    branch=talk.branch,
                    call_id=call_id,
                    agent=agent,
                    card=chosen.code,
                    made_by=by,
                    made_at=now,
                )
                session.add(row)
                return row.id
        except IntegrityError as error:
            raise Conflict("Этот разговор уже калибруют.") from error


def visible(scope: Scope) -> ColumnElement[bool]:
    """Whether a calibration is within the scope: as its call is."""
    told = of_trust(Calibration.call_id)
    return and_(scope.where(Calibration.company_id, Calibration.branch), told if scope.trust else ~told)


def _open_to(reviewer: str, now: datetime) -> ColumnElement[bool]:
    """Whether this reviewer may be one of the two."""
    mine = (
        Review.calibration_id == Calibration.id,
        or_(Review.state == ReviewState.FINISHED, Review.leased_until > now),
    )
    begun = select(func.count()).select_from(Review).where(*mine).scalar_subquery()
    judged = exists().where(
        Review.call_id == Calibration.call_id, Review.agent == Calibration.agent, Review.reviewer == reviewer
    )
    return and_(Calibration.made_by != reviewer, begun < TWO, ~judged)


async def open_for(session: AsyncSession, talk: ReviewCandidate, reviewer: str, now: datetime) -> Calibration | None:
    """The calibration of this talk that waits for this reviewer, or None."""
    same = (Calibration.call_id == talk.call_id, Calibration.agent == talk.agent)
    query = select(Calibration).where(*same, _open_to(reviewer, now)).order_by(Calibration.made_at).limit(1)
    found: Calibration | None = await session.scalar(query.with_for_update())
    return found


async def waiting(
    session: AsyncSession, company_id: str, reviewer: str, now: datetime, *, visible_to: Scope, most: int
) -> list[ReviewCandidate]:
    """Talks whose calibration waits for this reviewer: shown among those drawn by lot, and like them."""
    own = (Calibration.company_id == company_id, visible(visible_to), _open_to(reviewer, now))
    query = select(Calibration.call_id, Calibration.agent).where(*own).order_by(Calibration.made_at).limit(most)
    asked = (await session.execute(query)).all()
    return [await candidates.find(session, call, agent, now, visible_to=visible_to) for call, agent in asked]


async def is_open(session: AsyncSession, call_id: str) -> bool:
    """Whether a talk of this call is still judged by two who are to know nothing of each other."""
    return bool(await session.scalar(select(is_blind(call_id))))


def is_blind(call_id: Any) -> ColumnElement[bool]:
    """The same as a condition on a column, or on one id."""
    done = (Review.calibration_id == Calibration.id, Review.state == ReviewState.FINISHED)
    finished = select(func.count()).select_from(Review).where(*done).correlate(Calibration).scalar_subquery()
    return exists().where(Calibration.call_id == call_id, finished < TWO)


async def listed(
    session: AsyncSession, company_id: str, since: datetime, before: datetime, *, visible_to: Scope
) -> list[CalibrationRow]:
    """Those asked for in a period, the latest first."""
    made = (Calibration.company_id == company_id, Calibration.made_at >= since, Calibration.made_at < before)
    query = select(Calibration).where(*made, visible(visible_to)).order_by(Calibration.made_at.desc())
    found = list(await session.scalars(query))
    done = select(Review.calibration_id, Review.total).where(
        Review.calibration_id.in_([one.id for one in found]), Review.state == ReviewState.FINISHED
    )
    totals: dict[str, list[int]] = defaultdict(list)
    for id, total in await session.execute(done.order_by(Review.claimed_at)):
        totals[id or ""].append(total or 0)
    return [
        CalibrationRow(one, len(totals[one.id]), tuple(totals[one.id]) if len(totals[one.id]) == TWO else ())
        for one in found
    ]


async def pairs(
    session: AsyncSession, rows: Sequence[CalibrationRow]
) -> dict[tuple[str, str], list[tuple[Grade, Grade]]]:
    """By card and point, the two grades of every finished calibration in which both gave one."""
    done = {row.calibration.id: row.calibration.card for row in rows if row.totals}
    query = (
        select(Review.calibration_id, ReviewGrade.point, ReviewGrade.grade)
        .join(ReviewGrade, ReviewGrade.review_id == Review.id)
        .where(Review.calibration_id.in_(done))
        .order_by(Review.claimed_at, Review.id)
    )
    given: dict[tuple[str, str], list[Grade]] = defaultdict(list)
    for id, point, grade in await session.execute(query):
        given[id or "", point].append(grade)
    found: dict[tuple[str, str], list[tuple[Grade, Grade]]] = defaultdict(list)
    for (id, point), grades in given.items():
        if len(grades) == TWO:
            found[done[id], point].append((grades[0], grades[1]))
    return found
