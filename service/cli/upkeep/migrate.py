"""`gridline migrate`: brings the database to the newest revision."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from gridline import settings
from gridline.db import Database
from gridline.settings import Settings
from service.opening import upgrade

NEW = typer.Option("--new-register", help="Начать реестр заново, если база пуста, а реестр здесь уже вёлся.")


def add_to(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def migrate(new_register: Annotated[bool, NEW] = False) -> None:
        """Привести базу данных к последней версии."""
        revision = asyncio.run(_migrate(settings.load(), new_register))
        typer.echo(f"База данных на версии {revision}.")


async def _migrate(config: Settings, new_register: bool) -> str:
    database = Database(config.db_url)
    try:
        return await upgrade(config, database, anew=new_register)
    finally:
        await database.close()
