"""The answer that an applicant learns by the number of their appeal: read out to who knows their telephone too.

Numbers follow one another, so a number alone proves nothing (attack A29): the last digits of the telephone that was
left with the appeal are asked for as well, and guesses of them are counted.
"""

from __future__ import annotations

import hmac
from datetime import datetime
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from appeals.models import Answer, Appeal, Content
from appeals.personal_data import guesses
from gridline.db import Database

BY_NUMBER: Final = "by-number"
"""The way of answering, as `appeals/data/taxonomy.yaml` calls it."""
PHONE_DIGITS: Final = 4


async def may_be(session: AsyncSession, company_id: str, number: str) -> bool:
    """Whether this appeal has an answer that is read out."""
    given = exists().where(Answer.appeal_id == Appeal.id, Answer.way == BY_NUMBER, Answer.text.is_not(None))
    phone = exists().where(Content.appeal_id == Appeal.id, Content.phone.is_not(None))
    query = select(Appeal.id).where(Appeal.company_id == company_id, Appeal.number == number, given, phone)
    return await session.scalar(query) is not None


async def text(
    db: Database, company_id: str, number: str, last_digits: str, at: datetime, *, within_s: float
) -> str | None:
    """The answer, as its letter puts it, for who keys the last digits of the applicant's telephone.

    None: they are others, or it is locked after too many guesses. Raises Unavailable.
    """
    async with db.write(within_s=within_s) as session:
        kept = await _kept(session, company_id, number)
        if kept is None:
            return None
        answer, phone = kept
        if not guesses.count(answer, at):
            return None
        if not hmac.compare_digest(phone[-PHONE_DIGITS:].encode(), last_digits.encode()):
            return None
        guesses.forgive(answer)
        return answer.text


async def _kept(session: AsyncSession, company_id: str, number: str) -> tuple[Answer, str] | None:
    """The last answer given this way, locked, and the telephone, where neither was erased."""
    query = (
        select(Answer, Content.phone)
        .join(Appeal, Appeal.id == Answer.appeal_id)
        .join(Content, Content.appeal_id == Appeal.id)
        .where(Appeal.company_id == company_id, Appeal.number == number, Answer.way == BY_NUMBER)
        .where(Answer.text.is_not(None), Content.phone.is_not(None))
        .order_by(Answer.sent_at.desc())
        .limit(1)
        .with_for_update(of=Answer)
    )
    row = (await session.execute(query)).first()
    return (row[0], row[1]) if row is not None and row[1] else None
