"""Campaigns of calls: made of an outage or a survey and the consents to it, worked off a call at a time.

At most one process has a call in hand (its lease), and one whose end was not seen is not made again: a person who was
called may not be called twice because a program died.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Select, exists, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from grid.outages.models import Outage, OutageStatus
from gridline.errors import NotFound
from gridline.scope import Scope
from outreach.campaigns import still
from outreach.campaigns.models import CallState, Campaign, CampaignCall, CampaignState, Said
from outreach.models import Consent, Purpose
from worklist.codes import AttemptResult, ItemKind
from worklist.models import WorkContact, WorkItem

LEASE: Final = timedelta(minutes=5)
"""Longer than any call of a campaign lasts, ringing included."""
NOBODY: Final = "-"
"""Begins what stands where the number of somebody forgotten was: two of them in one campaign are still two."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A call that this process is to make now."""

    id: str
    campaign_id: str
    company_id: str
    outage_id: str
    """Empty of a survey."""
    phone: str
    attempts: int
    leased_until: datetime
    """It is this process's as long as the row says the same."""
    purpose: Purpose
    before: datetime | None = None
    """When it is too late for it: the planned works begin."""


async def claim(session: AsyncSession, company_id: str, now: datetime, most: int) -> list[Claimed]:
    """Up to `most` calls of a company that are due, in this process's hands from now on; the longest due first.

    Whoever waits to hear of their supply goes before all who are only asked. A withdrawn consent ends its call here,
    before anything is dialled. Nobody is called about what is not so any more.
    """
    due = (
        select(CampaignCall, Campaign, Consent.withdrawn_at)
        .join(Campaign, Campaign.id == CampaignCall.campaign_id)
        .join(Consent, Consent.id == CampaignCall.consent_id)
        .outerjoin(Outage, Outage.id == Campaign.outage_id)
        .where(
            still.so(now),
            CampaignCall.state == CallState.WAITING,
            CampaignCall.next_at <= now,
            Campaign.company_id == company_id,
            Campaign.state == CampaignState.RUNNING,
        )
        .order_by(Campaign.purpose == Purpose.SURVEY, CampaignCall.next_at, CampaignCall.id)
        .limit(most)
        .with_for_update(of=CampaignCall, skip_locked=True)
    )
    claimed = []
    for call, campaign, withdrawn_at in await session.execute(due):
        if withdrawn_at is not None:
            call.state, call.ended_at = CallState.DONE, now
            continue
        until = now + LEASE
        call.state, call.leased_until = CallState.DIALLING, until
        about = (campaign.id, campaign.company_id, campaign.outage_id or "")
        whom = (call.phone, call.attempts, until)
        claimed.append(Claimed(call.id, *about, *whom, campaign.purpose, campaign.starts_at))
    return claimed


async def renew(session: AsyncSession, held: Claimed, now: datetime) -> Claimed | None:
    """The call with a new lease, when it may still be made; else it is given back or ended, and nobody is to be called.

    Its turn may have come long after it was claimed: by now another process may have it, the campaign may be stopped,
    the consent withdrawn, supply gone again, the works moved.
    """
    mine = (CampaignCall.id == held.id, *_held(held.leased_until))
    call = await session.scalar(select(CampaignCall).where(*mine).with_for_update())
    if call is None:
        return None
    wanted = select(Campaign.id).outerjoin(Outage, Outage.id == Campaign.outage_id)
    running = wanted.where(Campaign.id == held.campaign_id, Campaign.state == CampaignState.RUNNING, still.so(now))
    consent = await session.get_one(Consent, call.consent_id)
    if consent.withdrawn_at is not None:
        call.state, call.leased_until, call.ended_at = CallState.DONE, None, now
        return None
    if await session.scalar(running) is None:
        call.state, call.leased_until = CallState.WAITING, None
        return None
    call.leased_until = now + LEASE
    return replace(held, leased_until=now + LEASE)


async def put_off(session: AsyncSession, call_id: str, leased_until: datetime | None, until: datetime) -> None:
    """Give a call back that is held under this lease, not to be made before `until`: quiet hours."""
    given_back = {"state": CallState.WAITING, "leased_until": None, "next_at": until}
    mine = (CampaignCall.id == call_id, *_held(leased_until))
    await session.execute(update(CampaignCall).where(*mine).values(given_back))


def _held(leased_until: datetime | None) -> tuple[ColumnElement[bool], ...]:
    return CampaignCall.state == CallState.DIALLING, CampaignCall.leased_until == leased_until


async def finish(
    session: AsyncSession, call_id: str, result: AttemptResult, said: Said | None, now: datetime, again: datetime | None
) -> None:
    """Record an attempt: done, or to be tried again at `again`."""
    call = await session.get_one(CampaignCall, call_id, with_for_update=True)
    call.attempts += 1
    call.result, call.said, call.leased_until = result, said, None
    if again is None:
        call.state, call.ended_at = CallState.DONE, now
    else:
        call.state, call.next_at = CallState.WAITING, again


