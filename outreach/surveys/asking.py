"""Whom a survey may ask about their visits, and the campaign that asks them.

Nobody is asked without a consent that holds, about a visit that did not take place, about one visit twice, or oftener
than once in thirty days.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from grid.offices import visits
from grid.offices.models import Appointment, VisitState
from grid.reference.surveys import Survey
from gridline.calendar.days import begins, ends
from gridline.companies import Company
from gridline.db import new_id
from gridline.driver import turns
from gridline.errors import InvalidInput
from gridline.scope import Scope
from outreach.campaigns import rows
from outreach.campaigns.models import CallState, Campaign, CampaignCall, CampaignState
from outreach.models import Consent, Purpose
from outreach.surveys.models import SurveyCampaign

REST: Final = timedelta(days=30)
"""How long a number that was in a survey is left alone."""
REMEMBERED: Final = timedelta(days=31)
"""Nobody is asked about a visit that was longer ago."""


@dataclass(frozen=True, slots=True)
class VisitDays:
    """The days of the visits, both included, in the company's zone."""

    first: date
    last: date

    def check(self, today: date) -> None:
        """Raise InvalidInput for days about which nobody can be asked."""
        if self.last < self.first:
            raise InvalidInput("Последний день раньше первого. Поменяйте дни местами.")
        if self.first > today:
            raise InvalidInput("Эти дни ещё не наступили. Выберите дни, когда приём уже был.")
        if self.first < today - REMEMBERED:
            raise InvalidInput(
                f"О приёме спрашивают не позже чем через {REMEMBERED.days} день. Выберите дни не раньше "
                f"{today - REMEMBERED:%d.%m.%Y}."
            )


async def may_be_asked(
    session: AsyncSession, company: Company, days: VisitDays, now: datetime, *, visible_to: Scope
) -> dict[str, str]:
    """Numbers and the consents they may be called on; of several visits of one number the latest counts."""
    earlier = aliased(Consent)
    about_this = (
        exists()
        .where(CampaignCall.consent_id == earlier.id)
        .where(earlier.company_id == Appointment.company_id, earlier.purpose == Purpose.SURVEY)
        .where(earlier.subject_id == Appointment.number)
    )
    lately = (
        exists()
        .where(CampaignCall.campaign_id == Campaign.id, Campaign.company_id == Consent.company_id)
        .where(Campaign.purpose == Purpose.SURVEY, CampaignCall.phone == Consent.phone)
        .where(or_(CampaignCall.state != CallState.DONE, CampaignCall.ended_at > now - REST))
    )
    query = (
        select(Consent.phone, Consent.id)
        .join(Appointment, Appointment.number == Consent.subject_id)
        .where(
            Appointment.company_id == company.id,
            Appointment.state == VisitState.SERVED,
            Appointment.starts_at >= begins(days.first, company.zone),
            Appointment.starts_at < ends(days.last, company.zone),
            visits.visible(visible_to),
            Consent.company_id == company.id,
            Consent.purpose == Purpose.SURVEY,
            Consent.withdrawn_at.is_(None),
            ~about_this,
            ~lately,
        )
        .order_by(Appointment.starts_at.desc(), Consent.id)
    )
    found: dict[str, str] = {}
    for phone, consent_id in await session.execute(query):
        found.setdefault(phone, consent_id)
    return found


async def start(
    session: AsyncSession,
    company: Company,
    survey: Survey,
    days: VisitDays,
    now: datetime,
    *,
    actor: str,
    visible_to: Scope,
) -> Campaign:
    """Make the campaign; the robot calls from its next round on. Raises InvalidInput when nobody may be asked."""
    visible_to.check(company.id)
    days.check(now.astimezone(company.zone).date())
    await turns.take(session, "surveys")  # two managers at once do not put one number into two surveys
    called = await may_be_asked(session, company, days, now, visible_to=visible_to)
    if not called:
        raise InvalidInput(
            "За эти дни спросить некого: никто из принятых не разрешил звонить, или всех уже спросили. "
            "Выберите другие дни."
        )
    return await _made(session, company, survey, days, now, called, actor=actor, branch=visible_to.branch)


async def _made(
    session: AsyncSession,
    company: Company,
    survey: Survey,
    days: VisitDays,
    now: datetime,
    called: Mapping[str, str],
    *,
    actor: str,
    branch: str,
) -> Campaign:
    campaign = Campaign(
        id=new_id(),
        company_id=company.id,
        branch=branch,
        outage_id=None,
        purpose=Purpose.SURVEY,
        made_at=now,
        state=CampaignState.RUNNING,
        changed_at=now,
        changed_by="",
    )
    session.add(campaign)
    await session.flush()
    asks = SurveyCampaign(
        id=campaign.id,
        company_id=company.id,
        survey_id=survey.id,
        survey=survey.model_dump(mode="json"),
        first_day=days.first,
        last_day=days.last,
        started_by=actor,
    )
    session.add(asks)
    await rows.add(session, campaign.id, called, now)
    return campaign
