"""Finding the premise a caller speaks about."""

from __future__ import annotations

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from grid.models import Premise, PremisePhone, Subscriber
from gridline.db import Reads
from gridline.numbers import accounts

AT_MOST = 20
"""Premises of one number or account worth offering: no caller chooses among more."""


_BY_ADDRESS = select(Premise).order_by(Premise.address, Premise.id).limit(AT_MOST)
# Built once: every call of a known caller asks them, and building a query costs as much as asking it.
_BY_PHONE = _BY_ADDRESS.join(PremisePhone, PremisePhone.premise_id == Premise.id).where(
    PremisePhone.phone == bindparam("phone"), Premise.company_id == bindparam("company_id")
)
_BY_ACCOUNT = _BY_ADDRESS.join(Subscriber, Subscriber.id == Premise.subscriber_id).where(
    Subscriber.account == bindparam("account"), Subscriber.company_id == bindparam("company_id")
)
_SPELLED = select(Subscriber.account).where(
    Subscriber.company_id == bindparam("company_id"), Subscriber.account.in_(bindparam("accounts", expanding=True))
)


async def by_phone(session: Reads, company_id: str, e164: str) -> list[Premise]:
    """The premises this number is known at, by address; an empty list where there is none."""
    return list(await session.scalars(_BY_PHONE, {"company_id": company_id, "phone": e164}))


async def by_account(session: AsyncSession, company_id: str, digits: str) -> list[Premise]:
    """The premises of an account, by address; an empty list where there is no such account.

    An account keyed without its leading zeros, or with too many, is found where only one can be meant.
    """
    found = list(await session.scalars(_BY_ACCOUNT, {"company_id": company_id, "account": digits}))
    if found:
        return found
    meant = list(await session.scalars(_SPELLED, {"company_id": company_id, "accounts": accounts.spellings(digits)}))
    if len(meant) != 1:
        return []
    return list(await session.scalars(_BY_ACCOUNT, {"company_id": company_id, "account": meant[0]}))
