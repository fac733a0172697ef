"""Consents to be called or written to: given, asked for, withdrawn; the only queries about them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from grid.models import Premise
from grid.outages.models import Outage, OutageScope
from grid.outages.scopes import holds, in_branch, premises_of
from gridline.db import unindexed
from outreach.models import Consent, Purpose


async def give(session: AsyncSession, consent: Consent) -> Consent:
    """Store a consent; given again in the same call, on the same matter, it is the same one."""
    same = select(Consent).where(
        Consent.call_id == consent.call_id,
        Consent.purpose == consent.purpose,
        Consent.phone == consent.phone,
        Consent.subject_id == consent.subject_id,
        Consent.withdrawn_at.is_(None),
    )
    if (known := await session.scalar(same.limit(1))) is not None:
        known.recording_id = known.recording_id or consent.recording_id
        return known
    session.add(consent)
    return consent


async def valid(
    session: AsyncSession, company_id: str, phone: str, purpose: Purpose, *, subject_id: str | None = None
) -> Consent | None:
    """The consent that a call or a message to this number (E.164) may stand on now; None: it must not be made."""
    query = (
        select(Consent)
        .where(
            Consent.company_id == company_id,
            Consent.phone == phone,
            Consent.purpose == purpose,
            Consent.withdrawn_at.is_(None),
            or_(Consent.subject_id.is_(None), Consent.subject_id == subject_id),
        )
        .order_by(Consent.given_at.desc())
        .limit(1)
    )
    found: Consent | None = await session.scalar(query)
    return found


async def of_subject(session: AsyncSession, company_id: str, purpose: Purpose, subject_id: str) -> list[Consent]:
    """Who agreed to be reached about this matter and has not withdrawn, the earliest first."""
    query = select(Consent).where(
        Consent.company_id == company_id,
        Consent.purpose == purpose,
        Consent.subject_id == subject_id,
        Consent.withdrawn_at.is_(None),
    )
    return list(await session.scalars(query.order_by(Consent.given_at)))


async def of_premises_in(
    session: AsyncSession, outage: Outage, purpose: Purpose, *, phone: str | None = None
) -> list[tuple[Consent, Premise]]:
    """Who agreed to be reached about a premise that the outage leaves without supply, the earliest first.

    `phone`: of this number (E.164) alone. One number may have agreed for several premises.
    """
    scope = list(await session.scalars(select(OutageScope).where(OutageScope.outage_id == outage.id)))
    # From the premises to their consents: a company's consents are far more than those of one outage.
    given = unindexed(and_(Consent.company_id == outage.company_id, Consent.purpose == purpose))
    query = (
        select(Consent, Premise)
        .join(Premise, Premise.id == Consent.subject_id)
        .where(premises_of(outage.company_id, scope), in_branch(Premise.branch, outage.branch))
        .where(given, Consent.withdrawn_at.is_(None))
        .order_by(Consent.given_at, Consent.id)
    )
    if phone is not None:
        query = query.where(Consent.phone == phone)
    found = (await session.execute(query)).all()
    return [(consent, premise) for consent, premise in found if any(holds(row, premise) for row in scope)]


async def was_asked(session: AsyncSession, company_id: str, phone: str, purpose: Purpose, subject_id: str) -> bool:
    """Whether this number has answered the question about this matter before, whatever it said then."""
    same = (Consent.company_id == company_id, Consent.phone == phone, Consent.purpose == purpose)
    query = select(Consent.id).where(*same, Consent.subject_id == subject_id).limit(1)
    return await session.scalar(query) is not None


async def withdraw(session: AsyncSession, company_id: str, phone: str, *, at: datetime, call_id: str | None) -> int:
    """Withdraw everything this number agreed to; returns how many consents that were."""
    given = (Consent.company_id == company_id, Consent.phone == phone, Consent.withdrawn_at.is_(None))
    done = await session.execute(
        update(Consent).where(*given).values(withdrawn_at=at, withdrawn_call_id=call_id).returning(Consent.id)
    )
    return len(done.all())
