"""What of an installation a backup holds, and what not because it can be made again: the list, with its reasons.

Of `var` everything is copied that is not named here: better a file too many than one lost.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

from gridline.settings import Settings
from service.process.lock import NAME as SERVE_LOCK

MADE_AGAIN: Final[Mapping[str, str]] = {
    "prompts": "said again by the voice, from the book of prompts and from the studio's recordings in the dialplan",
    "whispers": "said anew to each agent",
    "recordings/store": "copied through the store, wherever it is, file by file",
    "recordings/compressing": "half of a file that was being compressed; the whole one is in the store",
    "recordings-store.id": "knows the disk that is lost; the new one gets its own mark at the first start",
    "asterisk/etc": "rendered from settings and companies",
    "asterisk/run": "sockets of processes that are gone",
    "asterisk/agents.sqlite3*": "filled at the start from secrets and people; a browser gets a new secret by itself",
    "asterisk/var/lib": "Asterisk's registrations: telephones register anew",
    "asterisk/var/spool": "half of a file that Asterisk was writing",
    SERVE_LOCK: "held by a process that is gone",
    "restore-unfinished": "says that a restore was cut",
    "bundle-*": "a bundle that was being made",
    "report-*": "a report that was being made",
}
"""Below `var`, with the reason of each. What of Asterisk is copied: its log, with CDR and CEL, which are evidence."""

VAR: Final = "var"
RECORDINGS: Final = "recordings"
DIALPLAN: Final = "dialplan"
SETTINGS: Final = "settings/gridline.toml"
NAMED: Final = "named"
DATABASE: Final = "database"
"""The first part of a name in a backup tells where the file is from."""
SPOOL: Final = f"{VAR}/spool"
INCOMING: Final = f"{VAR}/recordings/incoming/"
_NAMED_BY_SETTINGS: Final = ("sip_tls_cert", "sip_tls_key", "http_tls_cert", "http_tls_key")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that is to be copied, and its name in the backup."""

    name: str
    file: Path


def settings_file() -> Path:
    """The settings file in force, which may be absent."""
    return Path(os.environ.get("GRIDLINE_SETTINGS", "gridline.toml"))


def sources(config: Settings) -> Iterator[SourceFile]:
    """Every file but the database and the stored recordings. Raises OSError for a folder that may not be read."""
    var = config.var.absolute()
    yield from _below(VAR, var, [*MADE_AGAIN, *_database_names(config)])
    if not config.dialplan.absolute().is_relative_to(var):
        yield from _below(DIALPLAN, config.dialplan, [])
    if settings_file().is_file():
        yield SourceFile(SETTINGS, settings_file())
    for setting, file in named_files(config).items():
        if file.is_file():
            yield SourceFile(f"{NAMED}/{setting}", file)


def spooled(config: Settings) -> Iterator[SourceFile]:
    """What was promised while the database was away, and the counter of its receipts."""
    yield from _below(SPOOL, config.var.absolute() / "spool", [])


def named_files(config: Settings) -> Mapping[str, Path]:
    """Certificates and keys that the settings name and that lie outside of `var`, by their setting."""
    named = {name: getattr(config, name) for name in _NAMED_BY_SETTINGS}
    var = config.var.absolute()
    return {name: file for name, file in named.items() if file and not file.absolute().is_relative_to(var)}


def foreign(config: Settings) -> str | None:
    """What lies in `var` and would be mixed with what comes back; None of an empty one, and of what is made again."""
    own = settings_file().absolute()
    return next((one.name for one in _below(VAR, config.var.absolute(), MADE_AGAIN) if one.file != own), None)


def _database_names(config: Settings) -> list[str]:
    """SQLite's file and what lies beside it, where they are in `var`: copied by SQLite itself."""
    scheme, _, path = config.db_url.partition(":///")
    var = config.var.absolute()
    if not scheme.startswith("sqlite") or not Path(path).absolute().is_relative_to(var):
        return []
    name = Path(path).absolute().relative_to(var)
    return [str(name), *(f"{name}{ending}" for ending in ("-wal", "-shm", "-journal"))]


def _below(group: str, folder: Path, left_out: Mapping[str, str] | list[str]) -> Iterator[SourceFile]:
    """Files of a folder and of those it links to, each folder once."""
    seen: set[tuple[int, int]] = set()
    for where, folders, files in os.walk(folder, followlinks=True, onerror=_raise):
        here = Path(where)
        status = here.stat()
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        relative = here.relative_to(folder)
        folders[:] = sorted(name for name in folders if not _is_left_out(relative / name, left_out))
        for name in sorted(files):
            file = here / name
            if file.is_file() and not name.endswith(".new") and not _is_left_out(relative / name, left_out):
                yield SourceFile(f"{group}/{relative / name}", file)


def _is_left_out(relative: Path, left_out: Mapping[str, str] | list[str]) -> bool:
    return any(fnmatch(str(relative), pattern) for pattern in left_out)


def _raise(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):  # a folder that went meanwhile
        raise error
