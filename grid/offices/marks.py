"""What the office marks of a visit: arrived, called to the window, served, missed; and the last mark taken back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from grid.offices.models import Appointment, VisitState
from gridline.errors import Conflict


class VisitMark(StrEnum):
    """A step of a visit."""

    ARRIVED = "arrived"
    CALLED = "called"
    SERVED = "served"
    MISSED = "missed"
    BACK = "back"
    """The last mark was a mistake."""


@dataclass(frozen=True, slots=True)
class _Step:
    state: VisitState
    """The state it leads to."""
    before: Collection[VisitState]
    moment: str = ""
    """The column that keeps when."""
    cleared: Collection[str] = ()


_B, _A, _S, _M = VisitState.BOOKED, VisitState.ARRIVED, VisitState.SERVED, VisitState.MISSED
_STEPS: Final[Mapping[VisitMark, _Step]] = {
    VisitMark.ARRIVED: _Step(_A, (_B, _M), "arrived_at", ("ended_at",)),
    VisitMark.CALLED: _Step(_A, (_A,), "called_at"),
    VisitMark.SERVED: _Step(_S, (_A,), "served_at"),
    VisitMark.MISSED: _Step(_M, (_B, _A), "ended_at"),
}


def open_to(visit: Appointment) -> tuple[VisitMark, ...]:
    """The marks that may be made of a visit as it stands, the usual one first."""
    match visit.state:
        case VisitState.BOOKED:
            return (VisitMark.ARRIVED, VisitMark.MISSED)
        case VisitState.ARRIVED if visit.called_at is None:
            return (VisitMark.CALLED, VisitMark.MISSED, VisitMark.BACK)
        case VisitState.ARRIVED:
            return (VisitMark.SERVED, VisitMark.BACK)
        case VisitState.SERVED:
            return (VisitMark.BACK,)
        case VisitState.MISSED:
            return (VisitMark.ARRIVED,)
        case _:
            return ()


async def make(session: AsyncSession, visit: Appointment, mark: VisitMark, *, now: datetime) -> None:
    """Make a mark. Raises Conflict where the visit does not stand so (any more)."""
    if mark not in open_to(visit):
        raise Conflict("Эту отметку сейчас поставить нельзя: запись уже изменили. Обновите страницу.")
    values: dict[str, Any]
    if mark is VisitMark.BACK:
        values = _taken_back(visit)
    else:
        step = _STEPS[mark]
        values = {"state": step.state, step.moment: now} | dict.fromkeys(step.cleared)
    unchanged = (Appointment.state == visit.state, Appointment.called_at.is_not_distinct_from(visit.called_at))
    query = update(Appointment).where(Appointment.id == visit.id, *unchanged).values(values)
    if (await session.execute(query.returning(Appointment.id))).first() is None:
        raise Conflict("Эту запись только что изменил другой сотрудник. Обновите страницу.")


def _taken_back(visit: Appointment) -> dict[str, Any]:
    if visit.state is VisitState.SERVED:
        return {"state": VisitState.ARRIVED, "served_at": None}
    if visit.called_at is not None:
        return {"called_at": None}
    return {"state": VisitState.BOOKED, "arrived_at": None}
