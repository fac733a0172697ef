"""How far campaigns are, as the pages of those who watch them show it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from grid.outages.models import Outage
from gridline.errors import NotFound
from gridline.scope import OutOfScope, Scope
from outreach.campaigns.models import CallState, Campaign, CampaignCall, CampaignState, Said
from outreach.models import Purpose


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a campaign is, in numbers of people."""

    campaign: Campaign
    outage: Outage
    whole: int
    waiting: int
    dialling: int
    said: Counter[Said]
    written: int
    """Whom no call reached and a message was written to."""
    unreached: int
    """Done without an answer, and without a message."""

    @property
    def running(self) -> bool:
        """Whether somebody may still be called without anybody's doing."""
        return self.campaign.state is CampaignState.RUNNING

    @property
    def stopped(self) -> bool:
        """Whether a person stopped it."""
        return self.campaign.state is CampaignState.STOPPED


async def latest(
    session: AsyncSession, company_id: str, purpose: Purpose, *, visible_to: Scope, most: int
) -> list[Progress]:
    """A company's campaigns of one purpose and how far they are, the latest first."""
    query = select(Campaign, Outage).join(Outage, Outage.id == Campaign.outage_id)
    own = query.where(Campaign.company_id == company_id, Campaign.purpose == purpose)
    seen = own.where(visible_to.where(Campaign.company_id, Campaign.branch))
    rows = (await session.execute(seen.order_by(Campaign.made_at.desc(), Campaign.id).limit(most))).all()
    counts = await _counted(session, [campaign.id for campaign, _ in rows])
    return [_progress(campaign, outage, counts[campaign.id]) for campaign, outage in rows]


async def find(
    session: AsyncSession, campaign_id: str, *, visible_to: Scope
) -> tuple[Progress, Sequence[CampaignCall]]:
    """One campaign and its calls, those with «no» first. Raises NotFound, OutOfScope."""
    query = select(Campaign, Outage).join(Outage, Outage.id == Campaign.outage_id).where(Campaign.id == campaign_id)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise NotFound("Такого обзвона нет.")
    if not visible_to.holds(row[0].company_id, row[0].branch):
        raise OutOfScope("Такого обзвона нет.")
    calls = select(CampaignCall).where(CampaignCall.campaign_id == campaign_id)
    first = (CampaignCall.said == Said.NO).desc()
    counts = await _counted(session, [campaign_id])
    listed = await session.scalars(calls.order_by(first, CampaignCall.ended_at.desc(), CampaignCall.phone))
    return _progress(row[0], row[1], counts[campaign_id]), list(listed)


Counts = Counter[tuple[CallState, Said | None, bool]]
"""Calls by state, by what was said, and by whether a message went instead."""


async def _counted(session: AsyncSession, campaign_ids: Sequence[str]) -> dict[str, Counts]:
    counts: dict[str, Counts] = {id: Counter() for id in campaign_ids}
    facts = (CampaignCall.campaign_id, CampaignCall.state, CampaignCall.said, CampaignCall.message_id.is_not(None))
    query = select(*facts, func.count()).where(CampaignCall.campaign_id.in_(campaign_ids)).group_by(*facts)
    for campaign_id, state, said, written, number in await session.execute(query):
        counts[campaign_id][state, said, bool(written)] += number
    return counts


def _progress(campaign: Campaign, outage: Outage, counts: Counts) -> Progress:
    said: Counter[Said] = Counter()
    states: Counter[CallState] = Counter()
    written = unreached = 0
    for (state, answer, by_message), number in counts.items():
        states[state] += number
        if state is not CallState.DONE:
            continue
        if answer is not None:
            said[answer] += number
        elif by_message:
            written += number
        else:
            unreached += number
    whole = counts.total()
    return Progress(
        campaign, outage, whole, states[CallState.WAITING], states[CallState.DIALLING], said, written, unreached
    )
