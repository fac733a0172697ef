"""Erases what messages and consents keep of a person: of an appeal that is destroyed, of a call to be forgotten.

That somebody consented, to what and when, and when they withdrew, stays as a row without a number: whoever reaches
people must prove the consent (152-ФЗ, ст. 9 ч. 3), also of what was sent before. The row's id stands in the act of
destruction, and the act in the request of the person: that is how it is proved whose it was. No digest of the number is
kept instead: there are so few numbers that it would be the number, to whoever tries them all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from appeals.models import Appeal
from gridline.db import Database
from gridline.errors import Unavailable
from outreach.models import Consent, MessageOut, MessageState
from outreach.senders.outbox import file_of

CHUNK = 500
_NOTHING: Final[dict[str, Any]] = {"to": "", "text": "", "problem": "", "key": MessageOut.id}
"""The key goes too: whoever queues a message may have made it of the number. A mail server's refusal names the box."""


async def forget_callers(session: AsyncSession, calls: Collection[str], *, at: datetime) -> None:
    """Keep no number of what was agreed to and asked for in these calls; what still waits does not leave."""
    await _empty(session, MessageOut.call_id.in_(calls), Consent.call_id.in_(calls), at)


async def forget(session: AsyncSession, *, messages: Collection[str], given: Collection[str], at: datetime) -> None:
    """Keep no number, address or words of these messages and no number of these consents (ids); what waits stays here.

    A consent that stands is withdrawn: nobody can be reached on it any more.
    """
    await _empty(session, MessageOut.id.in_(messages), Consent.id.in_(given), at)


async def erase(db: Database, folder: Path, company_id: str, numbers: Sequence[str], *, at: datetime) -> int:
    """Erase messages about destroyed appeals (their numbers), their consents and files in the outbox folder.

    Returns how many messages there were with something to erase. Safe to repeat. Raises Unavailable when a file cannot
    be removed: then its message is found again by the next run.
    """
    count = 0
    for start in range(0, len(numbers), CHUNK):
        of_company = (Appeal.company_id == company_id, Appeal.number.in_(numbers[start : start + CHUNK]))
        appeals = select(Appeal.id).where(*of_company)
        async with db.read() as session:
            query = select(MessageOut.id).where(MessageOut.subject_id.in_(appeals), MessageOut.to != "")
            found = list(await session.scalars(query))
        await remove_files(folder, found)
        async with db.write() as session:
            await _empty(session, MessageOut.subject_id.in_(appeals), Consent.subject_id.in_(appeals), at)
        count += len(found)
    return count


async def files_of_call(session: AsyncSession, call: str) -> list[str]:
    """Ids of the messages that were asked for in a call."""
    return list(await session.scalars(select(MessageOut.id).where(MessageOut.call_id == call)))


async def remove_files(folder: Path, messages: Collection[str]) -> None:
    """Remove these messages (ids) from the outbox folder. Raises Unavailable."""

    def remove() -> None:
        for id in messages:
            file_of(folder, id).unlink(missing_ok=True)

    try:
        await asyncio.to_thread(remove)
    except OSError as error:
        raise Unavailable(f"Сообщение не уничтожено: {error}") from error


async def _empty(
    session: AsyncSession, of_messages: ColumnElement[bool], of_consents: ColumnElement[bool], at: datetime
) -> None:
    unsent = update(MessageOut).where(of_messages, MessageOut.state == MessageState.WAITING)
    await session.execute(unsent.values(state=MessageState.WITHDRAWN, settled_at=at, leased_until=None))
    await session.execute(update(MessageOut).where(of_messages).values(_NOTHING))
    given = update(Consent).where(of_consents)
    await session.execute(given.where(Consent.withdrawn_at.is_(None)).values(withdrawn_at=at))
    await session.execute(given.values(phone="", recording_id=None))
