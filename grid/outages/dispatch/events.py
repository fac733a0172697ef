"""What every step on an outage does: the outage locked at the version that was looked at, changed, an event left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from grid.outages.joining import GOES_ON
from grid.outages.models import Outage, OutageChange, OutageEvent, OutageSource
from grid.outages.scopes import ScopePart
from gridline.errors import Conflict, InvalidInput, NotFound

CHANGES: Final[Mapping[OutageChange, str]] = MappingProxyType(
    {
        OutageChange.PUBLISHED: "опубликовано",
        OutageChange.WIDENED: "расширено",
        OutageChange.JOINED: "присоединены сообщения",
        OutageChange.HOUR: "исправлено время",
        OutageChange.CAUSE: "указана причина",
        OutageChange.CREW: "выехала бригада",
        OutageChange.RESTORED: "включено, проверяем",
        OutageChange.CONFIRMED: "включение подтверждено",
        OutageChange.ANNOUNCED: "снова объявлено",
        OutageChange.BEGUN: "началось",
        OutageChange.RESUMED: "снова отключено",
        OutageChange.REOPENED: "кому-то не включили",
        OutageChange.CANCELLED: "отменено",
    }
)
"""What happened, as a page says it."""


@dataclass(frozen=True, slots=True)
class DispatchResult:
    """What a step did."""

    outage: Outage
    joined: tuple[str, ...] = ()
    """Reports (ids) that were closed by it."""
    released: tuple[str, ...] = ()
    """Reports that are open again."""


class Overtaken(Conflict):
    """Somebody changed the outage after the asker had looked at it: `event` says who and how."""

    code = "overtaken"

    def __init__(self, event: OutageEvent | None) -> None:
        done = f" ({event.actor}: {CHANGES[event.kind]})" if event else ""
        super().__init__(f"Это отключение раньше вас изменил другой{done}. Посмотрите, что стало, и повторите.")
        self.event = event


async def locked(session: AsyncSession, outage_id: str, version: int | None) -> Outage:
    """The outage to be changed. Raises NotFound, Overtaken unless it is of that version (None: of any)."""
    outage = await session.get(Outage, outage_id, with_for_update=True, populate_existing=True)
    if outage is None:
        raise NotFound("Такого отключения нет.")
    if version is not None and outage.version != version:
        last = select(OutageEvent).where(OutageEvent.outage_id == outage_id).order_by(OutageEvent.at.desc()).limit(1)
        raise Overtaken(await session.scalar(last))
    return outage


async def locked_going_on(session: AsyncSession, outage_id: str, version: int | None) -> Outage:
    """The same, which must go on. Raises Conflict where it does not."""
    outage = await locked(session, outage_id, version)
    if outage.status not in GOES_ON:
        raise Conflict("Это отключение уже кончилось или отменено.")
    return outage


def rewritten(
    session: AsyncSession, outage: Outage, kind: OutageChange, actor: str, now: datetime, **body: Any
) -> None:
    """Changed in what a feed or a table tells too: theirs no more, lest what they tell next take it back."""
    outage.source = OutageSource.DISPATCHER
    changed(session, outage, kind, actor, now, **body)


def changed(session: AsyncSession, outage: Outage, kind: OutageChange, actor: str, now: datetime, **body: Any) -> None:
    """Changed: a new version, and an event."""
    outage.version += 1
    note(session, outage, kind, actor, now, **body)


def note(session: AsyncSession, outage: Outage, kind: OutageChange, actor: str, now: datetime, **body: Any) -> None:
    """An event of it."""
    session.add(OutageEvent(outage_id=outage.id, at=now, actor=actor, kind=kind, body=body))


def named_parts(scope: Sequence[ScopePart]) -> tuple[ScopePart, ...]:
    """What a dispatcher named, each once. Raises InvalidInput for nothing."""
    named = tuple(dict.fromkeys(part for part in scope if part.stored))
    if not named:
        raise InvalidInput("Не сказано, что отключено: выберите узел сети или место.")
    return named


def iso(moment: datetime | None) -> str | None:
    """A moment as an event keeps it."""
    return moment.isoformat() if moment else None
