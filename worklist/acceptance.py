"""How long messages of danger that nobody answered have waited for the person who took them over: a line of figures."""

from __future__ import annotations

from datetime import datetime
from statistics import mean

from sqlalchemy import select

from appeals.reports.source import Source
from worklist.codes import Ending, ItemKind
from worklist.items import of_trust
from worklist.models import WorkItem


async def line(source: Source, year: int) -> str:
    """Those of `year` (company's zone) as they stood at the source's moment; "" where there were none."""
    begins, ends = (datetime(each, 1, 1, tzinfo=source.company.zone) for each in (year, year + 1))
    query = (
        select(WorkItem.made_at, WorkItem.due_at, WorkItem.taken_at, WorkItem.ending, WorkItem.ended_at)
        .where(WorkItem.company_id == source.company.id, WorkItem.kind == ItemKind.DANGER, ~of_trust())
        .where(WorkItem.made_at >= begins, WorkItem.made_at < ends, WorkItem.made_at <= source.as_of)
        .where(*([WorkItem.branch == source.branch] if source.branch else []))
    )
    waits: list[float] = []
    in_time = told = 0
    for row in await source.session.execute(query):
        told += 1
        accepted = row.ended_at if row.ending is Ending.ACCEPTED else None
        first = min((at for at in (row.taken_at, accepted) if at is not None and at <= source.as_of), default=None)
        if first is not None:
            waits.append((first - row.made_at).total_seconds() / 60)
            in_time += first <= row.due_at
    if not told:
        return ""
    taken = f"Об опасности без ответа диспетчера: {told}, приняты: {len(waits)}, из них в срок: {in_time}"
    if not waits:
        return taken
    minutes = f"{mean(waits):.1f} мин, самое долгое {max(waits):.1f} мин".replace(".", ",")
    return f"{taken}; до принятия в среднем {minutes}"
