"""Writes small files so that they are whole or not there, whatever happens; synced ones survive a power cut."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path


def write_synced(file: Path, text: str) -> None:
    """Put `text` (UTF-8) there in one step; on return file and folder entry are on disk. Raises OSError."""
    temporary = file.with_suffix(".new")
    with whole_or_gone(temporary), temporary.open("w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    temporary.replace(file)
    sync_folder(file.parent)


def write_private(file: Path, text: str) -> None:
    """Put `text` (UTF-8) there in one step, mode 0600 from the first byte on, whatever the umask. Raises OSError."""
    temporary = file.with_name(f"{file.name}.new")
    temporary.unlink(missing_ok=True)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(text)
    temporary.replace(file)


@contextmanager
def whole_or_gone(file: Path) -> Iterator[None]:
    """While this file is written: what a full disk did not take whole takes none of its last room."""
    with ExitStack() as unfinished:
        unfinished.callback(_gone, file)
        yield
        unfinished.pop_all()


def _gone(file: Path) -> None:
    with suppress(OSError):  # what went wrong with the writing is to be told, not this
        file.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def put_aside(file: Path) -> Path:
    """Take what cannot be read out of the others' way: `NAME.broken` beside it, for a person to look at.

    A file, a folder or whatever else has that name. Raises OSError.
    """
    aside = file.with_name(f"{file.name}.broken")
    number = 1
    while aside.exists():
        number += 1
        aside = file.with_name(f"{file.name}.{number}.broken")
    file.rename(aside)
    return aside
