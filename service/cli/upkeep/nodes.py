"""`gridline nodes list|out|in|forget`: the machines of an installation, and which of them take calls."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncSession

from gridline import settings
from gridline.db import Database
from gridline.errors import Misconfigured
from gridline.processes import nodes
from gridline.processes.models import NodeWanted

T = TypeVar("T")
Name = Annotated[str, typer.Argument(help="Имя узла (node)", show_default=False)]


def add_to(app: typer.Typer) -> None:
    """Hang the group on `app`."""
    group = typer.Typer(name="nodes", help="Узлы установки: какие есть, какой принимает звонки.", no_args_is_help=True)
    group.callback()(_group)
    for name, command in (("list", show), ("out", out), ("in", take_in), ("forget", forget)):
        group.command(name)(command)
    app.add_typer(group)


def _group() -> None:
    """Узлы установки: какие есть, какой принимает звонки."""


def show() -> None:
    """Показать узлы."""
    table = Table("Узел", "Звонки", "SIP", "Выпуск", "Был", box=None)
    for row, there in asyncio.run(_with_database(nodes.known)):
        calls = "принимает" if there and row.serves else row.reason if there else "не работает"
        table.add_row(row.name, calls, row.address, row.release, f"{row.seen_at.astimezone():%d.%m.%Y %H:%M:%S}")
    Console(highlight=False).print(table)


def out(name: Name) -> None:
    """Вывести узел: новых звонков он не получит, начатые договорят."""
    asyncio.run(_with_database(lambda session: nodes.want(session, name, NodeWanted.OUT)))


def take_in(
    name: Name,
    anyway: Annotated[bool, typer.Option("--anyway", help="Хотя меню, слова или выпуск у него не те")] = False,
) -> None:
    """Вернуть узел."""
    wanted = NodeWanted.ANYWAY if anyway else NodeWanted.IN
    asyncio.run(_with_database(lambda session: nodes.want(session, name, wanted)))


def forget(name: Name) -> None:
    """Забыть узел, который не вернётся."""
    asyncio.run(_with_database(lambda session: nodes.forget(session, name)))


async def _with_database(ask: Callable[[AsyncSession], Awaitable[T]]) -> T:
    database = Database(settings.load().db_url)
    try:
        if database.is_sqlite:
            raise Misconfigured("Установка из одного узла: несколько бывает с PostgreSQL (database_url).")
        async with database.write() as session:
            return await ask(session)
    finally:
        await database.close()
