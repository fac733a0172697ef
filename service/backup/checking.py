"""Reads a backup again and compares every file with its SHA-256: what was changed, cut or lost is named."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from gridline.errors import GridlineError
from service.backup.target import BackupFolder, sum_of

NAMED = 20
"""How many files are named of a snapshot."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What was read, and in sentences what is wrong with it."""

    snapshots: int
    files: int
    bytes: int
    wrong: Sequence[str]


async def check(target: BackupFolder) -> Checked:
    """Check every snapshot; a file that several have is read once. Raises NotFound, Conflict while a backup is made."""
    wrong: list[str] = []
    read: dict[str, bool] = {}
    size = 0
    with target.unchanged():
        target.newest()
        names = target.names()
        for name in names:
            bad: list[str] = []
            try:
                with target.files(name) as files:
                    for one in files.of(""):
                        if one.sha256 not in read:
                            read[one.sha256] = await asyncio.to_thread(_is_whole, target, one.sha256)
                            size += one.bytes
                        if not read[one.sha256]:
                            bad.append(one.name)
            except GridlineError as error:
                wrong.append(error.message)
            wrong += [f"Снимок {name}: файл {one} изменён, оборван или потерян." for one in bad[:NAMED]]
            if len(bad) > NAMED:
                wrong.append(f"Снимок {name}: и ещё файлов: {len(bad) - NAMED}.")
    return Checked(len(names), len(read), size, wrong)


def _is_whole(target: BackupFolder, sha256: str) -> bool:
    try:
        return sum_of(target.place(sha256)) == sha256
    except OSError:
        return False
