"""Which calls are the trust line's: said here and nowhere else, for every query about what a call left behind."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, not_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from appeals.models import DraftAppeal, TrustCall
from gridline.db import insert_missing
from gridline.scope import Scope


def of_trust(call: Any) -> ColumnElement[bool]:
    """Whether the call of this id (a column or a value) is the trust line's."""
    return exists().where(TrustCall.call_id == call)


def visible(scope: Scope, company_id: Any, branch: Any, call: Any) -> ColumnElement[bool]:
    """Whether a call of this id, company and branch (columns) is within the scope: the rule itself."""
    told = of_trust(call)
    return and_(scope.where(company_id, branch), told if scope.trust else not_(told))


async def shut(session: AsyncSession, calls: Collection[str], at: datetime) -> None:
    """From this transaction on these calls are the security service's alone."""
    rows = [{"call_id": id, "at": at, "cleared_at": None} for id in sorted(set(calls))]
    await insert_missing(session, TrustCall, rows)
    await session.execute(update(DraftAppeal).where(DraftAppeal.call_id.in_(calls)).values(phone=None))


async def among(session: AsyncSession, calls: Collection[str]) -> set[str]:
    """Those of these calls that are the trust line's."""
    return set(await session.scalars(select(TrustCall.call_id).where(TrustCall.call_id.in_(calls))))


async def to_clear(session: AsyncSession) -> list[TrustCall]:
    """Calls whose number may still be written somewhere, the earliest first."""
    query = select(TrustCall).where(TrustCall.cleared_at.is_(None)).order_by(TrustCall.at)
    return list(await session.scalars(query))


async def cleared(session: AsyncSession, call: str, at: datetime) -> None:
    """The number of this call is written nowhere any more."""
    await session.execute(update(TrustCall).where(TrustCall.call_id == call).values(cleared_at=at))
