"""The appeals a card shows: open ones of the caller and of his premises, and those registered in this very call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.card.view import AppealLine
from agent_console.people.permissions import Actor
from appeals import numbering, states
from appeals.models import Appeal, Content
from appeals.taxonomy import shipped

SOON = timedelta(days=3)
SHOWN = 10
TEXT = 160
MOST = 1000
"""Appeals of one number or premise that are looked through for open ones."""

_LINES = select(Appeal, Content).join(Content, Content.appeal_id == Appeal.id)


async def open_ones(
    session: AsyncSession, actor: Actor, company_id: str, phone: str | None, premises: Sequence[str], today: date
) -> tuple[AppealLine, ...]:
    """Open appeals from this number (E.164) and about these premises, the most urgent first."""
    same: dict[str, str] = {}
    for premise in premises:
        found = select(Appeal.id).where(Appeal.premise_id == premise).limit(MOST)
        same |= dict.fromkeys(await session.scalars(found), "premise")
    if phone:
        found = select(Content.appeal_id).where(Content.phone == phone).limit(MOST)
        same |= dict.fromkeys(await session.scalars(found), "phone")
    query = _LINES.where(Appeal.id.in_(same), Appeal.state.in_(states.OPEN))
    lines = [_line(*row, same[row[0].id], today) for row in await _his(session, actor, company_id, query)]
    return tuple(sorted(lines, key=lambda one: (one.deadline, one.number)))[:SHOWN]


async def of_calls(
    session: AsyncSession, actor: Actor, company_id: str, calls: Sequence[str], today: date
) -> dict[str, list[AppealLine]]:
    """The appeals registered in each of these calls."""
    found: dict[str, list[AppealLine]] = {}
    for appeal, content in await _his(session, actor, company_id, _LINES.where(Appeal.call_id.in_(calls))):
        if appeal.call_id is not None:
            found.setdefault(appeal.call_id, []).append(_line(appeal, content, "call", today))
    return {call: sorted(lines, key=lambda one: one.number, reverse=True) for call, lines in found.items()}


async def _his(
    session: AsyncSession, actor: Actor, company_id: str, query: Select[Appeal, Content]
) -> list[tuple[Appeal, Content]]:
    """Those of the company that the actor may see.

    The company and the order are kept out of SQL: given either, SQLite walks the company's whole index, a second and
    more at a million appeals, instead of the few rows of this caller.
    """
    rows = (await session.execute(query)).all()
    return [(appeal, content) for appeal, content in rows if appeal.company_id == company_id and _is_his(actor, appeal)]


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
