"""The register's promise behind an item, of a call or a visit: tried with it, and settled where the item ends."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from appeals import history
from appeals.casework import promises
from appeals.codes import PromiseKind
from appeals.models import Appeal, Promise
from gridline.errors import NotFound
from worklist.codes import Ending
from worklist.models import WorkItem

NOT_WANTED: Final = frozenset({Ending.DECLINED, Ending.UNFOUNDED})
"""Endings after which nobody is owed anything: neither kept nor broken."""


OF_ITEMS: Final = frozenset({PromiseKind.CALLBACK, PromiseKind.VISIT})
"""Promises that end with the item of the worklist, and in no other way."""


async def promised(
    session: AsyncSession, item: WorkItem, actor: str, at: datetime, *, kind: PromiseKind = PromiseKind.CALLBACK
) -> None:
    """Promise the call or the visit in the history of the item's appeal.

    Raises NotFound without that appeal, InvalidInput for a time that has passed.
    """
    appeal = await session.get(Appeal, item.appeal_id, with_for_update=True)
    if appeal is None:
        raise NotFound("Такого обращения нет.")
    promise = promises.new(
        item.company_id,
        kind,
        owner=actor,
        made_at=at,
        due_at=item.due_at,
        call_id=item.call_id,
        appeal_id=appeal.id,
        subject_id=item.id,
    )
    session.add(promise)
    item.promise_id = promise.id
    await history.append(session, appeal, at, actor, promises.happening("promise_made", promise))


async def tried(session: AsyncSession, item: WorkItem, actor: str, at: datetime) -> None:
    """Say in the appeal's history that it was tried."""
    await _tell(session, item, actor, at, ended=False)


async def ended(session: AsyncSession, item: WorkItem, actor: str, at: datetime) -> None:
    """Settle the promise of an item that ends at `at`; one that was settled otherwise (a closed appeal) stays so."""
    await _tell(session, item, actor, at, ended=True)


def done_at(item: WorkItem, at: datetime) -> datetime:
    """When what was promised was done: a visit is marked when they came back, and was made in its time."""
    return min(at, item.due_at) if item.ending is Ending.VISITED else at


async def _tell(session: AsyncSession, item: WorkItem, actor: str, at: datetime, *, ended: bool) -> None:
    if item.promise_id is None:
        return
    promise = await session.get(Promise, item.promise_id, with_for_update=True)
    if promise is None or promise.settled_at is not None or promise.kind not in OF_ITEMS:
        return
    event = "promise_attempted"
    if ended:
        settled = done_at(item, at)
        event = f"promise_{promises.settle(promise, settled, void=item.ending in NOT_WANTED)}"
    appeal = await session.get(Appeal, promise.appeal_id, with_for_update=True)
    if appeal is not None:
        await history.append(session, appeal, at, actor, promises.happening(event, promise))
