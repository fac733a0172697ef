"""Secrets made at first start: one file each under `var/secrets`, mode 0600, never in the repository."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from gridline.errors import Misconfigured

DIALER_SECRET = "ami-dialer"  # a file's name
RECORDER_SECRET = "ami-recorder"  # likewise


def secret(folder: Path, name: str) -> str:
    """The secret called `name`, made now if it was never made before (24 random bytes, URL-safe).

    Raises Misconfigured for an empty file: nobody signs in with nothing, and what others know is not changed silently.
    """
    file = folder / name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read(file)
    with os.fdopen(handle, "w") as out:
        out.write(secrets.token_urlsafe(24))
        out.flush()
        os.fsync(out.fileno())
    return _read(file)


def _read(file: Path) -> str:
    try:
        kept = file.read_text("ascii").strip()
    except UnicodeDecodeError:
        kept = ""
    if not kept:
        raise Misconfigured(
            f"Секрет {file} пуст или испорчен. Верните его из резервной копии; или удалите файл, и новый будет создан "
            "при запуске (тогда задайте его и там, где знали прежний)."
        )
    return kept
