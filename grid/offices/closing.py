"""What stands in the way of closing an office: visits to come that are booked there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from grid.offices.models import Appointment, VisitState


@dataclass(frozen=True, slots=True)
class VisitsThere:
    """How many there are, and when the last of them begins."""

    count: int
    last: datetime

    def said(self, name: str, zone: ZoneInfo) -> str:
        """A sentence for whoever would close the office."""
        return (
            f"На офис «{name}» записано приёмов: {self.count}, последний — "
            f"{self.last.astimezone(zone):%d.%m.%Y в %H:%M}."
        )


async def booked_there(
    session: AsyncSession, company_id: str, offices: Collection[str], now: datetime
) -> Mapping[str, VisitsThere]:
    """The visits to come of these offices, whoever may see them; an office that nobody comes to is not in it."""
    query = (
        select(Appointment.office_id, func.count(), func.max(Appointment.starts_at))
        .where(Appointment.company_id == company_id, Appointment.office_id.in_(offices))
        .where(Appointment.state == VisitState.BOOKED, Appointment.starts_at > now)
        .group_by(Appointment.office_id)
    )
    return {office: VisitsThere(count, last) for office, count, last in await session.execute(query)}
