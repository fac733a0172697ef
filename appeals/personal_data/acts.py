"""Acts of destruction: the one way to file one, whatever it destroys: always by two people, always for a reason."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from appeals import history
from appeals.models import DestructionAct
from gridline.db import new_id
from gridline.errors import Conflict, InvalidInput


@dataclass(frozen=True, slots=True)
class Destruction:
    """Why something is destroyed, by whom, and before which second person."""

    reason: str
    actor: str
    witness: str

    def check(self) -> None:
        """Raise InvalidInput without a reason or a second person, Conflict where the two are one."""
        if not self.reason.strip():
            raise InvalidInput("Не указано основание уничтожения.")
        if not self.witness.strip():
            raise InvalidInput("Не назван второй человек: уничтожают вдвоём.")
        if self.actor == self.witness:
            raise Conflict("Уничтожение подтверждает второй человек.")


def file(
    session: AsyncSession,
    company_id: str,
    why: Destruction,
    at: datetime,
    *,
    recordings: Sequence[str],
    sums: Mapping[str, str],
    appeals: Sequence[str] = (),
    fields: Sequence[str] = (),
    rows: Mapping[str, Sequence[str]] | None = None,
) -> DestructionAct:
    """File an act in the transaction of `session`; `sums` are the recordings' SHA-256 by id. Raises as `check`.

    `rows`: what else was emptied, by what it is: ids of consents, messages, items of the worklist.
    """
    why.check()
    items = {"appeals": appeals, "fields": fields, "recordings": recordings, "sums": sums} | (
        {"rows": rows} if rows else {}
    )
    act = DestructionAct(
        id=new_id(),
        company_id=company_id,
        at=at,
        by=why.actor,
        witness=why.witness,
        reason=why.reason,
        items=history.canonical(items),
    )
    session.add(act)
    return act


async def filed(session: AsyncSession, company_id: str) -> AsyncIterator[dict[str, Any]]:
    """What the acts of a company name, the earliest first: lists of `appeals` by number, `recordings` by id.

    One that emptied other things names them under `rows` (see `file`).
    """
    query = select(DestructionAct.items).where(DestructionAct.company_id == company_id).order_by(DestructionAct.at)
    for items in await session.scalars(query):
        yield json.loads(items)
