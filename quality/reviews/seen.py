"""Reviews found: every query about single ones, and the one place that decides who may see one.

A review is its call's company's and branch's. Of the trust line's calls there is none for anybody but its own people.
An agent sees the finished ones of their own talks, whatever their branch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from appeals.personal_data.trust import of_trust
from gridline.errors import NotFound
from gridline.scope import OutOfScope, Scope
from quality.cards import versions
from quality.cards.card import Grade, Scorecard
from quality.cards.scoring import Score, score
from quality.reviews.codes import CALLED_OUT, ReviewState
from quality.reviews.models import Review, ReviewDispute, ReviewGrade

NOT_THERE: Final = "Такой оценки нет."


@dataclass(frozen=True, slots=True)
class ReviewDetails:
    """One review with the card it began with and its grades by point."""

    review: Review
    card: Scorecard
    grades: dict[str, ReviewGrade]
    dispute: ReviewDispute | None

    @property
    def score(self) -> Score:
        """What the grades come to now."""
        return score(self.card, self.given)

    @property
    def given(self) -> dict[str, Grade]:
        """By point, the grade that counts: the second person's, where they gave one."""
        return {code: row.decided or row.grade for code, row in self.grades.items()}


def visible(scope: Scope) -> ColumnElement[bool]:
    """Whether a review is within the scope: the rule itself."""
    told = of_trust(Review.call_id)
    return and_(scope.where(Review.company_id, Review.branch), told if scope.trust else ~told)


async def find(session: AsyncSession, id: str, *, visible_to: Scope) -> ReviewDetails:
    """The review with this id. Raises NotFound, and OutOfScope when it is not the asker's to see."""
    return await _found(session, id, visible(visible_to))


async def find_own(session: AsyncSession, id: str, agent_id: str) -> ReviewDetails:
    """The finished review of one's own talk. Raises NotFound, OutOfScope."""
    return await _found(session, id, _own(agent_id))


async def own(session: AsyncSession, agent_id: str, *, most: int) -> list[Review]:
    """The finished reviews of a person's own talks, the latest first."""
    query = select(Review).where(_own(agent_id)).order_by(Review.finished_at.desc()).limit(most)
    return list(await session.scalars(query))


async def in_hands(session: AsyncSession, reviewer: str, *, visible_to: Scope) -> list[Review]:
    """What this reviewer has claimed and not finished, the earliest first."""
    unfinished = (Review.state == ReviewState.JUDGING, Review.finished_at.is_(None))  # the index knows the moment
    mine = (Review.reviewer == reviewer, *unfinished, visible(visible_to))
    return list(await session.scalars(select(Review).where(*mine).order_by(Review.claimed_at)))


async def finished_by(session: AsyncSession, reviewer: str, since: datetime, *, visible_to: Scope) -> Sequence[Review]:
    """What this reviewer has finished since then, the latest first."""
    done = (Review.reviewer == reviewer, Review.finished_at >= since, visible(visible_to))
    return list(await session.scalars(select(Review).where(*done).order_by(Review.finished_at.desc())))


async def finished(
    session: AsyncSession,
    company_id: str,
    since: datetime,
    before: datetime,
    *,
    visible_to: Scope,
    agent: str = "",
    queue: str = "",
    most: int,
) -> list[Review]:
    """Finished reviews of a period, the latest first, of one agent or queue where one is named; no calibration.

    `queue` may be `CALLED_OUT`.
    """
    done = (Review.company_id == company_id, Review.finished_at >= since, Review.finished_at < before)
    query = select(Review).where(*done, Review.calibration_id.is_(None), visible(visible_to))
    if agent:
        query = query.where(Review.agent == agent)
    if queue:
        query = query.where(Review.queue == ("" if queue == CALLED_OUT else queue))
    return list(await session.scalars(query.order_by(Review.finished_at.desc(), Review.id).limit(most)))


def _own(agent_id: str) -> ColumnElement[bool]:
    """An id that is empty is nobody's."""
    done = and_(Review.state == ReviewState.FINISHED, Review.calibration_id.is_(None), ~of_trust(Review.call_id))
    return and_(Review.agent_id == agent_id, Review.agent_id != "", done)


async def _found(session: AsyncSession, id: str, rule: ColumnElement[bool]) -> ReviewDetails:
    review = await session.get(Review, id)
    if review is None:
        raise NotFound(NOT_THERE)
    if not await session.scalar(select(rule).where(Review.id == id)):
        raise OutOfScope(NOT_THERE)
    return await details(session, review)


async def details(session: AsyncSession, review: Review) -> ReviewDetails:
    """A review that the asker sees, with everything about it."""
    cards = await versions.kept(session, [review.card_version])
    rows = await session.scalars(select(ReviewGrade).where(ReviewGrade.review_id == review.id))
    dispute = await session.scalar(select(ReviewDispute).where(ReviewDispute.review_id == review.id))
    return ReviewDetails(review, cards[review.card_version], {row.point: row for row in rows}, dispute)
