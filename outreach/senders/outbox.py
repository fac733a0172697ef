"""The default way: each message becomes a file in a folder, from where whatever the company has may take it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import Final

from gridline.errors import Unavailable
from gridline.synced import write_synced
from outreach.models import MessageState
from outreach.senders.port import Parcel

OUTBOX: Final = "messages"
"""The folder's name under `var`."""


def file_of(folder: Path, id: str) -> Path:
    """Where a message lies."""
    return folder / f"{id}.json"


class OutboxFolder:
    """Messages as `<id>.json`, whole and synced."""

    repeatable = True
    """Sent again it is the same file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, parcel: Parcel) -> tuple[str, ...]:
        """Write the file. Raises Unavailable on a bad disk."""
        try:
            await asyncio.to_thread(self._write, parcel)
        except OSError as error:
            raise Unavailable(f"Сообщение не сохранено в папку исходящих: {error}") from error
        return ()

    async def ask(self, provider_id: str) -> MessageState | None:
        """Nobody says what becomes of a file."""
        return None

    async def close(self) -> None:
        """Nothing is open."""

    def _write(self, parcel: Parcel) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        write_synced(file_of(self._folder, parcel.id), json.dumps(asdict(parcel), ensure_ascii=False))
