"""Announcements as they are stored: published, in force, withdrawn; every query about them, and who may see them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from gridline.db import Reads, UtcDateTime
from gridline.errors import Conflict, InvalidInput, NotFound
from gridline.scope import OutOfScope, Scope
from ivr.storm.models import Announcement

LONGEST_S = 40.0
"""A caller listens no longer: the limit of any statement."""
LONGEST_TEXT = 600
LONGEST_SPOKEN = 1000
"""Letters of the words as they are spoken, numbers opened: more are never heard in LONGEST_S, and need not be made."""

_IN_FORCE = (Announcement.ends_at > bindparam("now", type_=UtcDateTime), Announcement.withdrawn_at.is_(None))
"""Which are, at the moment `now`."""
_IDS = select(Announcement.id).where(*_IN_FORCE)


async def ids_in_force(session: Reads, now: datetime) -> set[str]:
    """The ids of those that `in_force` gives, without their sound."""
    return set(await session.scalars(_IDS, {"now": now}))


async def in_force(session: AsyncSession, now: datetime) -> list[Announcement]:
    """Those that have begun or will, of every company and branch, with their sound; the earliest first."""
    query = select(Announcement).where(*_IN_FORCE).options(undefer(Announcement.sound))
    return list(await session.scalars(query.order_by(Announcement.starts_at, Announcement.id), {"now": now}))


async def current(session: AsyncSession, company_id: str, branch: str, now: datetime) -> list[Announcement]:
    """What a caller of this branch hears now; an empty branch is a caller of whom none is known."""
    query = select(Announcement).where(
        Announcement.company_id == company_id,
        Announcement.branch.in_(("", branch)),
        Announcement.starts_at <= now,
        Announcement.ends_at > now,
        Announcement.withdrawn_at.is_(None),
    )
    return list(await session.scalars(query.order_by(Announcement.starts_at, Announcement.id)))


async def of_company(
    session: AsyncSession, company_id: str, since: datetime, *, visible_to: Scope, most: int
) -> list[Announcement]:
    """What was announced since a moment, the latest first."""
    own = (Announcement.company_id == company_id, Announcement.ends_at >= since)
    query = select(Announcement).where(*own, visible_to.where(Announcement.company_id, Announcement.branch))
    return list(await session.scalars(query.order_by(Announcement.made_at.desc()).limit(most)))


async def find(session: AsyncSession, id: str, *, visible_to: Scope) -> Announcement:
    """One announcement with its sound. Raises NotFound, and OutOfScope when it is not the asker's."""
    found = await session.scalar(
        select(Announcement).options(undefer(Announcement.sound)).where(Announcement.id == id).with_for_update()
    )
    if found is None:
        raise NotFound("Такого объявления нет.")
    if not visible_to.holds(found.company_id, found.branch):
        raise OutOfScope("Такого объявления нет.")
    return found


def checked(text: str, seconds: float, starts_at: datetime, ends_at: datetime) -> None:
    """Raises InvalidInput for what cannot be announced: too long to listen to, or over before it begins."""
    if ends_at <= starts_at:
        raise InvalidInput("Объявление кончается раньше, чем начинается. Исправьте время.")
    checked_length(text, seconds)


def checked_length(text: str, seconds: float) -> None:
    """Raises InvalidInput for what is too long to listen to."""
    if len(text) > LONGEST_TEXT or seconds > LONGEST_S:
        raise InvalidInput(f"Объявление длиннее {LONGEST_S:.0f} с. Сократите его: звонящие столько не слушают.")


def withdraw(one: Announcement, actor: str, now: datetime) -> None:
    """Take it back at once. Raises Conflict when it is over already."""
    if one.withdrawn_at is not None or one.ends_at <= now:
        raise Conflict("Это объявление уже не звучит.")
    one.withdrawn_at, one.withdrawn_by = now, actor
