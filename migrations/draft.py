"""Drafts the next revision from what the models have and an up-to-date database lacks: for developers.

`python -m migrations.draft 0010_appeals "The register of appeals"`; read and trim what it wrote.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from alembic import command
from sqlalchemy import Connection

from gridline.db import Database
from migrations import HERE, config, upgrade


async def draft(name: str, message: str) -> Path:
    """Write `versions/{name}.py`, with the part of the name before `_` as its revision."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite+aiosqlite:///{folder}/draft.db")
        try:
            await upgrade(database)
            async with database.engine.connect() as connection:
                await connection.run_sync(_write, name, message)
        finally:
            await database.close()
    return HERE / "versions" / f"{name}.py"


def _write(connection: Connection, name: str, message: str) -> None:
    alembic = config(connection)
    alembic.set_main_option("file_template", name)
    command.revision(alembic, message=message, autogenerate=True, rev_id=name.partition("_")[0])


if __name__ == "__main__":
    sys.stdout.write(f"{asyncio.run(draft(sys.argv[1], sys.argv[2]))}\n")
