"""PostgreSQL's own pg_dump and pg_restore, told of the database by their environment: no command line shows it."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import URL

from gridline.errors import Unavailable

_SHOWN: Final = 500
"""Characters of a program's complaint that are told."""


def environment(url: URL) -> Mapping[str, str]:
    """What libpq is to know of the database that SQLAlchemy's address names; several hosts in one are tried in turn."""
    named = url.query.get("host", ())
    hosts = [one.partition(":") for one in ([named] if isinstance(named, str) else named)] or [
        (url.host or "", ":", str(url.port or ""))
    ]
    told = {
        "PGHOST": ",".join(host for host, _, _ in hosts),
        "PGPORT": ",".join(port or str(url.port or 5432) for _, _, port in hosts),
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
        "PGSSLMODE": ssl if isinstance(ssl := url.query.get("ssl"), str) else None,
        "PGTARGETSESSIONATTRS": "read-write" if len(hosts) > 1 else None,
        "PGAPPNAME": "gridline-backup",
    }
    return {name: value for name, value in told.items() if value}


async def dump(url: URL, snapshot: str, file: Path) -> None:
    """Write what the exported snapshot sees in pg_dump's custom format. Raises Unavailable with its own words."""
    options = ("--format=custom", "--compress=1", "--no-owner", "--no-privileges", "--no-password")
    await _run("pg_dump", [*options, f"--snapshot={snapshot}", f"--file={file}"], url)


async def restore(url: URL, file: Path) -> None:
    """Fill an empty database from a dump, all of it or nothing. Raises Unavailable with pg_restore's own words."""
    options = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", "--no-password")
    await _run("pg_restore", [*options, f"--dbname={url.database}", str(file)], url)


async def _run(name: str, arguments: Sequence[str], url: URL) -> None:
    process = await asyncio.create_subprocess_exec(
        _program(name),
        *arguments,
        env=os.environ | environment(url),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, said = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode:
        raise Unavailable(f"{name} не справился с базой:\n{said.decode(errors='replace').strip()[-_SHOWN:]}")


def _program(name: str) -> str:
    """Debian's newest, because a dump's program may not be older than the server; else the one on the PATH."""
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda one: int(one.parent.parent.name))
    found = str(debian[-1]) if debian else shutil.which(name)
    if found is None:
        raise Unavailable(f"Нет программы {name}. Поставьте клиент PostgreSQL: sudo apt-get install postgresql-client.")
    return found
