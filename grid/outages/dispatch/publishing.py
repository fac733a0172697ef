"""A new outage is published: under a number of the dispatchers' own, with the open reports within it joined."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import exists, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from grid.outages import joining
from grid.outages.dispatch.events import DispatchResult, named_parts, note
from grid.outages.models import (
    Outage,
    OutageChange,
    OutageProposal,
    OutageSource,
    OutageStatus,
    ProposalShare,
    ProposalState,
    Service,
)
from grid.outages.scopes import ScopePart, in_words
from gridline.db import new_id
from gridline.errors import Conflict, InvalidInput, NotFound

SERIES: Final = "Д-"
"""Before the numbers of the outages that dispatchers publish."""


@dataclass(frozen=True, slots=True)
class NewOutage:
    """What is published."""

    company_id: str
    service: Service
    scope: tuple[ScopePart, ...]
    starts_at: datetime
    expected_end: datetime | None = None
    """None: nobody knows, and callers are told so."""
    cause: str = ""
    branch: str = ""
    planned: bool = False
    proposal_id: str | None = None
    """The proposal it is made of."""


class Overlapping(Conflict):
    """Outages of the same service go on within the same scope: join one of them, or publish knowing of them."""

    code = "overlapping"

    def __init__(self, outages: Sequence[Outage]) -> None:
        super().__init__(
            f"Здесь уже отключено: {', '.join(one.code for one in outages)}. Присоедините или подтвердите."
        )
        self.outages = outages


async def publish(
    session: AsyncSession, new: NewOutage, actor: str, now: datetime, *, beside: Collection[str] = ()
) -> DispatchResult:
    """Publish an outage; open reports within it are joined to it.

    `beside`: outages (ids) that the dispatcher knows to overlap. Raises Overlapping for any other that does,
    InvalidInput for an empty scope or an end that is not after the start, Conflict for a proposal already decided.
    """
    _check(new, now)
    scope = named_parts(new.scope)
    met = [
        one
        for one in await joining.overlapping(session, new.company_id, new.service, scope, now, new.branch)
        if one.id not in beside
    ]
    if met:
        raise Overlapping(met)
    outage = await numbered(session, new, now)
    session.add_all(part.row(outage.id) for part in scope)
    await session.flush()
    if new.proposal_id is not None:
        await accept(session, new.proposal_id, outage, actor, now)
    joined = await joining.join_covered(session, outage, scope, now)
    note(session, outage, OutageChange.PUBLISHED, actor, now, scope=in_words(scope), reports=len(joined))
    return DispatchResult(outage, joined)


async def numbered(session: AsyncSession, new: NewOutage, now: datetime, *, parent_id: str | None = None) -> Outage:
    """The outage under the next number of the dispatchers' own series: «Д-17»."""
    counted = select(func.count()).where(Outage.company_id == new.company_id, Outage.code.startswith(SERIES))
    number = (await session.scalar(counted) or 0) + 1
    status = OutageStatus.ANNOUNCED if new.planned and new.starts_at > now else OutageStatus.ACTIVE
    while True:
        outage = Outage(
            id=new_id(),
            company_id=new.company_id,
            code=f"{SERIES}{number}",
            service=new.service,
            planned=new.planned,
            status=status,
            cause=new.cause.strip()[:300],
            starts_at=new.starts_at,
            expected_end=new.expected_end,
            actual_end=None,
            source=OutageSource.DISPATCHER,
            branch=new.branch,
            parent_id=parent_id,
            confirmed_at=None,
            version=1,
        )
        try:
            async with session.begin_nested():
                session.add(outage)
        except IntegrityError:  # another dispatcher took the number at the same moment
            number += 1
        else:
            return outage


async def accept(session: AsyncSession, proposal_id: str, outage: Outage, actor: str, now: datetime) -> None:
    """The proposal became this outage.

    Raises NotFound, Conflict where somebody has decided already, InvalidInput for an outage of one branch where the
    node feeds several: it would leave the others' reports lying.
    """
    proposal = await session.get(OutageProposal, proposal_id, with_for_update=True)
    if proposal is None:
        raise NotFound("Такого предложения нет.")
    if proposal.state in (ProposalState.ACCEPTED, ProposalState.DISMISSED):
        raise Conflict("По этому предложению уже решил другой диспетчер. Посмотрите, что стало.")
    if outage.branch and await session.scalar(select(exists().where(ProposalShare.proposal_id == proposal_id))):
        raise InvalidInput("Этот узел питает несколько филиалов: опубликуйте отключение для всей компании.")
    proposal.state, proposal.decided_at, proposal.decided_by = ProposalState.ACCEPTED, now, actor
    proposal.outage_id = outage.id


def _check(new: NewOutage, now: datetime) -> None:
    if new.expected_end is not None and new.expected_end <= new.starts_at:
        raise InvalidInput("Окончание не позже начала: исправьте время.")
    if new.planned and new.expected_end is None:
        raise InvalidInput("У планового отключения нужно ожидаемое время включения.")
    if not new.planned and new.starts_at > now:
        raise InvalidInput("Начало ещё не наступило. Будущее отключение публикуется как плановое.")
    if not new.planned and new.expected_end is not None and new.expected_end <= now:
        raise InvalidInput("Ожидаемое время уже прошло. Укажите будущее или «неизвестно».")
