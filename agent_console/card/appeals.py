"""The appeals a card shows: open ones of the caller and of his premises, and those registered in this very call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from agent_console.card.view import AppealLine
from agent_console.permissions import Actor
from appeals import numbering, states
from appeals.models import Appeal, Content
from appeals.taxonomy import shipped

SOON = timedelta(days=3)
SHOWN = 10
TEXT = 160


async def open_ones(
    session: AsyncSession, actor: Actor, company_id: str, phone: str | None, premises: Sequence[str], today: date
) -> tuple[AppealLine, ...]:
    """Open appeals from this number (E.164) and about these premises, the most urgent first.

    One query a clue: each has its index, an OR of both has none.
    """
    clues: list[tuple[str, InstrumentedAttribute[Any], str]] = []
    if phone:
        clues.append(("phone", Content.phone, phone))
    clues += [("premise", Appeal.premise_id, one) for one in premises]
    found: dict[str, AppealLine] = {}
    for same, column, value in clues:
        query = _lines(company_id).where(column == value, Appeal.state.in_(states.OPEN))
        for one in await _of(session, actor, query, same, today):
            found.setdefault(one.appeal_id, one)
    return tuple(sorted(found.values(), key=lambda one: (one.deadline, one.number)))[:SHOWN]


async def of_calls(
    session: AsyncSession, actor: Actor, company_id: str, calls: Sequence[str], today: date
) -> dict[str, list[AppealLine]]:
    """The appeals registered in each of these calls."""
    query = _lines(company_id).where(Appeal.call_id.in_(calls))
    found: dict[str, list[AppealLine]] = {}
    for appeal, content in (await session.execute(query.limit(SHOWN * 5))).all():
        if _is_his(actor, appeal) and appeal.call_id is not None:
            found.setdefault(appeal.call_id, []).append(_line(appeal, content, "call", today))
    return found


def _lines(company_id: str) -> Select[Appeal, Content]:
    return (
        select(Appeal, Content)
        .join(Content, Content.appeal_id == Appeal.id)
        .where(Appeal.company_id == company_id)
        .order_by(Appeal.number.desc())
    )


async def _of(
    session: AsyncSession, actor: Actor, query: Select[Appeal, Content], same: str, today: date
) -> list[AppealLine]:
    rows = (await session.execute(query.limit(SHOWN))).all()
    return [_line(appeal, content, same, today) for appeal, content in rows if _is_his(actor, appeal)]


def _is_his(actor: Actor, appeal: Appeal) -> bool:
    return actor.sees_kind(appeal.kind) and actor.sees(appeal.company_id, appeal.branch)


def _line(appeal: Appeal, content: Content, same: str, today: date) -> AppealLine:
    codes = shipped()
    open_still = appeal.state in states.OPEN
    late = open_still and appeal.deadline < today
    soon = open_still and appeal.deadline <= today + SOON
    return AppealLine(
        appeal_id=appeal.id,
        number=numbering.written(appeal.number),
        topic=appeal.topic,
        topic_title=codes.topics[appeal.topic].title,
        kind_title=codes.kinds[appeal.kind].title,
        state_title=states.TITLES[appeal.state],
        received_at=appeal.received_at,
        deadline=appeal.deadline,
        urgency="late" if late else "soon" if soon else "",
        name=content.name or "",
        text=(content.text or "")[:TEXT],
        same=same,
        premise_id=appeal.premise_id,
    )
