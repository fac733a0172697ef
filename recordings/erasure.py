"""Erases recordings that an act of destruction names: the sound goes, the row says that it is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import select, update

from gridline.db import Database
from gridline.errors import Unavailable
from recordings.models import Recording, RecordingState

CHUNK = 500


async def erase(db: Database, store: Path, ids: Sequence[str]) -> list[str]:
    """Remove the sound of these recordings; returns the ids whose sound was still there. Safe to repeat.

    The file goes before the row is marked: after a crash between the two the next run finds the row again.
    Raises Unavailable when a file cannot be removed.
    """
    gone: list[str] = []
    for start in range(0, len(ids), CHUNK):
        query = select(Recording.id, Recording.file).where(
            Recording.id.in_(ids[start : start + CHUNK]), Recording.state != RecordingState.ERASED
        )
        async with db.read() as session:
            found = (await session.execute(query)).all()
        for id, file in found:
            await asyncio.to_thread(_remove, store / file)
            gone.append(id)
        async with db.write() as session:
            marked = update(Recording).where(Recording.id.in_([id for id, _ in found]))
            await session.execute(marked.values(state=RecordingState.ERASED, bytes=None, seconds=None))
    return gone


def _remove(file: Path) -> None:
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise Unavailable(f"Запись не уничтожена: {error}") from error
