"""The answer that an applicant learns by the number of their appeal: read out to who knows their telephone too.

Numbers follow one another, so a number alone proves nothing (attack A29): the last digits of the telephone that was
left with the appeal are asked for as well.
"""

from __future__ import annotations

import hmac
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from appeals.models import Answer, Appeal, Content

BY_NUMBER: Final = "by-number"
"""The way of answering, as `appeals/data/taxonomy.yaml` calls it."""
PHONE_DIGITS: Final = 4


async def may_be(session: AsyncSession, company_id: str, number: str) -> bool:
    """Whether this appeal has an answer that is read out."""
    return await _kept(session, company_id, number) is not None


async def text(session: AsyncSession, company_id: str, number: str, last_digits: str) -> str | None:
    """The answer, as its letter puts it; None where `last_digits` are not the last of the applicant's telephone."""
    kept = await _kept(session, company_id, number)
    if kept is None:
        return None
    words, phone = kept
    return words if hmac.compare_digest(phone[-PHONE_DIGITS:].encode(), last_digits.encode()) else None


async def _kept(session: AsyncSession, company_id: str, number: str) -> tuple[str, str] | None:
    """The last answer given this way and the telephone, where neither was erased."""
    query = (
        select(Answer.text, Content.phone)
        .join(Appeal, Appeal.id == Answer.appeal_id)
        .join(Content, Content.appeal_id == Appeal.id)
        .where(Appeal.company_id == company_id, Appeal.number == number, Answer.way == BY_NUMBER)
        .where(Answer.text.is_not(None), Content.phone.is_not(None))
        .order_by(Answer.sent_at.desc())
        .limit(1)
    )
    row = (await session.execute(query)).first()
    return (row[0], row[1]) if row is not None and row[0] and row[1] else None
