"""What is a person's by their number or address, beside calls and appeals: consents, messages, reports, matters.

Each row is found by the number itself and by the calls and appeals of the request, and stays while the call, the appeal
or the item it belongs to stays. A row of a call or of an appeal that the asker may not see is not theirs to erase.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, String, and_, case, cast, exists, false, func, literal, null, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.card import cards
from agent_console.card.models import CardNote
from agent_console.people.erasing import theirs
from agent_console.people.erasing.models import ErasureRequest
from agent_console.people.erasing.theirs import TheirCall
from appeals.codes import AppealKind
from appeals.finding import recorded
from appeals.intake import drafts
from appeals.models import DraftAppeal
from appeals.personal_data import trust
from grid.outages import reports
from grid.outages.models import Outage, OutageReport, OutageTelling
from gridline.scope import Scope
from ivr.outbound import calls_out
from ivr.outbound.models import CallOutRecord
from outreach import campaigns, erasure
from outreach.campaigns.models import Campaign, CampaignCall
from outreach.models import Consent, MessageOut
from worklist import items
from worklist.models import WorkContact, WorkItem
from worklist.steps import in_bulk

OPEN_ITEM: Final = "дело ещё не закончено"
OPEN_APPEAL: Final = "обращение ещё рассматривается"
HELD_APPEAL: Final = "запрет на уничтожение обращения"
KEPT_APPEAL: Final = "обращение остаётся"


class RowKind(StrEnum):
    """What a row is, as an act of destruction names it."""

    CONSENT = "consents"
    MESSAGE = "messages"
    REPORT = "outage_reports"
    TELLING = "outage_tellings"
    ITEM = "work_items"
    CONTACT = "work_contacts"
    DRAFT = "appeal_drafts"
    CAMPAIGN_CALL = "campaign_calls"
    CALL_OUT = "calls_out"
    NOTE = "card_notes"


TITLES: Final[Mapping[RowKind, str]] = {
    RowKind.CONSENT: "Согласия на звонки и сообщения",
    RowKind.MESSAGE: "Сообщения: SMS и письма",
    RowKind.REPORT: "Сообщения, что нет света или воды: по телефону и с сайта",
    RowKind.TELLING: "Что рассказано об отключении",
    RowKind.ITEM: "Дела",
    RowKind.CONTACT: "Повторы в делах",
    RowKind.DRAFT: "Незаконченные обращения",
    RowKind.CAMPAIGN_CALL: "Номера в обзвонах",
    RowKind.CALL_OUT: "Звонки робота",
    RowKind.NOTE: "Заметки операторов",
}


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
) -> list[TheirRow]:
    """All such rows that the asker sees, by kind; `appeals` are theirs by id, each with whether it stays."""
    ids = [one.call.id for one in calls]
    found = [
        (kind, *row)
        for kind, query in _queries(request, ids, appeals, visible_to).items()
        for row in (await session.execute(query.limit(theirs.MOST))).all()
    ]
    named = {call for _, _, call, _, _ in found if call}
    known = {one.call.id: one.kept for one in calls}
    others = await theirs.calls_named(session, named - known.keys(), request.company_id, visible_to=visible_to)
    known |= {one.call.id: one.kept for one in others}
    hidden = await theirs.stored(session, named - known.keys())
    of_trust = await trust.among(session, named)
    subjects = {subject for *_, subject, _ in found if subject}
    foreign = await theirs.hidden_appeals(session, subjects, visible_to=visible_to)
    of_appeals = await recorded.naming(session, calls=(), recordings=(), appeals=subjects)
    owed = {id: KEPT_APPEAL for id, stays in appeals.items() if stays}
    owed |= {one.id: HELD_APPEAL if one.is_held else OPEN_APPEAL for one in of_appeals if one.is_held or one.is_open}
    of_trust |= {one.id for one in of_appeals if one.kind is AppealKind.TRUST}
    return [
        TheirRow(kind, id, known.get(call, "") or owed.get(subject, "") or (OPEN_ITEM if is_open else ""))
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


def _queries(
    request: ErasureRequest, calls: Collection[str], appeals: Collection[str], scope: Scope
) -> dict[RowKind, Any]:
    """Of each kind: id, the call and the appeal it belongs to, and whether an item about it is open."""
    company, phone = request.company_id, request.phone
    no, nobody = literal(0), cast(null(), String)
    is_open = case((WorkItem.ended_at.is_(None), 1), else_=0)

    def theirs_by(number: Any, call: Any, appeal: Any = None) -> ColumnElement[bool]:
        about = false() if appeal is None else appeal.in_(appeals)
        return or_(number == phone if phone else false(), call.in_(calls), about)

    given = theirs_by(Consent.phone, Consent.call_id, Consent.subject_id)
    to_them = [theirs_by(MessageOut.to, MessageOut.call_id, MessageOut.subject_id), given]
    if request.email:
        to_them.append(func.lower(MessageOut.to) == request.email)
    about = and_(WorkItem.subject_id == OutageReport.id, WorkItem.ended_at.is_(None))
    queries: dict[RowKind, Any] = {
        RowKind.CONSENT: select(Consent.id, Consent.call_id, Consent.subject_id, no).where(
            Consent.company_id == company, Consent.phone != "", given
        ),
        RowKind.MESSAGE: select(MessageOut.id, MessageOut.call_id, MessageOut.subject_id, no)
        .join(Consent, Consent.id == MessageOut.consent_id)
        .where(MessageOut.company_id == company, MessageOut.to != "", or_(*to_them)),
        RowKind.REPORT: select(
            OutageReport.id, OutageReport.call_id, nobody, case((exists().where(about), 1), else_=0)
        ).where(
            scope.where(OutageReport.company_id, OutageReport.branch),
            OutageReport.company_id == company,
            OutageReport.phone.is_not(None),
            theirs_by(OutageReport.phone, OutageReport.call_id),
        ),
        RowKind.TELLING: select(OutageTelling.id, OutageTelling.call_id, nobody, no)
        .join(Outage, Outage.id == OutageTelling.outage_id)
        .where(
            scope.where(Outage.company_id, Outage.branch),
            Outage.company_id == company,
            OutageTelling.phone.is_not(None),
            theirs_by(OutageTelling.phone, OutageTelling.call_id),
        ),
        RowKind.ITEM: select(WorkItem.id, WorkItem.call_id, WorkItem.appeal_id, is_open).where(
            items.visible(scope),
            WorkItem.company_id == company,
            WorkItem.phone.is_not(None),
            theirs_by(WorkItem.phone, WorkItem.call_id, WorkItem.appeal_id),
        ),
        RowKind.CONTACT: select(WorkContact.id, WorkContact.call_id, WorkItem.appeal_id, is_open)
        .join(WorkItem, WorkItem.id == WorkContact.item_id)
        .where(
            items.visible(scope),
            WorkItem.company_id == company,
            WorkContact.phone.is_not(None),
            theirs_by(WorkContact.phone, WorkContact.call_id, WorkItem.appeal_id),
        ),
        RowKind.DRAFT: select(DraftAppeal.id, DraftAppeal.call_id, DraftAppeal.appeal_id, no).where(
            DraftAppeal.company_id == company,
            DraftAppeal.phone.is_not(None),
            theirs_by(DraftAppeal.phone, DraftAppeal.call_id),
        ),
        RowKind.CAMPAIGN_CALL: select(CampaignCall.id, Consent.call_id, nobody, no)
        .join(Consent, Consent.id == CampaignCall.consent_id)
        .join(Campaign, Campaign.id == CampaignCall.campaign_id)
        .where(
            scope.where(Campaign.company_id, Campaign.branch),
            Campaign.company_id == company,
            CampaignCall.phone.not_like(f"{campaigns.NOBODY}%"),
            theirs_by(CampaignCall.phone, Consent.call_id),
        ),
        RowKind.CALL_OUT: select(CallOutRecord.id, Consent.call_id, nobody, no)
        .outerjoin(CampaignCall, CampaignCall.id == CallOutRecord.subject_id)
        .outerjoin(Consent, Consent.id == CampaignCall.consent_id)
        .outerjoin(Campaign, Campaign.id == CampaignCall.campaign_id)
        .where(
            scope.where(CallOutRecord.company_id, Campaign.branch),
            CallOutRecord.company_id == company,
            CallOutRecord.phone == phone if phone else false(),
        ),
        RowKind.NOTE: select(CardNote.id, CardNote.call_id, nobody, no).where(
            CardNote.company_id == company, theirs_by(CardNote.phone, CardNote.call_id)
        ),
    }
    return {kind: query.order_by(query.selected_columns[0]) for kind, query in queries.items()}
