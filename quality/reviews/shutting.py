"""What becomes of the judging of calls that are the trust line's from now on: it ends, and says nothing of a caller.

Who may see what is left is one rule (`seen.visible`). Here reviewers and those who decide are let go of it at once: a
review in somebody's hands is gone, a dispute is nobody's to decide any more, and what people wrote is emptied.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from quality.reviews.codes import ReviewState
from quality.reviews.models import Review, ReviewDispute, ReviewGrade
from worklist.codes import Ending, ItemKind
from worklist.steps import in_bulk
from worklist.steps.matters import Changed

BY: Final = "system"
"""Who ends them, as an actor's signature."""


async def forget_callers(session: AsyncSession, calls: Collection[str], at: datetime) -> list[Changed]:
    """End what is open of these calls (ids); the caller tells pages (`Worklist.tell`) after their commit."""
    of_calls = Review.call_id.in_(calls)
    in_hands = select(Review.id).where(of_calls, Review.state == ReviewState.JUDGING)
    await session.execute(delete(ReviewGrade).where(ReviewGrade.review_id.in_(in_hands)))
    await session.execute(delete(Review).where(of_calls, Review.state == ReviewState.JUDGING))
    left = list(await session.scalars(select(Review.id).where(of_calls)))
    await session.execute(update(Review).where(Review.id.in_(left)).values(comment=""))
    await session.execute(update(ReviewGrade).where(ReviewGrade.review_id.in_(left)).values(note=""))
    disputes = ReviewDispute.review_id.in_(left)
    await session.execute(update(ReviewDispute).where(disputes).values(text="", note=""))
    undecided = (disputes, ReviewDispute.decided_at.is_(None))
    await session.execute(update(ReviewDispute).where(*undecided).values(decided_by=BY, decided_at=at))
    return await in_bulk.end_all(session, ItemKind.DISPUTE, left, BY, Ending.SHUT, at)
