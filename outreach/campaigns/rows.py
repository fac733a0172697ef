"""Campaigns and their calls as rows: put there once, ended where they wait, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, update
from sqlalchemy.ext.asyncio import AsyncSession

from grid.outages.models import Outage
from gridline.db import insert_missing, new_id
from outreach.campaigns.models import CallState, Campaign, CampaignCall, CampaignState
from outreach.models import Purpose


async def make(session: AsyncSession, outage: Outage, purpose: Purpose, now: datetime) -> Campaign | None:
    """A running campaign about the outage; None where another process was first.

    Of planned works it tells the hour at which they begin now.
    """
    planned = purpose is Purpose.PLANNED
    row = {
        "id": new_id(),
        "company_id": outage.company_id,
        "branch": outage.branch,
        "outage_id": outage.id,
        "purpose": purpose,
        "starts_at": outage.starts_at if planned else None,
        "outage_version": outage.version if planned else None,
        "made_at": now,
        "state": CampaignState.RUNNING,
        "changed_at": now,
        "changed_by": "",
    }
    await insert_missing(session, Campaign, [row])
    made: Campaign | None = await session.get(Campaign, row["id"])
    return made


async def add(session: AsyncSession, campaign_id: str, called: Mapping[str, str], now: datetime) -> None:
    """Numbers and the consents they are called on; one that is there already stays as it is."""
    rows: list[dict[str, Any]] = [
        {
            "id": new_id(),
            "campaign_id": campaign_id,
            "phone": phone,
            "consent_id": consent_id,
            "state": CallState.WAITING,
            "attempts": 0,
            "next_at": now,
        }
        for phone, consent_id in called.items()
    ]
    await insert_missing(session, CampaignCall, rows)


async def end_waiting(session: AsyncSession, which: ColumnElement[bool], now: datetime) -> None:
    """End those of these calls that wait: they are not made any more."""
    waiting = update(CampaignCall).where(which, CampaignCall.state == CallState.WAITING)
    ended = waiting.values(state=CallState.DONE, ended_at=now)
    await session.execute(ended.execution_options(synchronize_session=False))
