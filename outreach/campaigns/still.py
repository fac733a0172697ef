"""Whether what a campaign tells is still so: supply is back, or the planned works are ahead as they were announced."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_

from grid.outages.models import Outage, OutageStatus
from outreach.campaigns.models import Campaign
from outreach.models import Purpose


def so(now: datetime) -> ColumnElement[bool]:
    """Whether somebody may be called now for a campaign that is joined to its outage; a survey has none, and may.

    Of planned works the places must be those that the campaign knows: an outage that was changed a moment ago waits
    for the next round of `planned`.
    """
    restored = and_(Campaign.purpose == Purpose.RESTORED, Outage.status == OutageStatus.RESTORED)
    ahead = and_(
        Campaign.purpose == Purpose.PLANNED,
        Campaign.starts_at > now,
        Campaign.outage_version == Outage.version,
        as_announced(),
    )
    return or_(restored, ahead, Campaign.purpose == Purpose.SURVEY)


def as_announced() -> ColumnElement[bool]:
    """Whether the works of a campaign, joined to their outage, stand at the hour that people are told."""
    return and_(
        Outage.planned.is_(True),
        Outage.status.in_((OutageStatus.ANNOUNCED, OutageStatus.ACTIVE)),
        Outage.starts_at == Campaign.starts_at,
    )
