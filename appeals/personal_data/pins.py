"""A report to the trust line asked about by whoever made it: the number and a PIN, both told to them alone.

Nobody is known by their telephone here, so the PIN is all there is: six digits, kept as a salted hash that is slow to
make, and tried a few times an hour. A number that does not exist, one of another kind and a wrong PIN are one answer.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from appeals import history, numbering
from appeals.codes import AppealKind, AppealState
from appeals.history import Happening
from appeals.models import Appeal, AppealPin
from appeals.personal_data import guesses
from gridline.db import Database
from gridline.errors import Conflict, InvalidInput, NotFound

LENGTH: Final = 6
LONGEST: Final = 600
"""Characters of an answer that is read out: forty seconds, as long as anybody listens to a robot."""
ANSWERED: Final = "pin_answered"
"""The event's kind; its body holds a digest of the words."""


@dataclass(frozen=True, slots=True)
class PinResult:
    """What whoever knows number and PIN may hear."""

    state: AppealState
    received_at: datetime
    answer: str
    """Written for them by the security service; empty: nothing yet."""


async def issue(db: Database, appeal_id: str, *, within_s: float | None = None) -> str:
    """A PIN for an appeal just registered; of it only the hash is stored. An earlier one counts no more.

    Raises Unavailable.
    """
    pin, salt = f"{secrets.randbelow(10**LENGTH):0{LENGTH}}", secrets.token_hex(16)
    hashed = await asyncio.to_thread(_hash, pin, salt)
    async with db.write(within_s=within_s) as session:
        row = await session.get(AppealPin, appeal_id, with_for_update=True)
        if row is None:
            session.add(AppealPin(appeal_id=appeal_id, salt=salt, hash=hashed))
        else:
            row.salt, row.hash, row.tries, row.locked_until = salt, hashed, 0, None
    return pin


async def ask(
    db: Database, company_id: str, number: str, pin: str, at: datetime, *, within_s: float
) -> PinResult | None:
    """What is known of the report, for whoever keyed both; None: they are not together, or it is locked.

    A try is counted before it is looked at, so that many at once are no more than one after another. All ways to None
    take as long. Raises Unavailable.
    """
    row = await _try(db, company_id, number, at, within_s)
    salt, kept = (row.salt, row.hash) if row is not None else (secrets.token_hex(16), "")
    hashed = await asyncio.to_thread(_hash, pin, salt)
    if row is None or not hmac.compare_digest(hashed, kept):
        return None
    async with db.write(within_s=within_s) as session:
        found = await session.get(AppealPin, row.appeal_id, with_for_update=True)
        appeal = await session.get(Appeal, row.appeal_id)
        if found is None or appeal is None:
            return None
        guesses.forgive(found)
        return PinResult(appeal.state, appeal.received_at, found.answer or "")


async def write_answer(
    session: AsyncSession, appeal_id: str, text: str, *, actor: str, version: int, at: datetime
) -> None:
    """Keep what is read out to whoever asks by number and PIN; written again it replaces the earlier words.

    Raises NotFound (no such appeal, or it has no PIN), Conflict (somebody changed the appeal), InvalidInput.
    """
    if not text:
        raise InvalidInput("Напишите ответ, который услышит звонящий.")
    if len(text) > LONGEST:
        raise InvalidInput(f"Ответ длиннее {LONGEST} знаков: вслух столько не дослушают. Сократите его.")
    appeal = await session.get(Appeal, appeal_id, with_for_update=True)
    row = await session.get(AppealPin, appeal_id, with_for_update=True)
    if appeal is None or row is None:
        raise NotFound("У этого обращения нет пин-кода: ответ по нему никто не услышит.")
    if appeal.version != version:
        raise Conflict("Обращение уже изменили.")
    row.answer, row.answered_by, row.answered_at = text, actor, at
    appeal.version += 1
    await history.append(session, appeal, at, actor, Happening(ANSWERED, {"digest": history.sha256(row.salt + text)}))


async def of_appeal(session: AsyncSession, appeal_id: str) -> AppealPin | None:
    """What is kept for whoever asks about this appeal; None: nobody can, it has no PIN."""
    return await session.get(AppealPin, appeal_id)


async def _try(db: Database, company_id: str, number: str, at: datetime, within_s: float) -> AppealPin | None:
    """The row, its try counted; None where there is none, or it is locked."""
    try:
        digits = numbering.read(number).digits
    except InvalidInput:
        return None
    async with db.write(within_s=within_s) as session:
        query = (
            select(AppealPin)
            .join(Appeal, Appeal.id == AppealPin.appeal_id)
            .where(Appeal.company_id == company_id, Appeal.number == digits, Appeal.kind == AppealKind.TRUST)
            .with_for_update(of=AppealPin)
        )
        row = await session.scalar(query)
        if row is None or not guesses.count(row, at):
            return None
        await session.flush()
        session.expunge(row)
        return row


def _hash(pin: str, salt: str) -> str:
    """Some 50 ms and 16 MB: all million PINs of one report take a day of a processor, once somebody has the table."""
    return hashlib.scrypt(pin.encode(), salt=salt.encode(), n=2**14, r=8, p=1, dklen=32).hex()
