"""Sources of outages that other systems keep: how old what each of them said is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select

from grid.outages.models import Feed
from gridline.companies import Company
from gridline.db import Reads


@dataclass(frozen=True, slots=True)
class FeedAge:
    """One feed as it is now."""

    name: str
    title: str
    good_at: datetime | None
    """When it last came whole; None: never."""
    is_old: bool
    """Whether it has been silent longer than its rule allows."""
    problem: str
    """Why what came last was refused; empty where it was not."""


_OF_COMPANY = select(Feed).where(Feed.company_id == bindparam("company_id"))


async def ages(session: Reads, company: Company, now: datetime) -> list[FeedAge]:
    """Every feed of the company, in the order of its file."""
    if not company.feeds:
        return []
    rows = await session.scalars(_OF_COMPANY, {"company_id": company.id})
    known = {row.name: row for row in rows}
    found = []
    for rule in company.feeds:
        row = known.get(rule.name)
        good_at = row.good_at if row else None
        is_old = good_at is None or now - good_at > timedelta(minutes=rule.old_after_min)
        found.append(FeedAge(rule.name, rule.title, good_at, is_old, row.problem if row else ""))
    return found


async def age(session: Reads, company: Company, now: datetime) -> timedelta | None:
    """How long the company's most silent feed has been silent, where that is longer than it may be; else None.

    For whoever speaks of outages: then it must be said that what is known is old. A feed that never came says nothing.
    """
    silent = [now - one.good_at for one in await ages(session, company, now) if one.is_old and one.good_at]
    return max(silent, default=None)
