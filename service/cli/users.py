"""`gridline users add|list|disable|enable|reset`: who may sign in to the console."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from agent_console.people.models import Role
from agent_console.people.passwords import Passwords
from agent_console.people.permissions import ROLE_NAMES
from agent_console.people.users import Users
from gridline import settings
from gridline.clock import SystemClock
from gridline.companies import Companies
from gridline.db import Database

T = TypeVar("T")
Login = Annotated[str, typer.Argument(metavar="ЛОГИН")]
_ROLES = ", ".join(f"{role} ({ROLE_NAMES[role]})" for role in Role)


def add_to(app: typer.Typer) -> None:
    """Hang the group on `app`."""
    group = typer.Typer(name="users", help="Люди, которым открыта консоль.", no_args_is_help=True)
    group.command("add")(add)
    group.command("list")(list_)
    group.command("disable")(disable)
    group.command("enable")(enable)
    group.command("reset")(reset)
    app.add_typer(group)


def add(
    login: Login,
    name: Annotated[str, typer.Option("--name", help="Имя и фамилия")],
    role: Annotated[Role, typer.Option("--role", help=f"Роль: {_ROLES}")],
    company: Annotated[str, typer.Option("--company", help="Компания (id); без неё — все")] = "",
    branch: Annotated[str, typer.Option("--branch", help="Филиал (id); без него — все")] = "",
    agent: Annotated[str, typer.Option("--agent", help="Номер телефона оператора, например 101")] = "",
) -> None:
    """Добавить человека; печатает одноразовый пароль."""
    password = _run(
        lambda users: users.add(login, name, role, company_id=company or None, branch=branch, agent=agent or None)
    )
    typer.echo(f"Логин {login.strip().lower()}, одноразовый пароль {password}")


def list_() -> None:
    """Показать всех."""
    rows = [("Логин", "Имя", "Роль", "Компания", "Филиал", "Номер", "Состояние")]
    for user in _run(lambda users: users.all()):
        state = "закрыт" if user.disabled_at else "ждёт первого входа" if user.one_time else "открыт"
        place = (user.company_id or "все", user.branch or "все")
        rows.append((user.login, user.name, ROLE_NAMES[user.role], *place, user.agent or "", state))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def disable(login: Login) -> None:
    """Закрыть вход: сразу, со всех устройств. Сделанное человеком остаётся."""
    _run(lambda users: users.disable(login))
    typer.echo(f"Вход {login} закрыт.")


def enable(login: Login) -> None:
    """Снова открыть закрытый вход."""
    _run(lambda users: users.enable(login))
    typer.echo(f"Вход {login} открыт.")


def reset(login: Login) -> None:
    """Выдать новый одноразовый пароль; все прежние входы завершаются."""
    typer.echo(f"Логин {login}, одноразовый пароль {_run(lambda users: users.reset(login))}")


def _run(work: Callable[[Users], Awaitable[T]]) -> T:
    config = settings.load()

    async def with_users() -> T:
        database = Database(config.db_url)
        try:
            companies = Companies.load(config.dialplan / "companies")
            return await work(Users(database, SystemClock(), companies, Passwords()))
        finally:
            await database.close()

    return asyncio.run(with_users())
