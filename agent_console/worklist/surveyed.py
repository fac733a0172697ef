"""The low marks behind a call back or a message: what the person answered in the survey that it was asked for in."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from grid.reference.surveys import Survey
from ivr.outbound.models import CallOutRecord
from outreach.campaigns.models import CampaignCall
from outreach.surveys.models import SurveyAnswer, SurveyCampaign
from worklist.models import WorkItem


async def low_marks(session: AsyncSession, item: WorkItem) -> list[tuple[str, str]]:
    """Question and mark, in the survey's order; none of an item of another call. Whoever sees the item sees them."""
    if item.call_id is None:
        return []
    query = (
        select(SurveyCampaign.survey, SurveyAnswer.question, SurveyAnswer.key)
        .join(CampaignCall, CampaignCall.campaign_id == SurveyCampaign.id)
        .join(SurveyAnswer, SurveyAnswer.call_id == CampaignCall.id)
        .join(CallOutRecord, CallOutRecord.subject_id == CampaignCall.id)
        .where(CallOutRecord.id == item.call_id, CallOutRecord.company_id == item.company_id)
    )
    found = (await session.execute(query)).all()
    keyed = {question: key for _, question, key in found}
    survey = Survey.model_validate(found[0][0]) if found else None
    return [(one.text, keyed[one.id]) for one in survey.low(keyed)] if survey else []
