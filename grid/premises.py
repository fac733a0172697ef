"""Finding the premise a caller speaks about."""

from __future__ import annotations

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from grid.models import Premise, PremisePhone, Subscriber

AT_MOST = 20
"""Premises of one number or account worth offering: no caller chooses among more."""


async def by_phone(session: AsyncSession, company_id: str, e164: str) -> list[Premise]:
    """The premises this number is known at, by address; an empty list where there is none."""
    return await _some(
        session,
        select(Premise)
        .join(PremisePhone, PremisePhone.premise_id == Premise.id)
        .where(PremisePhone.phone == e164, Premise.company_id == company_id),
    )


async def by_account(session: AsyncSession, company_id: str, digits: str) -> list[Premise]:
    """The premises of this account as it was keyed, by address; an empty list where there is no such account."""
    return await _some(
        session,
        select(Premise)
        .join(Subscriber, Subscriber.id == Premise.subscriber_id)
        .where(Subscriber.company_id == company_id, Subscriber.account == digits),
    )


async def _some(session: AsyncSession, query: Select[Premise]) -> list[Premise]:
    return list(await session.scalars(query.order_by(Premise.address, Premise.id).limit(AT_MOST)))