async def abandoned(session: AsyncSession, now: datetime) -> list[CampaignCall]:
    """Calls whose process is gone: they are in nobody's hands."""
    gone = (CampaignCall.state == CallState.DIALLING, CampaignCall.leased_until < now)
    return list(await session.scalars(select(CampaignCall).where(*gone).with_for_update(skip_locked=True)))


async def give_up(session: AsyncSession, call_id: str, now: datetime) -> None:
    """End a call whose end nobody saw."""
    ended = {"state": CallState.DONE, "leased_until": None, "ended_at": now}
    await session.execute(update(CampaignCall).where(CampaignCall.id == call_id).values(ended))


async def settle(session: AsyncSession, now: datetime) -> None:
    """Campaigns that have nobody left to call are done. Locked first: a late consent may be joining one."""
    await session.execute(select(Campaign.id).where(Campaign.state == CampaignState.RUNNING).with_for_update())
    left = exists().where(CampaignCall.campaign_id == Campaign.id, CampaignCall.state != CallState.DONE)
    running = (Campaign.state == CampaignState.RUNNING, ~left)
    await session.execute(update(Campaign).where(*running).values(state=CampaignState.DONE, changed_at=now))


async def provisional(session: AsyncSession) -> list[tuple[Outage, bool]]:
    """Provisional restorations whose campaign is over, and whether anybody answered in it.

    Whoever said «no» is in a nested outage by now: what is left of this one is back. One whose place nobody could
    reopen waits for a dispatcher, and the restoration with it.
    """
    answered = exists().where(CampaignCall.campaign_id == Campaign.id, CampaignCall.said.is_not(None))
    said_no = (CampaignCall.campaign_id == Campaign.id, CampaignCall.said == Said.NO)
    waits = (
        exists()
        .where(*said_no, WorkContact.phone == CampaignCall.phone, WorkContact.at >= Outage.actual_end)
        .where(WorkItem.id == WorkContact.item_id, WorkItem.ended_at.is_(None))
        .where(WorkItem.company_id == Outage.company_id, WorkItem.kind == ItemKind.OUTAGE_REPORT)
        .correlate(Outage, Campaign)
    )
    query = (
        select(Outage, answered)
        .join(Campaign, Campaign.outage_id == Outage.id)
        .where(
            Outage.status == OutageStatus.RESTORED,
            Outage.confirmed_at.is_(None),
            Campaign.purpose == Purpose.RESTORED,
            Campaign.state == CampaignState.DONE,
            ~waits,
        )
    )
    return [(outage, bool(told)) for outage, told in await session.execute(query)]


async def set_state(
    session: AsyncSession,
    campaign_id: str,
    state: CampaignState,
    actor: str,
    now: datetime,
    *,
    visible_to: Scope,
    surveys: bool = False,
) -> None:
    """Stop a campaign, or let it go on: one of a survey, or one of the others. Raises NotFound, OutOfScope."""
    open_one = Campaign.state.in_((CampaignState.RUNNING, CampaignState.STOPPED))
    kind = Campaign.purpose == Purpose.SURVEY if surveys else Campaign.purpose != Purpose.SURVEY
    query = select(Campaign).where(Campaign.id == campaign_id, open_one, kind)
    campaign = await session.scalar(query.with_for_update())
    if campaign is None:
        raise NotFound("Такого обзвона нет, или он уже закончен.")
    visible_to.check(campaign.company_id, campaign.branch)
    campaign.state, campaign.changed_at, campaign.changed_by = state, now, actor


async def number_of(session: AsyncSession, call_id: str) -> str | None:
    """The number (E.164) of a call while it may be kept; None once its person is to be forgotten.

    Whoever asks stores what was said in the same transaction: until its end nobody is forgotten.
    """
    phone: str | None = await session.scalar(
        select(CampaignCall.phone).where(CampaignCall.id == call_id).with_for_update()
    )
    return None if phone is None or phone.startswith(NOBODY) else phone


def of_consents_in(calls: Collection[str]) -> Select[str]:
    """Ids of the calls made on consents that were given in these calls."""
    given = select(Consent.id).where(Consent.call_id.in_(calls))
    return select(CampaignCall.id).where(CampaignCall.consent_id.in_(given))


async def forget_callers(session: AsyncSession, calls: Collection[str], *, at: datetime) -> None:
    """Keep no number of whoever agreed in these calls to be called; calls that still wait are not made."""
    await forget(session, of_consents_in(calls), at=at)


async def forget(session: AsyncSession, ids: Select[str] | Collection[str], *, at: datetime) -> None:
    """Keep no number of whoever these calls of campaigns are to; those that still wait are not made."""
    theirs = update(CampaignCall).where(CampaignCall.id.in_(ids))
    await session.execute(theirs.values(phone=literal(NOBODY) + func.substr(CampaignCall.id, 1, 15)))
    waiting = theirs.where(CampaignCall.state == CallState.WAITING)
    await session.execute(waiting.values(state=CallState.DONE, ended_at=at))
