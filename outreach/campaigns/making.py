"""Campaigns after a restoration: one for each; it takes in late consents, and ends if supply is gone again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from grid.outages.models import Outage, OutageStatus
from outreach import consents
from outreach.campaigns import rows
from outreach.campaigns.models import Campaign, CampaignCall, CampaignState, Said
from outreach.models import Consent, Purpose

LATE: Final = timedelta(days=1)
"""Whoever agrees so long after a restoration was confirmed is called all the same."""

_RESTORED: Final = Campaign.purpose == Purpose.RESTORED


async def make_missing(session: AsyncSession, now: datetime) -> list[Campaign]:
    """A campaign for every provisional restoration that has none yet; those that are there are brought up to date.

    Whoever consented to be told of the outage is called, though they were asked while it was being restored, or heard
    the question to its end when the restoration was confirmed already: they were promised a call. Of a nested outage,
    whoever said that they were still dark.
    """
    await _lapse(session, now)
    await _take_late(session, now)
    current = exists().where(_RESTORED, Campaign.outage_id == Outage.id, Campaign.state != CampaignState.LAPSED)
    promised = or_(Outage.confirmed_at.is_(None), exists().where(_given_for_outage()))
    made = []
    query = select(Outage).where(*_lately_restored(now), promised, ~current)
    for outage in (await session.scalars(query)).all():
        campaign = await rows.make(session, outage, Purpose.RESTORED, now)
        if campaign is None:  # another process was first
            continue
        await rows.add(session, campaign.id, await _to_be_called(session, outage), now)
        made.append(campaign)
    return made


def _lately_restored(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Whether an outage is over, and its restoration provisional or confirmed no longer ago than `LATE`."""
    lately = or_(Outage.confirmed_at.is_(None), Outage.confirmed_at > now - LATE)
    return Outage.status == OutageStatus.RESTORED, lately


def _given_for_outage() -> ColumnElement[bool]:
    """Whether a consent is one to be told of the outage it is compared with."""
    return and_(
        Consent.subject_id == Outage.id,
        Consent.company_id == Outage.company_id,
        Consent.purpose == Purpose.RESTORED,
        Consent.withdrawn_at.is_(None),
    )


async def _lapse(session: AsyncSession, now: datetime) -> None:
    """End the campaigns whose outage goes on again: nobody is told that supply is back, and the next is a new one."""
    restored = exists().where(Outage.id == Campaign.outage_id, Outage.status == OutageStatus.RESTORED)
    lapsed = {"state": CampaignState.LAPSED, "changed_at": now, "changed_by": ""}
    current = (_RESTORED, Campaign.state != CampaignState.LAPSED)
    await session.execute(update(Campaign).where(*current, ~restored).values(lapsed))
    ended = select(Campaign.id).where(_RESTORED, Campaign.state == CampaignState.LAPSED)
    await rows.end_waiting(session, CampaignCall.campaign_id.in_(ended), now)


async def _take_late(session: AsyncSession, now: datetime) -> None:
    """Consents that were given when the campaign was made already; one that was done goes on."""
    known = exists().where(CampaignCall.campaign_id == Campaign.id, CampaignCall.phone == Consent.phone)
    query = (
        select(Campaign, Consent.phone, Consent.id)
        .join(Outage, Outage.id == Campaign.outage_id)
        .join(Consent, _given_for_outage())
        .where(_RESTORED, Campaign.state != CampaignState.LAPSED, *_lately_restored(now), ~known)
        .with_for_update(of=Campaign)
    )
    for campaign, phone, consent_id in (await session.execute(query)).all():
        await rows.add(session, campaign.id, {phone: consent_id}, now)
        if campaign.state is CampaignState.DONE:
            campaign.state, campaign.changed_at = CampaignState.RUNNING, now
    await session.flush()


async def _to_be_called(session: AsyncSession, outage: Outage) -> dict[str, str]:
    """Numbers and the consents they are called on."""
    given = await consents.of_subject(session, outage.company_id, Purpose.RESTORED, outage.id)
    called = {one.phone: one.id for one in given}
    if outage.parent_id is not None:
        still_dark = (
            select(Consent.phone, Consent.id)
            .join(CampaignCall, CampaignCall.consent_id == Consent.id)
            .join(Campaign, Campaign.id == CampaignCall.campaign_id)
            .where(_RESTORED, Campaign.outage_id == outage.parent_id)
            .where(CampaignCall.said == Said.NO, Consent.withdrawn_at.is_(None))
        )
        for phone, consent_id in await session.execute(still_dark):
            called.setdefault(phone, consent_id)
    return called
