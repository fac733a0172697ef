"""How far an application for technological connection is, by the number its applicant keys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from grid.models import ConnectionApplication, ConnectionStage, Turn

AT_MOST = 5
"""Applications of one number worth showing."""


@dataclass(frozen=True)
class ConnectionStatus:
    """Stage `stage` of `stages`, whose turn it is, by which day, what to do next."""

    number: str
    applicant: str
    address: str
    stage: int
    stages: int
    name: str
    turn: Turn
    due: date | None
    next_step: str
    finished: bool
    """All stages are done; the fields above are the last one's."""


async def by_digits(session: AsyncSession, company_id: str, digits: str) -> list[ConnectionStatus]:
    """The applications of this company whose numbers have these digits, the latest first; at most AT_MOST of them.

    «ТП-12/34» and «ТП-1/234» have the same: then it is not known which one is meant.
    """
    found = await session.scalars(
        select(ConnectionApplication)
        .where(ConnectionApplication.company_id == company_id, ConnectionApplication.digits == digits)
        .order_by(ConnectionApplication.submitted_on.desc(), ConnectionApplication.number)
        .limit(AT_MOST)
    )
    return [await _status(session, one) for one in found.all()]


async def by_phone(session: AsyncSession, company_id: str, e164: str) -> list[ConnectionStatus]:
    """The applications that were left with this number, the latest first; at most AT_MOST of them."""
    found = await session.scalars(select(ConnectionApplication).where(ConnectionApplication.phone == e164))
    own = sorted((one for one in found if one.company_id == company_id), key=lambda one: one.submitted_on, reverse=True)
    return [await _status(session, one) for one in own[:AT_MOST]]


async def _status(session: AsyncSession, application: ConnectionApplication) -> ConnectionStatus:
    stages = list(
        await session.scalars(
            select(ConnectionStage)
            .where(ConnectionStage.application_id == application.id)
            .order_by(ConnectionStage.ordinal)
        )
    )
    current = next((stage for stage in stages if not stage.done), stages[-1])
    return ConnectionStatus(
        number=application.number,
        applicant=application.applicant,
        address=application.address,
        stage=current.ordinal,
        stages=len(stages),
        name=current.name,
        turn=current.turn,
        due=current.due,
        next_step=current.next_step,
        finished=current.done,
    )
