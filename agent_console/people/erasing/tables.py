"""The tables that may have a person's number or address: of each, which rows are theirs and what they belong to."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, String, and_, case, cast, exists, false, func, literal, null, or_, select

from agent_console.card.models import CardNote
from agent_console.people.erasing.models import ErasureRequest
from appeals.models import DraftAppeal
from grid.offices.models import Appointment
from grid.outages.models import Outage, OutageReport, OutageTelling
from gridline.scope import Scope
from ivr.outbound.models import CallOutRecord
from outreach import campaigns
from outreach.campaigns.models import Campaign, CampaignCall
from outreach.models import Consent, MessageOut
from worklist import items
from worklist.models import WorkContact, WorkItem


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
    APPOINTMENT = "appointments"


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
    RowKind.APPOINTMENT: "Записи на приём",
}


def queries(
    request: ErasureRequest, calls: Collection[str], appeals: Collection[str], scope: Scope
) -> dict[RowKind, tuple[Select[Any], ColumnElement[bool]]]:
    """Of each kind: id, the call and the appeal it belongs to, and whether an item about it is open; and which of them.

    Few of the numbers have an index: whole tables are read, which is not to be done under a lock.
    """
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
    of_report = case((exists().where(about), 1), else_=0)
    return {
        RowKind.CONSENT: (
            select(Consent.id, Consent.call_id, Consent.subject_id, no),
            and_(Consent.company_id == company, Consent.phone != "", given),
        ),
        RowKind.MESSAGE: (
            select(MessageOut.id, MessageOut.call_id, MessageOut.subject_id, no).join(
                Consent, Consent.id == MessageOut.consent_id
            ),
            and_(MessageOut.company_id == company, MessageOut.to != "", or_(*to_them)),
        ),
        RowKind.REPORT: (
            select(OutageReport.id, OutageReport.call_id, nobody, of_report),
            and_(
                scope.where(OutageReport.company_id, OutageReport.branch),
                OutageReport.company_id == company,
                OutageReport.phone.is_not(None),
                theirs_by(OutageReport.phone, OutageReport.call_id),
            ),
        ),
        RowKind.TELLING: (
            select(OutageTelling.id, OutageTelling.call_id, nobody, no).join(
                Outage, Outage.id == OutageTelling.outage_id
            ),
            and_(
                scope.where(Outage.company_id, Outage.branch),
                Outage.company_id == company,
                OutageTelling.phone.is_not(None),
                theirs_by(OutageTelling.phone, OutageTelling.call_id),
            ),
        ),
        RowKind.ITEM: (
            select(WorkItem.id, WorkItem.call_id, WorkItem.appeal_id, is_open),
            and_(
                items.visible(scope),
                WorkItem.company_id == company,
                WorkItem.phone.is_not(None),
                theirs_by(WorkItem.phone, WorkItem.call_id, WorkItem.appeal_id),
            ),
        ),
        RowKind.CONTACT: (
            select(WorkContact.id, WorkContact.call_id, WorkItem.appeal_id, is_open).join(
                WorkItem, WorkItem.id == WorkContact.item_id
            ),
            and_(
                items.visible(scope),
                WorkItem.company_id == company,
                WorkContact.phone.is_not(None),
                theirs_by(WorkContact.phone, WorkContact.call_id, WorkItem.appeal_id),
            ),
        ),
        RowKind.DRAFT: (
            select(DraftAppeal.id, DraftAppeal.call_id, DraftAppeal.appeal_id, no),
            and_(
                DraftAppeal.company_id == company,
                DraftAppeal.phone.is_not(None),
                theirs_by(DraftAppeal.phone, DraftAppeal.call_id),
            ),
        ),
        RowKind.CAMPAIGN_CALL: (
            select(CampaignCall.id, Consent.call_id, nobody, no)
            .join(Consent, Consent.id == CampaignCall.consent_id)
            .join(Campaign, Campaign.id == CampaignCall.campaign_id),
            and_(
                scope.where(Campaign.company_id, Campaign.branch),
                Campaign.company_id == company,
                CampaignCall.phone.not_like(f"{campaigns.NOBODY}%"),
                theirs_by(CampaignCall.phone, Consent.call_id),
            ),
        ),
        RowKind.CALL_OUT: (
            select(CallOutRecord.id, Consent.call_id, nobody, no)
            .outerjoin(CampaignCall, CampaignCall.id == CallOutRecord.subject_id)
            .outerjoin(Consent, Consent.id == CampaignCall.consent_id)
            .outerjoin(Campaign, Campaign.id == CampaignCall.campaign_id),
            and_(
                scope.where(CallOutRecord.company_id, Campaign.branch),
                CallOutRecord.company_id == company,
                CallOutRecord.phone == phone if phone else false(),
            ),
        ),
        RowKind.NOTE: (
            select(CardNote.id, CardNote.call_id, nobody, no),
            and_(CardNote.company_id == company, theirs_by(CardNote.phone, CardNote.call_id)),
        ),
        RowKind.APPOINTMENT: (
            select(Appointment.id, Appointment.call_id, nobody, no),
            and_(
                scope.where(Appointment.company_id, Appointment.branch),
                Appointment.company_id == company,
                or_(Appointment.phone != "", Appointment.name != ""),
                theirs_by(Appointment.phone, Appointment.call_id),
            ),
        ),
    }
