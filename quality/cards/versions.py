"""Versions of scorecards in the database: kept when they are first used, read for as long as a review needs them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gridline.db import insert_missing
from quality.cards.card import Scorecard
from quality.cards.models import ScorecardVersion


async def keep(session: AsyncSession, card: Scorecard, at: datetime) -> None:
    """Store this version unless it is there already."""
    row = {"version": card.version, "code": card.code, "body": card.model_dump_json(), "kept_at": at}
    await insert_missing(session, ScorecardVersion, [row])


async def kept(session: AsyncSession, versions: Collection[str]) -> dict[str, Scorecard]:
    """By version, the cards that were kept."""
    query = select(ScorecardVersion.version, ScorecardVersion.body).where(ScorecardVersion.version.in_(set(versions)))
    return {version: Scorecard.model_validate_json(body) for version, body in await session.execute(query)}
