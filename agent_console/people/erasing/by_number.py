"""What is a person's by their number or address, beside calls and appeals: consents, messages, reports, matters.

Each row is found by the number itself and by the calls and appeals of the request, and stays while the call, the appeal
or the item it belongs to stays. A row of a call or of an appeal that the asker may not see is not theirs to erase.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.card import cards
from agent_console.people.erasing import theirs
from agent_console.people.erasing.models import ErasureRequest
from agent_console.people.erasing.tables import RowKind, queries
from agent_console.people.erasing.theirs import TheirCall
from appeals.codes import AppealKind
from appeals.finding import recorded
from appeals.intake import drafts
from appeals.personal_data import trust
from grid.offices import visits
from grid.outages import reports
from gridline.db import unindexed
from gridline.scope import Scope
from ivr.outbound import calls_out
from outreach import campaigns, erasure
from worklist.steps import in_bulk

OPEN_ITEM: Final = "дело ещё не закончено"
OPEN_APPEAL: Final = "обращение ещё рассматривается"
HELD_APPEAL: Final = "запрет на уничтожение обращения"
KEPT_APPEAL: Final = "обращение остаётся"


@dataclass(frozen=True, slots=True)
class TheirRow:
    """One row that has their number, or was made in a call of theirs."""

    kind: RowKind
    id: str
    kept: str
    """Why it stays; empty: it goes."""


async def rows_of(
    session: AsyncSession,
    request: ErasureRequest,
    calls: Sequence[TheirCall],
    appeals: Mapping[str, bool],
    *,
    visible_to: Scope,
    among: Collection[TheirRow] | None = None,
) -> list[TheirRow]:
    """All such rows that the asker sees, by kind; `appeals` are theirs by id, each with whether it stays.

    `among`: only those of these that are so still, found by their ids.
    """
    found = []
    for kind, (rows, which) in queries(request, [one.call.id for one in calls], appeals, visible_to).items():
        id, known = rows.selected_columns[0], [row.id for row in among or () if row.kind is kind]
        query = rows.where(which) if among is None else rows.where(id.in_(known), unindexed(which))
        found += [(kind, *row) for row in await session.execute(query.order_by(id).limit(theirs.MOST))]
    named = {call for _, _, call, _, _ in found if call}
    reasons = {one.call.id: one.kept for one in calls}
    others = await theirs.calls_named(session, named - reasons.keys(), request.company_id, visible_to=visible_to)
    reasons |= {one.call.id: one.kept for one in others}
    hidden = await theirs.stored(session, named - reasons.keys())
    of_trust = await trust.among(session, named)
    subjects = {subject for *_, subject, _ in found if subject}
    foreign = await theirs.hidden_appeals(session, subjects, visible_to=visible_to)
    of_appeals = await recorded.naming(session, calls=(), recordings=(), appeals=subjects)
    owed = {id: KEPT_APPEAL for id, stays in appeals.items() if stays}
    owed |= {one.id: HELD_APPEAL if one.is_held else OPEN_APPEAL for one in of_appeals if one.is_held or one.is_open}
    of_trust |= {one.id for one in of_appeals if one.kind is AppealKind.TRUST}
    return [
        TheirRow(kind, id, reasons.get(call, "") or owed.get(subject, "") or (OPEN_ITEM if is_open else ""))
        for kind, id, call, subject, is_open in found
        if call not in hidden and subject not in foreign and bool({call, subject} & of_trust) == visible_to.trust
    ]


def by_kind(rows: Collection[TheirRow]) -> dict[str, list[str]]:
    """Ids of those that go, as an act names them."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if not row.kept:
            found[row.kind.value].append(row.id)
    return {kind: sorted(ids) for kind, ids in found.items()}


async def forget(session: AsyncSession, rows: Collection[TheirRow], at: datetime) -> None:
    """Empty those that go."""
    gone = defaultdict(list, by_kind(rows))
    await calls_out.forget(session, gone[RowKind.CALL_OUT])
    await campaigns.forget(session, gone[RowKind.CAMPAIGN_CALL], at=at)
    await erasure.forget(session, messages=gone[RowKind.MESSAGE], given=gone[RowKind.CONSENT], at=at)
    await reports.forget(session, told=gone[RowKind.REPORT], tellings=gone[RowKind.TELLING])
    await in_bulk.forget(session, of_them=gone[RowKind.ITEM], contacts=gone[RowKind.CONTACT])
    await drafts.forget(session, gone[RowKind.DRAFT])
    await cards.remove_notes(session, gone[RowKind.NOTE])
    await visits.forget(session, gone[RowKind.APPOINTMENT])
