"""A step as a dispatcher filled it in: read, refused in words, and the outage as callers would hear it afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.people.permissions import Actor
from agent_console.wallboard.dispatch import hours
from grid.outages import listing, scope_words
from grid.outages.dispatch import ending
from grid.outages.dispatch.publishing import NewOutage
from grid.outages.listing import ListedOutage
from grid.outages.models import Outage, OutageStatus, Service
from grid.outages.scopes import ScopePart
from gridline.companies import Company
from gridline.errors import InvalidInput, NotFound

Sent = Mapping[str, object]
MINUTE: Final = timedelta(minutes=1)


class DispatchStep(StrEnum):
    """What may be done to an outage; a path and a dialog each."""

    WIDEN = "widen"
    HOUR = "hour"
    CAUSE = "cause"
    CREW = "crew"
    RESTORE = "restore"
    CONFIRM = "confirm"
    REOPEN = "reopen"
    CANCEL = "cancel"


SPOKEN: Final = frozenset(
    {
        DispatchStep.WIDEN,
        DispatchStep.HOUR,
        DispatchStep.CAUSE,
        DispatchStep.CREW,
        DispatchStep.RESTORE,
        DispatchStep.REOPEN,
    }
)
"""Steps that change what callers hear."""


@dataclass(frozen=True, slots=True)
class OutageDraft:
    """An outage as it would be."""

    outage: Outage
    scope: tuple[ScopePart, ...]
    crew_at: datetime | None = None
    added: tuple[ScopePart, ...] = ()
    """What a step adds to the scope."""


async def new(session: AsyncSession, sent: Sent, company: Company, actor: Actor, now: datetime) -> NewOutage:
    """What a dispatcher wants to publish. Raises InvalidInput."""
    branch = actor.branch or text(sent, "branch")
    if branch and all(one.id != branch for one in company.branches):
        raise NotFound("Такого филиала нет.")
    planned = text(sent, "planned") == "1"
    zone = company.zone
    starts = hours.to_come(text(sent, "starts"), now, zone) if planned else None
    return NewOutage(
        company.id,
        service_of(sent),
        await scope_words.read(session, company.id, text(sent, "scope", 4000), branch),
        starts or hours.gone_by("" if planned else text(sent, "starts"), now, zone),
        expected_end=hours.to_come(text(sent, "hour"), now, zone),
        cause=text(sent, "cause"),
        branch=branch,
        planned=planned,
        proposal_id=text(sent, "proposal") or None,
    )


def of_new(wanted: NewOutage) -> OutageDraft:
    """The outage that would be published."""
    outage = Outage(
        id="",
        company_id=wanted.company_id,
        code="",
        service=wanted.service,
        planned=wanted.planned,
        status=OutageStatus.ACTIVE,
        cause=wanted.cause,
        starts_at=wanted.starts_at,
        expected_end=wanted.expected_end,
        actual_end=None,
    )
    return OutageDraft(outage, wanted.scope)


async def changed(
    session: AsyncSession, listed: ListedOutage, step: DispatchStep, sent: Sent, company: Company, now: datetime
) -> OutageDraft:
    """The outage after the step; the nested one after REOPEN. Raises InvalidInput."""
    draft = OutageDraft(_copy(listed.outage), listed.scope, listed.crew_at)
    outage, zone = draft.outage, company.zone
    match step:
        case DispatchStep.WIDEN:
            return _widened(draft, await _scope(session, sent, company, outage))
        case DispatchStep.REOPEN:
            added = await _scope(session, sent, company, outage)
            nested = await ending.nested_in(session, outage.id)
            if nested is None:
                first = NewOutage(
                    company.id, outage.service, added, outage.starts_at, cause=outage.cause, branch=outage.branch
                )
                return replace(of_new(first), added=added)
            (one,) = await listing.listed(session, [nested], now)
            return _widened(OutageDraft(_copy(nested), one.scope, one.crew_at), added)
        case DispatchStep.HOUR:
            outage.expected_end = hours.to_come(text(sent, "hour"), now, zone)
        case DispatchStep.CAUSE:
            outage.cause = text(sent, "cause")
        case DispatchStep.RESTORE:
            at = hours.gone_by(text(sent, "at"), now, zone)
            # A typed moment is a whole minute: the one it began in is no end before its start.
            outage.actual_end = max(at, outage.starts_at) if at + MINUTE > outage.starts_at else at
            outage.status = OutageStatus.RESTORED
        case DispatchStep.CREW:
            return replace(draft, crew_at=now)
    return draft


def text(sent: Sent, name: str, at_most: int = 300) -> str:
    """A field's words. Raises InvalidInput for too many."""
    words = str(sent.get(name, "")).replace("\0", "").strip()
    if len(words) > at_most:
        raise InvalidInput(f"Слишком длинно: не больше {at_most} знаков.")
    return words


def service_of(sent: Sent) -> Service:
    """Raises InvalidInput."""
    try:
        return Service(text(sent, "service") or Service.ELECTRICITY)
    except ValueError as error:
        raise InvalidInput("Что отключено: электричество или вода?") from error


async def _scope(session: AsyncSession, sent: Sent, company: Company, outage: Outage) -> tuple[ScopePart, ...]:
    return await scope_words.read(session, company.id, text(sent, "scope", 4000), outage.branch)


def _widened(draft: OutageDraft, added: tuple[ScopePart, ...]) -> OutageDraft:
    return replace(draft, scope=(*draft.scope, *added), added=added)


def _copy(outage: Outage) -> Outage:
    return Outage(**{column.key: getattr(outage, column.key) for column in Outage.__mapper__.columns})
