"""Walks through the menus as a terminal shows them: `python -m tests.store.walks.retelling` retells them all."""

from __future__ import annotations

import asyncio
import os
import shlex
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import migrations
from grid.imports import HandedTable
from grid.imports.connections import import_connections
from grid.imports.outages import import_outages
from grid.imports.premises import import_premises
from gridline.companies import Companies
from gridline.db import Database
from gridline.settings import HOUSE

FOLDER: Final = Path(__file__).parent
AT: Final = datetime(2026, 12, 31, 10, 30, tzinfo=UTC)
"""17:30 in Kemerovo on the year's last day: what the samples call «now»."""
TYPED: Final = "> "


def files() -> list[Path]:
    """Every walk: the command in its first line, then all that was shown and typed."""
    return sorted(FOLDER.glob("*.txt"))


async def sample(db_url: str) -> None:
    """The sample data of the product, as of AT."""
    db = Database(db_url)
    companies = Companies.load(HOUSE / "dialplan/companies")
    try:
        await migrations.upgrade(db)
        for name, load in (
            ("premises", import_premises),
            ("outages", import_outages),
            ("connections", import_connections),
        ):
            await load(db, HandedTable(HOUSE / f"grid/samples/{name}.csv", companies, "", AT))
    finally:
        await db.close()


async def retold(walk: str, var: Path) -> str:
    """The walk as it goes now, with the same keys."""
    command, *shown = walk.splitlines()
    typed = "".join(f"{line.removeprefix(TYPED)}\n" for line in shown if line.startswith(TYPED))
    environment = os.environ | {"GRIDLINE_VAR": str(var), "GRIDLINE_SETTINGS": str(var / "none.toml")}
    arguments = shlex.split(command.removeprefix("$ gridline "))
    code = "from service.cli import main; main()"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code, *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=environment,
        cwd=HOUSE,
    )
    out, _ = await process.communicate(typed.encode())
    return f"{command}\n{out.decode()}"


async def _retell() -> None:
    with tempfile.TemporaryDirectory() as folder:
        await sample(f"sqlite+aiosqlite:///{folder}/gridline.db")
        for file in files():
            file.write_text(await retold(file.read_text("utf-8"), Path(folder)), "utf-8")


if __name__ == "__main__":
    asyncio.run(_retell())
