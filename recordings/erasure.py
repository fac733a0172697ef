"""Erases recordings that an act of destruction names: the sound goes, the row says that it is gone.

What is under a legal hold stays, whatever an act says, and goes when the act is carried out after the hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import not_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gridline.db import Database
from gridline.errors import Unavailable
from recordings import chain, holds
from recordings.chain import CHUNK
from recordings.models import ChainDeed, Recording, RecordingState
from recordings.store import Store


class KeptRecordings:
    """What an erasure of appeals asks about their recordings (`appeals.personal_data.erasure.KeptSounds`)."""

    async def reason_to_keep(self, session: AsyncSession, recordings: Sequence[str]) -> str | None:
        """Why these recordings (ids) may not be destroyed; None: they may."""
        return await holds.reason_to_keep(session, recordings)

    async def sums(self, session: AsyncSession, recordings: Sequence[str]) -> Mapping[str, str]:
        """Their SHA-256 by id, as they were stored; without those that never had a file."""
        query = select(Recording.id, Recording.sha256).where(Recording.id.in_(recordings))
        return {id: sha256 for id, sha256 in (await session.execute(query)).all() if sha256}


async def erase(db: Database, store: Store, ids: Sequence[str], *, node: str, at: datetime) -> list[str]:
    """Remove the sound of these recordings; returns the ids whose sound was still there. Safe to repeat.

    The file goes before the row is marked: after a crash between the two the next run finds the row again. What was
    erased is linked to the chain of `node`. Raises Unavailable when a file cannot be removed.
    """
    gone: list[str] = []
    for start in range(0, len(ids), CHUNK):
        query = select(Recording.id, Recording.file, Recording.sha256).where(
            Recording.id.in_(ids[start : start + CHUNK]),
            Recording.state != RecordingState.ERASED,
            not_(holds.is_held(Recording.call_id)),
        )
        async with db.read() as session:
            found = (await session.execute(query)).all()
        for id, file, _ in found:
            await _remove(store, file)
            gone.append(id)
        async with db.write() as session:
            marked = update(Recording).where(Recording.id.in_([id for id, _, _ in found]))
            await session.execute(marked.values(state=RecordingState.ERASED, bytes=None, seconds=None))
            sums = {id: sha256 for id, _, sha256 in found if sha256}
            await chain.append(session, node, ChainDeed.ERASED, sums, at)
    return gone


async def _remove(store: Store, file: str) -> None:
    try:
        await store.delete(file)
    except OSError as error:
        raise Unavailable(f"Запись не уничтожена: {error}") from error
