"""Campaigns before planned works: made the day before of the consents of their premises, moved and ended with them.

Works that are moved to another hour have a new campaign, in which whoever heard the old hour hears the new one; another
end changes the words and calls nobody again. Whoever heard of the works in the very call in which they agreed to be
warned is not called about them, unless they are moved after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from grid.outages import tellings
from grid.outages.models import Outage, OutageStatus
from outreach import consents, stored
from outreach.campaigns import rows, still
from outreach.campaigns.models import CallState, Campaign, CampaignCall, CampaignState
from outreach.models import Consent, Purpose

DAY_BEFORE: Final = timedelta(days=1)

_PLANNED: Final = Campaign.purpose == Purpose.PLANNED


@dataclass(frozen=True, slots=True)
class Ahead:
    """Planned works that begin within a day, and the consents to be told of them."""

    outage: Outage
    campaign_id: str | None
    """The campaign that knows other places than the works have by now; None: there is none yet."""
    agreed: Sequence[Consent]


async def ahead(session: AsyncSession, now: datetime) -> list[Ahead]:
    """Works of which somebody is to be warned and that have no campaign, or one that knows other places; reads only."""
    current = and_(Campaign.outage_id == Outage.id, _PLANNED, Campaign.state != CampaignState.LAPSED)
    query = (
        select(Outage, Campaign.id)
        .outerjoin(Campaign, current)
        .where(
            Outage.planned.is_(True),
            Outage.status == OutageStatus.ANNOUNCED,
            Outage.starts_at > now,
            Outage.starts_at <= now + DAY_BEFORE,
            or_(Campaign.id.is_(None), Campaign.outage_version != Outage.version),
        )
        .order_by(Outage.starts_at, Outage.id)
    )
    found = []
    for outage, campaign_id in (await session.execute(query)).all():
        agreed = [consent for consent, _ in await consents.of_premises_in(session, outage, Purpose.PLANNED)]
        if campaign_id is not None or agreed:
            found.append(Ahead(outage, campaign_id, await _not_told_yet(session, outage, agreed)))
    return found


async def _not_told_yet(session: AsyncSession, outage: Outage, agreed: Sequence[Consent]) -> list[Consent]:
    """Those who did not hear of the works, at the hour that holds now, in the call in which they agreed."""
    told = await tellings.calls_told(session, outage.id)
    moved = select(func.max(Campaign.changed_at)).where(
        _PLANNED, Campaign.outage_id == outage.id, Campaign.state == CampaignState.LAPSED
    )
    moved_at = await session.scalar(moved)
    return [one for one in agreed if one.call_id not in told or (moved_at is not None and one.given_at < moved_at)]


async def take_in(session: AsyncSession, works: Ahead, now: datetime) -> Campaign | None:
    """Make the campaign of these works, or bring it up to date; None where none was made.

    Who has no premise among the places any more is not called; who was called already stays as they are.
    """
    called = {consent.phone: consent.id for consent in reversed(works.agreed)}
    if works.campaign_id is None:
        made = await rows.make(session, works.outage, Purpose.PLANNED, now)
        if made is not None:
            await rows.add(session, made.id, called, now)
        return made
    campaign = await session.get_one(Campaign, works.campaign_id, with_for_update=True)
    if campaign.state is CampaignState.LAPSED:
        return None
    campaign.outage_version = works.outage.version
    elsewhere = and_(CampaignCall.campaign_id == campaign.id, CampaignCall.phone.not_in(list(called)))
    untried = delete(CampaignCall).where(elsewhere, CampaignCall.state == CallState.WAITING, CampaignCall.attempts == 0)
    await session.execute(untried.execution_options(synchronize_session=False))
    await rows.end_waiting(session, elsewhere, now)
    await rows.add(session, campaign.id, called, now)
    waits = exists().where(CampaignCall.campaign_id == campaign.id, CampaignCall.state == CallState.WAITING)
    if campaign.state is CampaignState.DONE and await session.scalar(select(waits)):
        campaign.state, campaign.changed_at = CampaignState.RUNNING, now
    return None


async def end(session: AsyncSession, now: datetime) -> None:
    """End the campaigns of works that were moved or cancelled, and of those that have begun."""
    stands = exists().where(Outage.id == Campaign.outage_id, still.as_announced())
    moved = update(Campaign).where(_PLANNED, Campaign.state != CampaignState.LAPSED, Campaign.starts_at > now, ~stands)
    lapsed = moved.values(state=CampaignState.LAPSED, changed_at=now, changed_by="").returning(Campaign.outage_id)
    lapsed_of = await session.scalars(lapsed.execution_options(synchronize_session=False))
    gone = [outage_id for outage_id in lapsed_of if outage_id is not None]
    await stored.withdraw_about(session, gone, Purpose.PLANNED_MESSAGE, now)
    begun = (_PLANNED, Campaign.starts_at <= now, Campaign.state.in_((CampaignState.RUNNING, CampaignState.STOPPED)))
    over = or_(and_(*begun), and_(_PLANNED, Campaign.state == CampaignState.LAPSED))
    await rows.end_waiting(session, CampaignCall.campaign_id.in_(select(Campaign.id).where(over)), now)
    stopped = update(Campaign).where(*begun, Campaign.state == CampaignState.STOPPED)
    await session.execute(stopped.values(state=CampaignState.DONE, changed_at=now))
