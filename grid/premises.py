"""Premises: finding those a caller speaks about, and which of them somebody may see."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from grid import places
from grid.models import Premise, PremisePhone, Subscriber
from gridline.db import Reads, unindexed
from gridline.errors import NotFound
from gridline.numbers import accounts
from gridline.numbers.phones import e164
from gridline.scope import OutOfScope, Scope

AT_MOST = 20
"""Premises of one number or account worth offering: no caller chooses among more."""
MOST_OF_STREET = 2000
"""Premises looked at for one house number: a street has fewer that begin with it."""
EVERYBODY = Scope()
"""The caller's own menu: whose premise it is, the caller says, and hears no more than that."""


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


async def by_phone(session: Reads, company_id: str, e164: str, *, visible_to: Scope = EVERYBODY) -> list[Premise]:
    """The premises this number is known at, by address; an empty list where there is none."""
    query = _BY_PHONE if visible_to == EVERYBODY else _BY_PHONE.where(_visible(visible_to))
    return list(await session.scalars(query, {"company_id": company_id, "phone": e164}))


async def by_account(
    session: AsyncSession, company_id: str, digits: str, *, visible_to: Scope = EVERYBODY
) -> list[Premise]:
    """The premises of an account, by address; an empty list where there is no such account.

    An account keyed without its leading zeros, or with too many, is found where only one can be meant.
    """
    query = _BY_ACCOUNT if visible_to == EVERYBODY else _BY_ACCOUNT.where(_visible(visible_to))
    found = list(await session.scalars(query, {"company_id": company_id, "account": digits}))
    if found:
        return found
    meant = list(await session.scalars(_SPELLED, {"company_id": company_id, "accounts": accounts.spellings(digits)}))
    if len(meant) != 1:
        return []
    return list(await session.scalars(query, {"company_id": company_id, "account": meant[0]}))


async def by_address(
    session: AsyncSession, company_id: str, parts: Sequence[str], most: int, *, visible_to: Scope
) -> list[Premise]:
    """Premises at «населённый пункт, улица, дом» (one to three parts), by address."""
    settlement = places.key(parts[0])
    if not settlement:
        return []
    wanted = select(Premise).where(
        Premise.company_id == company_id, Premise.settlement_key == settlement, _visible(visible_to)
    )
    if len(parts) > 1:
        wanted = wanted.where(Premise.street_key == places.key(parts[1]))
    if len(parts) > 2:
        wanted = wanted.where(Premise.house == parts[2].lower().removeprefix("д.").strip())
    return list(await session.scalars(wanted.order_by(Premise.address, Premise.id).limit(most)))


async def houses(
    session: AsyncSession, company_id: str, settlement_key: str, street_key: str, number: str, *, branch: str = ""
) -> list[Premise]:
    """One premise of each house of a street whose number is these digits, with whatever follows: «5», «5а», «5/2»."""
    wanted = select(Premise).where(
        Premise.company_id == company_id,
        Premise.settlement_key == settlement_key,
        Premise.street_key == street_key,
        Premise.house.startswith(number, autoescape=True),
    )
    if branch:
        wanted = wanted.where(Premise.branch.in_(("", branch)))
    found = await session.scalars(wanted.order_by(Premise.house, Premise.building, Premise.id).limit(MOST_OF_STREET))
    own = re.compile(rf"{re.escape(number)}(?!\d)")
    return list({(one.house, one.building): one for one in found if own.match(one.house)}.values())


@dataclass(frozen=True, slots=True)
class Fed:
    """What feeds a house, as codes of the net; empty where it is not known, or not all of the house has the same."""

    line: str = ""
    transformer: str = ""
    substation: str = ""


async def fed_at(
    session: AsyncSession,
    company_id: str,
    settlement_key: str,
    street_key: str,
    house: str,
    building: str,
    *,
    branch: str,
) -> Fed:
    """What all premises of a house have in common; of every building of it where none is named."""
    nodes = (Premise.line, Premise.transformer, Premise.substation)
    query = select(*nodes).where(
        Premise.company_id == company_id,
        Premise.settlement_key == settlement_key,
        Premise.street_key == street_key,
        Premise.house == house.lower().removeprefix("д.").strip(),
        *([Premise.building == building] if building else []),
        *([Premise.branch.in_(("", branch))] if branch else []),
    )
    found = list(await session.execute(query.distinct()))
    return Fed(*(codes.pop() if len(codes := {row[at] for row in found}) == 1 else "" for at in range(len(nodes))))


async def look_for(
    session: AsyncSession, company_id: str, query: str, most: int, *, visible_to: Scope
) -> list[Premise]:
    """Premises by account number, by phone, or by «населённый пункт, улица, дом»; up to `most` of them."""
    number, account = e164(query), accounts.tidy(query)
    found: list[Premise] = []
    if number is not None:
        found = await by_phone(session, company_id, number, visible_to=visible_to)
    if not found and (number is not None or account.isdigit()):
        found = await by_account(session, company_id, account, visible_to=visible_to)
    if number is None and not account.isdigit():
        parts = [part.strip() for part in query.split(",")]
        found = await by_address(session, company_id, parts, most, visible_to=visible_to)
    return found[:most]


async def find(session: AsyncSession, id: str, *, company_id: str, visible_to: Scope) -> Premise:
    """The premise of this company with this id. Raises NotFound, and OutOfScope when it is not the asker's to see."""
    premise = await session.get(Premise, id)
    if premise is None or premise.company_id != company_id:
        raise NotFound("Такого объекта нет.")
    if not visible_to.holds(premise.company_id, premise.branch):
        raise OutOfScope("Такого объекта нет.")
    return premise


async def hidden_among(session: AsyncSession, ids: Collection[str], *, visible_to: Scope) -> set[str]:
    """Those of these premises (ids) that are there and that the asker may not see."""
    if not ids:
        return set()
    return set(await session.scalars(select(Premise.id).where(Premise.id.in_(ids), ~_visible(visible_to))))


async def subscribers(session: AsyncSession, ids: Collection[str]) -> dict[str, Subscriber]:
    """By id, the subscribers of premises that the asker sees."""
    if not ids:
        return {}
    return {one.id: one for one in await session.scalars(select(Subscriber).where(Subscriber.id.in_(ids)))}


def _visible(scope: Scope) -> ColumnElement[bool]:
    return unindexed(scope.where(Premise.company_id, Premise.branch))
