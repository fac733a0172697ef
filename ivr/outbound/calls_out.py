"""Calls we have placed, as they are stored: begun, ended, and those whose end nobody saw."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, func, literal, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from grid.outages import tellings
from gridline.db import Database
from gridline.errors import Conflict
from ivr.outbound.models import CallOutRecord
from outreach import campaigns
from worklist.models import WorkContact

LONGEST: Final = timedelta(hours=1)
"""No call we place lasts so long: one that is open still was left by a node that is gone."""


async def begin(db: Database, record: CallOutRecord) -> None:
    """Store a call that is about to be placed. Raises Conflict while its number is being called, Unavailable."""
    try:
        async with db.write() as session:
            session.add(record)
    except IntegrityError as error:
        raise Conflict(f"По номеру {record.phone} уже идёт наш звонок.") from error


async def end(db: Database, record: CallOutRecord) -> None:
    """Store what became of it. Raises Unavailable: then it ends as unknown."""
    async with db.write() as session:
        known = await session.scalar(select(CallOutRecord.phone).where(CallOutRecord.id == record.id))
        record.phone = known or record.phone  # whoever was called may have been forgotten meanwhile
        await session.merge(record)


async def placed_since(session: AsyncSession, subject_id: str, since: datetime) -> bool:
    """Whether a call about this was placed then or later, whatever became of it."""
    mine = (CallOutRecord.subject_id == subject_id, CallOutRecord.placed_at >= since)
    return await session.scalar(select(CallOutRecord.id).where(*mine).limit(1)) is not None


async def left_open(db: Database, node: str, now: datetime) -> Sequence[str]:
    """The ids of calls that have no end: all of this node's, another's when it is too old. Raises Unavailable."""
    whose = or_(CallOutRecord.node == node, CallOutRecord.placed_at < now - LONGEST)
    left = (CallOutRecord.ended_at.is_(None), whose)
    async with db.read() as session:
        return (await session.scalars(select(CallOutRecord.id).where(*left))).all()


async def close(db: Database, ids: Sequence[str], at: datetime) -> None:
    """End these as unknown. Raises Unavailable."""
    async with db.write() as session:
        still_open = (CallOutRecord.id.in_(ids), CallOutRecord.ended_at.is_(None))
        await session.execute(update(CallOutRecord).where(*still_open).values(ended_at=at))


async def forget_callers(session: AsyncSession, calls: Collection[str]) -> None:
    """Keep no number of the callers of these calls.

    Of what duty telephones heard about them, and of calls to whoever agreed to them in these calls, it stays that the
    calls were made and which prompts were heard, not the words: a number or an address is in them.
    """
    about = CallOutRecord.subject_id.in_(select(WorkContact.item_id).where(WorkContact.call_id.in_(calls)))
    await _forget_words(session, about)
    await _forget(session, CallOutRecord.subject_id.in_(campaigns.of_consents_in(calls)))


async def forget(session: AsyncSession, ids: Collection[str]) -> None:
    """Keep no number and no words of these calls; that they were made and which prompts were heard stays."""
    await _forget(session, CallOutRecord.id.in_(ids))


async def _forget(session: AsyncSession, which: ColumnElement[bool]) -> None:
    await _forget_words(session, which)
    await tellings.forget_called(session, select(CallOutRecord.id).where(which))
    nobody = literal(campaigns.NOBODY) + func.substr(CallOutRecord.id, 1, 15)
    await session.execute(update(CallOutRecord).where(which).values(phone=nobody))


async def _forget_words(session: AsyncSession, which: ColumnElement[bool]) -> None:
    for record in await session.scalars(select(CallOutRecord).where(which)):
        record.heard = [{**said, "text": ""} for said in record.heard]
