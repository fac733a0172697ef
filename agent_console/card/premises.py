"""Premises as a card shows them: whose they are and what is off there; and how an agent looks for another one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.card.view import Place
from agent_console.people.permissions import Actor
from grid import outages, places, premises
from grid.models import Premise, Subscriber
from gridline.numbers import accounts
from gridline.phones import e164

HORIZON = timedelta(days=14)
"""How far ahead planned outages are told."""
WITH_OUTAGES = 5
"""Premises of one caller whose outages are looked up at once; of the others when one of them is chosen."""
FOUND = 8


async def places_of(session: AsyncSession, actor: Actor, found: Sequence[Premise], at: datetime) -> tuple[Place, ...]:
    """Premises that are the actor's to see, with their subscribers; outages for the first WITH_OUTAGES."""
    seen = [one for one in found if actor.sees(one.company_id, one.branch)]
    if not seen:
        return ()
    query = select(Subscriber).where(Subscriber.id.in_({one.subscriber_id for one in seen}))
    owners = {one.id: one for one in await session.scalars(query)}
    shown = []
    for number, one in enumerate(seen):
        owner, look = owners[one.subscriber_id], number < WITH_OUTAGES
        shown.append(
            Place(
                premise_id=one.id,
                address=one.address,
                name=owner.name,
                account=owner.account,
                kind=owner.kind.value,
                branch=one.branch,
                current=tuple(await outages.current_for(session, one, at)) if look else (),
                planned=tuple(await outages.planned_for(session, one, at, HORIZON)) if look else (),
            )
        )
    return tuple(shown)


async def by_id(session: AsyncSession, actor: Actor, company_id: str, id: str, at: datetime) -> Place | None:
    """One premise of this company; None when there is none that the actor may see."""
    premise = await session.get(Premise, id)
    if premise is None or premise.company_id != company_id:
        return None
    found = await places_of(session, actor, [premise], at)
    return found[0] if found else None


async def look_for(session: AsyncSession, actor: Actor, company_id: str, query: str, at: datetime) -> tuple[Place, ...]:
    """Premises by account number, by phone, or by «населённый пункт, улица, дом»; the first FOUND of them."""
    number, account = e164(query), accounts.tidy(query)
    if number is not None or account.isdigit():
        found = await premises.by_phone(session, company_id, number) if number else []
        found = found or await premises.by_account(session, company_id, account)
    else:
        found = await _by_address(session, company_id, [part.strip() for part in query.split(",")])
    return await places_of(session, actor, found[:FOUND], at)


async def _by_address(session: AsyncSession, company_id: str, parts: list[str]) -> list[Premise]:
    settlement = places.key(parts[0])
    if not settlement:
        return []
    wanted = select(Premise).where(Premise.company_id == company_id, Premise.settlement_key == settlement)
    if len(parts) > 1:
        wanted = wanted.where(Premise.street_key == places.key(parts[1]))
    if len(parts) > 2:
        wanted = wanted.where(Premise.house == parts[2].lower().removeprefix("д.").strip())
    return list(await session.scalars(wanted.order_by(Premise.address, Premise.id).limit(FOUND)))
