"""Appeals: the queries a screen asks, and which appeals somebody may see."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, select
from sqlalchemy.ext.asyncio import AsyncSession

from appeals import numbering, states
from appeals.models import Appeal, Contact, Content, Refusal
from gridline.companies import Companies
from gridline.db import unindexed
from gridline.errors import Conflict, NotFound
from gridline.scope import OutOfScope, Scope

TRUST: Final = "trust"
"""The kind of the trust line (fraud, extortion, abuse): only the security service sees it."""
MOST: Final = 1000
"""Appeals of one number or premise that are looked through for open ones."""
_ID: Final = re.compile(r"[0-9a-f]{32}")
_NOT_THERE: Final = "Такого обращения нет."
_WITH_CONTENT = select(Appeal, Content).join(Content, Content.appeal_id == Appeal.id)

Told = tuple[Appeal, Content]


def visible(scope: Scope) -> ColumnElement[bool]:
    """Whether an appeal is within the scope: the rule itself."""
    return and_(scope.where(Appeal.company_id, Appeal.branch), on_side(scope, Appeal.kind))


def on_side(scope: Scope, kind: Any) -> ColumnElement[bool]:
    """The kind's part of the rule: on which side of the trust line the asker stands."""
    return kind == TRUST if scope.trust else kind != TRUST  # type: ignore[no-any-return]


async def find(session: AsyncSession, wanted: str, companies: Companies, *, visible_to: Scope, company: str) -> Appeal:
    """The appeal with this number or id; `company` (or "") is named by those who see several.

    Raises NotFound, OutOfScope when it is not the asker's to see, InvalidInput for a mistyped number, and Conflict
    where several companies have the number.
    """
    scope = visible_to
    if scope.company_id is None and company:
        scope = replace(scope, company_id=companies.by_id(company).id)
    query = select(Appeal, case((visible(scope), 1), else_=0))
    if _ID.fullmatch(wanted):
        query = query.where(Appeal.id == wanted)
    else:  # by the index that begins with the company
        of_each = Appeal.company_id.in_([one.id for one in companies])
        query = query.where(of_each, Appeal.number == numbering.read(wanted).digits)
    found = (await session.execute(query)).all()
    if not found:
        raise NotFound(_NOT_THERE)
    seen: list[Appeal] = [appeal for appeal, is_seen in found if is_seen]
    if not seen:
        raise OutOfScope(_NOT_THERE)
    if len(seen) > 1:
        whose = ", ".join(companies.by_id(one.company_id).name for one in seen)
        raise Conflict(f"Такой номер есть у нескольких компаний ({whose}): откройте обращение из списка.")
    return seen[0]


async def open_about(
    session: AsyncSession, company_id: str, phone: str | None, premises: Sequence[str], *, visible_to: Scope
) -> list[tuple[Appeal, Content, str]]:
    """Open appeals from this number (E.164) or about these premises, each with which of the two: phone, premise."""
    same: dict[str, str] = {}
    for premise in premises:
        found = select(Appeal.id).where(Appeal.premise_id == premise).limit(MOST)
        same |= dict.fromkeys(await session.scalars(found), "premise")
    if phone:
        found = select(Content.appeal_id).where(Content.phone == phone).limit(MOST)
        same |= dict.fromkeys(await session.scalars(found), "phone")
    # The company is hidden from the planners: SQLite would walk its whole index, a second at a million appeals.
    whose = unindexed(and_(Appeal.company_id == company_id, visible(visible_to)))
    query = _WITH_CONTENT.where(Appeal.id.in_(same), Appeal.state.in_(states.OPEN), whose)
    return [(appeal, content, same[appeal.id]) for appeal, content in await session.execute(query)]


async def of_calls(
    session: AsyncSession, company_id: str, calls: Sequence[str], *, visible_to: Scope
) -> dict[str, list[Told]]:
    """By call id, the appeals registered in each of these calls, the newest first."""
    whose = unindexed(and_(Appeal.company_id == company_id, visible(visible_to)))
    found: dict[str, list[Told]] = {}
    for appeal, content in await session.execute(_WITH_CONTENT.where(Appeal.call_id.in_(calls), whose)):
        found.setdefault(appeal.call_id or "", []).append((appeal, content))
    return {call: sorted(told, key=lambda one: one[0].number, reverse=True) for call, told in found.items()}


async def numbers_of_calls(
    session: AsyncSession, company_id: str, calls: Sequence[str], *, visible_to: Scope
) -> dict[str, list[tuple[str, str]]]:
    """By call id, ids and numbers of the appeals registered in each of these calls."""
    whose = unindexed(and_(Appeal.company_id == company_id, visible(visible_to)))
    query = select(Appeal.call_id, Appeal.id, Appeal.number).where(Appeal.call_id.in_(calls), whose)
    found: dict[str, list[tuple[str, str]]] = {id: [] for id in calls}
    for call_id, id, number in await session.execute(query.order_by(Appeal.number)):
        found[call_id or ""].append((id, number))
    return found


async def among(session: AsyncSession, ids: Collection[str], *, visible_to: Scope) -> set[str]:
    """Those of these appeals (ids) that the asker may see."""
    return set(await session.scalars(select(Appeal.id).where(Appeal.id.in_(ids), unindexed(visible(visible_to)))))


async def numbers(session: AsyncSession, ids: Collection[str], *, visible_to: Scope) -> dict[str, str]:
    """By id, the numbers of those of these appeals that the asker may see."""
    query = select(Appeal.id, Appeal.number).where(Appeal.id.in_(ids), unindexed(visible(visible_to)))
    return {id: number for id, number in await session.execute(query)}  # noqa: C416 (a Row is not a pair to mypy)


async def contents(session: AsyncSession, ids: Collection[str]) -> dict[str, Content]:
    """By appeal id, the words and the person of appeals that the asker sees."""
    rows = await session.scalars(select(Content).where(Content.appeal_id.in_(ids)))
    return {one.appeal_id: one for one in rows}


async def to_approve(
    session: AsyncSession, company_id: str, *, visible_to: Scope, most: int
) -> list[tuple[str, Refusal]]:
    """Refusals that wait for a second person, each with its appeal's number, those first that wait longest."""
    query = (
        select(Appeal.number, Refusal)
        .join(Refusal, Appeal.id == Refusal.appeal_id)
        .where(Appeal.company_id == company_id, Appeal.state.in_(states.OPEN), Refusal.approved_by.is_(None))
        .where(visible(visible_to))
        .order_by(Refusal.proposed_at)
        .limit(most)
    )
    return [(number, refusal) for number, refusal in await session.execute(query)]


async def has_contact(session: AsyncSession, appeal_id: str, call_id: str, text: str) -> bool:
    """Whether these words of this call were added to the appeal already."""
    query = select(Contact.id).where(Contact.appeal_id == appeal_id, Contact.call_id == call_id, Contact.text == text)
    return (await session.execute(query)).first() is not None
