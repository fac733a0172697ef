"""Messages about a booked visit to whoever agreed to them: anew when it is moved, and that it is cancelled.

Each is stored in the transaction of what it tells. The consent is for the number of the visit, which a move keeps.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from grid.offices import numbers
from grid.offices.models import Appointment
from gridline.companies import Company
from outreach import consents, stored, texts
from outreach.messages import Messages
from outreach.models import Purpose


async def tell(
    session: AsyncSession,
    messages: Messages,
    company: Company,
    visit: Appointment,
    address: str,
    *,
    call_id: str | None,
    now: datetime,
) -> None:
    """When, where and under which number it is: of a visit that was booked or moved. What it was before stays here."""
    key = f"visit:{visit.id}"
    known = await stored.of_subject(session, visit.company_id, visit.number)
    if any(one.key.startswith(key) for one in known):  # the form was sent twice
        return
    await stored.withdraw_about(session, [visit.number], Purpose.VISIT, now)
    text = texts.visit(company, visit.starts_at, address, numbers.written(visit.number))
    await _to_all(session, messages, visit, text, key, call_id)


async def tell_cancelled(
    session: AsyncSession,
    messages: Messages,
    company: Company,
    visit: Appointment,
    *,
    call_id: str | None,
    now: datetime,
) -> None:
    """That it is cancelled: to who was told of it. A message that waits still tells what is not so and stays here."""
    await stored.withdraw_about(session, [visit.number], Purpose.VISIT, now)
    known = await stored.of_subject(session, visit.company_id, visit.number)
    if any(one.state.may_have_left for one in known):
        text = texts.visit_cancelled(company, visit.starts_at, numbers.written(visit.number))
        await _to_all(session, messages, visit, text, f"visit-cancelled:{visit.id}", call_id)


async def _to_all(
    session: AsyncSession, messages: Messages, visit: Appointment, text: str, key: str, call_id: str | None
) -> None:
    for given in await consents.of_subject(session, visit.company_id, Purpose.VISIT, visit.number):
        await messages.queue(
            session,
            visit.company_id,
            given.phone,
            text,
            Purpose.VISIT,
            f"{key}:{given.id}",
            given.id,
            subject_id=visit.number,
            call_id=call_id,
        )
