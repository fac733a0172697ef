"""`gridline migrate`: brings the database to the newest revision."""

from __future__ import annotations

import asyncio

import typer

from gridline import settings
from gridline.db import Database
from migrations import upgrade


def add_to(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def migrate() -> None:
        """Привести базу данных к последней версии."""
        typer.echo(f"База данных на версии {asyncio.run(_migrate(settings.load().db_url))}.")


async def _migrate(url: str) -> str:
    database = Database(url)
    try:
        return await upgrade(database)
    finally:
        await database.close()
