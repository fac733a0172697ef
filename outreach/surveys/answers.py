"""What is asked in a campaign, and each answer, stored as it is keyed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from grid.offices.models import Appointment, VisitState
from grid.reference.surveys import Survey
from gridline.db import insert_missing, new_id
from outreach.campaigns.models import CampaignCall
from outreach.models import Consent
from outreach.surveys.models import SurveyAnswer, SurveyCampaign


async def survey_of(session: AsyncSession, campaign_id: str) -> Survey:
    """The survey as it was when the campaign began."""
    return Survey.model_validate((await session.get_one(SurveyCampaign, campaign_id)).survey)


async def visit_of(session: AsyncSession, call_id: str) -> Appointment | None:
    """The visit that a call (of `campaign_calls`) asks about."""
    query = (
        select(Appointment)
        .join(Consent, Consent.subject_id == Appointment.number)
        .join(CampaignCall, CampaignCall.consent_id == Consent.id)
        .where(CampaignCall.id == call_id, Appointment.company_id == Consent.company_id)
        .where(Appointment.state != VisitState.SUPERSEDED)
    )
    found: Appointment | None = await session.scalar(query.limit(1))
    return found


async def keep(session: AsyncSession, call_id: str, answers: Mapping[str, str], at: datetime) -> None:
    """Store the keys by question; what this call (of `campaign_calls`) has answered already stays as it is."""
    rows: list[dict[str, Any]] = [
        {"id": new_id(), "call_id": call_id, "question": question, "key": key, "at": at}
        for question, key in answers.items()
    ]
    await insert_missing(session, SurveyAnswer, rows)
