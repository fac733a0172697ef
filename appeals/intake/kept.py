"""What the register has already of what a node took by telephone: asked before anything is brought in or promised."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from appeals.models import Appeal, Contact, DraftAppeal

_AFTER_DIGITS = ":"
"""Sorts behind every digit."""


async def last_receipt(session: AsyncSession, company_ids: Iterable[str], series: int) -> str | None:
    """The highest receipt of a node's series (1-99) in the register; None when there is none."""
    prefix = f"{series:02d}"
    highest = []
    for company_id in company_ids:  # one by one: the index begins with the company
        receipts = (Appeal.company_id == company_id, Appeal.receipt.between(prefix, prefix + _AFTER_DIGITS))
        highest.append(await session.scalar(select(func.max(Appeal.receipt)).where(*receipts)))
    return max(filter(None, highest), default=None)


async def has_words(session: AsyncSession, recording_id: str, company_id: str, call_id: str) -> bool:
    """Whether an appeal, a draft or a further contact rests on this recording."""
    of_call = (DraftAppeal.company_id == company_id, DraftAppeal.call_id == call_id)
    for query in (
        select(Appeal.id).where(Appeal.recording_id == recording_id),
        select(DraftAppeal.id).where(*of_call, DraftAppeal.recording_id == recording_id),
        select(Contact.id).where(Contact.recording_id == recording_id),
    ):
        if await session.scalar(query.limit(1)) is not None:
            return True
    return False
