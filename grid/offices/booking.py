"""Books, moves and cancels visits: two people never hold one window, and whoever comes second is told so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from grid.offices import numbers
from grid.offices.models import FREED, Appointment, VisitState
from grid.offices.slots import OfficeTimes, Taken
from gridline.db import insert_missing
from gridline.driver import turns
from gridline.errors import Conflict, InvalidInput

TRIES: Final = 100
"""More than any office has windows."""


class SlotTaken(Conflict):
    """Every window of that time is somebody else's by now."""

    code = "slot-taken"


class TooManyVisits(Conflict):
    """This telephone, or this call, has as many visits to come as the company lets it have."""

    code = "too-many-visits"


@dataclass(frozen=True, slots=True)
class VisitOrder:
    """A visit that somebody wants."""

    id: str
    """Doing it twice under one id books once."""
    company_id: str
    topic: str
    starts_at: datetime
    phone: str
    """E.164."""
    by: str
    call_id: str | None = None
    name: str = ""


async def taken(session: AsyncSession, company_id: str, office_id: str, since: datetime, until: datetime) -> Taken:
    """The windows held at each time of the period."""
    query = select(Appointment.starts_at, Appointment.window_no).where(
        Appointment.company_id == company_id,
        Appointment.office_id == office_id,
        Appointment.starts_at >= since,
        Appointment.starts_at < until,
        Appointment.state.not_in(FREED),
    )
    found: dict[datetime, set[int]] = {}
    for at, window in await session.execute(query):
        found.setdefault(at, set()).add(window)
    return found


async def book(session: AsyncSession, times: OfficeTimes, order: VisitOrder, *, now: datetime) -> Appointment:
    """Store the visit, in the transaction of `session`.

    Raises InvalidInput for a time that the office does not offer, SlotTaken, and TooManyVisits.
    """
    if (known := await session.get(Appointment, order.id)) is not None:
        return known
    limited = [("На этот телефон", Appointment.phone == order.phone)]
    counted = [f"visits:{order.company_id}:{order.phone}"]
    if order.call_id is not None:
        limited.append(("В этом звонке", Appointment.call_id == order.call_id))
        counted.append(f"visits:{order.company_id}:{order.call_id}")
    await turns.take(session, *counted)
    for whose, is_theirs in limited:
        count = await _to_come(session, order.company_id, is_theirs, now)
        if count >= times.rules.at_once:
            raise TooManyVisits(f"{whose} уже записано приёмов: {count}. Отмените ненужный и запишите снова.")
    return await _stored(session, times, order, now=now)


async def move(
    session: AsyncSession, times: OfficeTimes, old: Appointment, order: VisitOrder, *, now: datetime
) -> Appointment:
    """The same visit at another time (or office), under the same number. Raises as `book`, and Conflict as `cancel`."""
    if (known := await session.get(Appointment, order.id)) is not None:
        return known
    await _freed(session, old, VisitState.SUPERSEDED, order.call_id, now)
    return await _stored(session, times, order, now=now, number=old.number)


async def cancel(session: AsyncSession, old: Appointment, *, call_id: str | None, now: datetime) -> None:
    """Give its window back. Raises Conflict for one that is not booked any more."""
    await _freed(session, old, VisitState.CANCELLED, call_id, now)


async def _to_come(session: AsyncSession, company_id: str, is_theirs: ColumnElement[bool], now: datetime) -> int:
    to_come = (Appointment.state == VisitState.BOOKED, Appointment.starts_at > now)
    query = select(func.count()).select_from(Appointment).where(Appointment.company_id == company_id, is_theirs)
    return await session.scalar(query.where(*to_come)) or 0


async def _freed(
    session: AsyncSession, old: Appointment, state: VisitState, call_id: str | None, now: datetime
) -> None:
    of_old = update(Appointment).where(Appointment.id == old.id, Appointment.state == VisitState.BOOKED)
    done = await session.execute(
        of_old.values(state=state, ended_at=now, ended_call_id=call_id).returning(Appointment.id)
    )
    if done.first() is None:
        raise Conflict("Эта запись уже отменена, перенесена или приём состоялся. Обновите страницу.")


async def _stored(
    session: AsyncSession, times: OfficeTimes, order: VisitOrder, *, now: datetime, number: str = ""
) -> Appointment:
    if not times.may_begin(order.starts_at, now):
        raise InvalidInput("На это время в этом офисе не записывают. Выберите другое.")
    for _ in range(TRIES):
        until = order.starts_at + timedelta(minutes=times.office.slot_min)
        here = await taken(session, order.company_id, times.office.id, order.starts_at, until)
        held = here.get(order.starts_at, ())
        free = next((window for window in range(1, times.office.windows + 1) if window not in held), None)
        if free is None:
            break
        row = _row(times, order, now) | {"window_no": free, "number": number or await _free_number(session, order)}
        await insert_missing(session, Appointment, [row])
        if (made := await session.get(Appointment, order.id)) is not None:
            return made
    raise SlotTaken("Это время только что заняли. Выберите другое.")


async def _free_number(session: AsyncSession, order: VisitOrder) -> str:
    while True:
        number = numbers.fresh()
        of_it = exists().where(Appointment.company_id == order.company_id, Appointment.number == number)
        if not await session.scalar(select(of_it)):
            return number


def _row(times: OfficeTimes, order: VisitOrder, now: datetime) -> dict[str, Any]:
    return {
        "id": order.id,
        "company_id": order.company_id,
        "branch": times.office.branch,
        "office_id": times.office.id,
        "topic": order.topic,
        "starts_at": order.starts_at,
        "minutes": times.office.slot_min,
        "state": VisitState.BOOKED,
        "phone": order.phone,
        "name": order.name,
        "booked_at": now,
        "booked_by": order.by,
        "call_id": order.call_id,
    }
