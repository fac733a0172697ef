"""An agent's answer to a review: accepted, or disputed and then decided by a second person, never by the first.

A dispute is an item of the worklist with a clock of three working days; it is nobody's branch's, because whoever
decides may have another. An agent who says nothing in their three days has neither accepted nor disputed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import Clock
from gridline.companies import Companies
from gridline.db import Database, new_id
from gridline.errors import Conflict, InvalidInput
from gridline.scope import Scope
from quality.cards.card import Grade
from quality.reviews import seen
from quality.reviews.codes import AgentAnswer
from quality.reviews.models import Review, ReviewDispute, ReviewGrade
from quality.reviews.reviews import Reviewer, term_from
from quality.reviews.seen import ReviewDetails
from worklist.codes import Ending, ItemKind
from worklist.worklist import Changed, Matter, Worklist

UNSAID: Final = "Напишите, с чем вы не согласны."


class Disputes:
    """Every answer of an agent, and every decision."""

    def __init__(
        self, db: Database, clock: Clock, companies: Companies, calendar: ProductionCalendar, worklist: Worklist
    ) -> None:
        self._db = db
        self._clock = clock
        self._companies = companies
        self._calendar = calendar
        self._worklist = worklist

    async def accept(self, review_id: str, agent_id: str) -> None:
        """The agent agrees. Raises NotFound, OutOfScope for another's talk, Conflict when answered or too late."""
        async with self._db.write() as session:
            found = await self._unanswered(session, review_id, agent_id)
            found.review.answer, found.review.answered_at = AgentAnswer.ACCEPTED, self._clock.now()

    async def dispute(self, review_id: str, agent_id: str, text: str) -> None:
        """The agent does not agree, in their words. Raises as `accept`, and InvalidInput without words."""
        if not text.strip():
            raise InvalidInput(UNSAID)
        async with self._db.write() as session:
            found = await self._unanswered(session, review_id, agent_id)
            review, now = found.review, self._clock.now()
            due_at = term_from(now, self._companies.by_id(review.company_id).zone, self._calendar)
            item = await self._worklist.opened(
                session,
                Matter(
                    ItemKind.DISPUTE,
                    review.company_id,
                    f"dispute:{review.id}",
                    call_id=review.call_id,
                    subject_id=review.id,
                    made_at=now,
                    due_at=due_at,
                ),
            )
            review.answer, review.answered_at = AgentAnswer.DISPUTED, now
            dispute = ReviewDispute(
                id=new_id(),
                review_id=review.id,
                opened_at=now,
                due_at=due_at,
                text=text,
                item_id=item.id,
                first_total=review.total or 0,
                decided_by="",
                decided_at=None,
                note="",
            )
            session.add(dispute)
        self._worklist.tell(Changed(review.company_id, item.id, ItemKind.DISPUTE, opened=True))

    async def decide(
        self, review_id: str, grades: Mapping[str, Grade], note: str, by: Reviewer, *, visible_to: Scope
    ) -> ReviewDetails:
        """End a dispute with these grades (by point), the same as before where the review stands.

        Raises NotFound, OutOfScope; InvalidInput without a word of why, or for grades that make no finished card;
        Conflict when there is nothing to decide, or for the first reviewer and the agent.
        """
        if not note.strip():
            raise InvalidInput("Напишите, почему вы решили так: оператор это прочтёт.")
        async with self._db.write() as session:
            await session.get(Review, review_id, with_for_update=True)
            found = await seen.find(session, review_id, visible_to=visible_to)
            dispute = may_decide(found, by)
            _regrade(session, found, grades)
            result = found.score
            if not result.finished:
                raise InvalidInput("Отметьте каждый пункт: без этого итог не посчитать.")
            found.review.total, found.review.failed_point = result.total, result.failed
            dispute.decided_by, dispute.decided_at, dispute.note = by.signature, self._clock.now(), note
            item = await self._worklist.end(dispute.item_id, by.signature, Ending.DECIDED, session=session)
        self._worklist.tell(Changed(item.company_id, item.id, item.kind))
        return found

    async def _unanswered(self, session: AsyncSession, review_id: str, agent_id: str) -> ReviewDetails:
        await session.get(Review, review_id, with_for_update=True)
        found = await seen.find_own(session, review_id, agent_id)
        if found.review.answer is not None:
            raise Conflict("На эту оценку вы уже ответили.")
        if found.review.answer_by is None or self._clock.now() >= found.review.answer_by:
            raise Conflict("Срок ответа прошёл: три рабочих дня после оценки.")
        return found


def may_decide(found: ReviewDetails, by: Reviewer) -> ReviewDispute:
    """The dispute, for somebody who may decide it. Raises Conflict."""
    dispute = found.dispute
    if dispute is None or dispute.decided_at is not None:
        raise Conflict("Спора об этой оценке нет, или он уже решён.")
    if by.signature == found.review.reviewer:
        raise Conflict("Спор решает второй человек, а не тот, кто оценивал.")
    if by.user_id == found.review.agent_id:
        raise Conflict("Это ваш собственный разговор: спор решит другой.")
    return dispute


def _regrade(session: AsyncSession, found: ReviewDetails, grades: Mapping[str, Grade]) -> None:
    """Keep the grades that differ beside the first ones; a point that a failing one left out gets its first now."""
    for code, grade in grades.items():
        point, row = found.card.point(code), found.grades.get(code)
        if point is None or grade not in point.grades:
            raise InvalidInput("Такой отметки у этого пункта нет. Откройте оценку заново.")
        if row is not None:
            row.decided = grade if grade is not row.grade else None
        else:
            row = ReviewGrade(review_id=found.review.id, point=code, grade=grade, note="", decided=grade)
            found.grades[code] = row
            session.add(row)
