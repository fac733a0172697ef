"""A message where no call reached somebody before planned works, on the consent they gave to that."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from grid.outages import tellings
from grid.outages.models import Outage, TellingWay
from gridline.companies import Companies
from outreach import consents, texts
from outreach.campaigns.models import CallState, Campaign, CampaignCall, CampaignState
from outreach.messages import Messages
from outreach.models import Consent, Purpose


async def write(session: AsyncSession, messages: Messages, companies: Companies, now: datetime) -> int:
    """Queue a message for everybody whose calls are over and in vain, once; how many that were.

    A campaign that somebody stopped, or whose works were moved or cancelled, writes to nobody.
    """
    agreed = exists().where(
        Consent.company_id == Campaign.company_id,
        Consent.phone == CampaignCall.phone,
        Consent.purpose == Purpose.PLANNED_MESSAGE,
        Consent.withdrawn_at.is_(None),
    )
    query = (
        select(CampaignCall, Outage)
        .join(Campaign, Campaign.id == CampaignCall.campaign_id)
        .join(Outage, Outage.id == Campaign.outage_id)
        .where(
            Campaign.purpose == Purpose.PLANNED,
            Campaign.state == CampaignState.RUNNING,
            CampaignCall.state == CallState.DONE,
            CampaignCall.said.is_(None),
            CampaignCall.message_id.is_(None),
            agreed,
        )
        .with_for_update(of=CampaignCall, skip_locked=True)
    )
    written = 0
    for call, outage in (await session.execute(query)).all():
        found = await consents.of_premises_in(session, outage, Purpose.PLANNED_MESSAGE, phone=call.phone)
        if not found:  # their premise is among the places no more
            continue
        consent, _ = found[0]
        text = texts.planned(companies.by_id(outage.company_id), outage)
        message = await messages.queue(
            session,
            outage.company_id,
            call.phone,
            text,
            Purpose.PLANNED_MESSAGE,
            f"planned:{call.id}",
            consent.id,
            subject_id=outage.id,
            call_id=consent.call_id,
        )
        call.message_id = message.id
        await tellings.told(
            session, outage.id, now, TellingWay.MESSAGE, text, call_id=consent.call_id, phone=call.phone
        )
        written += 1
    return written
