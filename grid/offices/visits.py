"""Booked visits: every question about them, with who may see the answer; and what is forgotten of them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, and_, false, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from grid.offices.models import Appointment, VisitState
from gridline.errors import NotFound
from gridline.scope import Scope


def visible(scope: Scope) -> ColumnElement[bool]:
    """Whether a row of `appointments` is within the scope; the trust line has none."""
    return false() if scope.trust else scope.where(Appointment.company_id, Appointment.branch)


async def by_number(session: AsyncSession, company_id: str, number: str) -> Appointment | None:
    """The visit that this number stands for now, whatever became of it; None: no such number was told."""
    query = select(Appointment).where(
        Appointment.company_id == company_id,
        Appointment.number == number,
        Appointment.state != VisitState.SUPERSEDED,
    )
    return (await session.scalars(query)).one_or_none()


async def find(session: AsyncSession, id: str, *, visible_to: Scope) -> Appointment:
    """One visit. Raises NotFound."""
    query = select(Appointment).where(Appointment.id == id, visible(visible_to))
    found = (await session.scalars(query)).one_or_none()
    if found is None:
        raise NotFound("Такой записи на приём нет.")
    return found


async def of_office(
    session: AsyncSession,
    company_id: str,
    office_id: str,
    since: datetime,
    until: datetime,
    *,
    visible_to: Scope,
    states: Collection[VisitState] = (),
) -> list[Appointment]:
    """Visits of an office that begin in the period, by time; those that were moved away are left out."""
    query = select(Appointment).where(
        Appointment.company_id == company_id,
        Appointment.office_id == office_id,
        Appointment.starts_at >= since,
        Appointment.starts_at < until,
        Appointment.state != VisitState.SUPERSEDED,
        visible(visible_to),
    )
    if states:
        query = query.where(Appointment.state.in_(states))
    return list(await session.scalars(query.order_by(Appointment.starts_at, Appointment.window_no, Appointment.id)))


async def to_come(
    session: AsyncSession, company_id: str, now: datetime, *, phone: str, call_id: str, visible_to: Scope
) -> list[Appointment]:
    """Visits to come of this telephone, and those that were booked in this call; by time."""
    theirs = [Appointment.call_id == call_id]
    if phone:
        theirs.append(Appointment.phone == phone)
    query = select(Appointment).where(
        or_(*theirs),
        Appointment.company_id == company_id,
        Appointment.state == VisitState.BOOKED,
        Appointment.starts_at > now,
        visible(visible_to),
    )
    return list(await session.scalars(query.order_by(Appointment.starts_at, Appointment.id)))


async def forget_callers(session: AsyncSession, calls: Collection[str]) -> None:
    """Keep nothing that leads to whoever booked, moved or cancelled a visit in these calls; the window stays booked.

    All rows of the same number go with it: one that was moved in such a call names the telephone as well.
    """
    in_calls = or_(Appointment.call_id.in_(calls), Appointment.ended_call_id.in_(calls))
    named = await session.execute(select(Appointment.company_id, Appointment.number).where(in_calls).distinct())
    for company_id, number in named.all():
        of_number = and_(Appointment.company_id == company_id, Appointment.number == number)
        await _empty(session, of_number)


async def forget(session: AsyncSession, ids: Collection[str]) -> None:
    """Keep no telephone and no name of these visits."""
    await _empty(session, Appointment.id.in_(ids))


async def forget_before(session: AsyncSession, company_id: str, before: datetime) -> int:
    """The same of every visit of a company that began before a moment; returns of how many it was kept until now."""
    old = and_(
        Appointment.company_id == company_id,
        Appointment.starts_at < before,
        or_(Appointment.phone != "", Appointment.name != ""),
    )
    ids = list(await session.scalars(select(Appointment.id).where(old)))
    await forget(session, ids)
    return len(ids)


async def _empty(session: AsyncSession, which: ColumnElement[bool]) -> None:
    emptied = update(Appointment).where(which).values(phone="", name="", call_id=None, ended_call_id=None)
    await session.execute(emptied.execution_options(synchronize_session=False))
