"""What the register's commands share: options, the actor, the database, an appeal by its number."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from appeals.answers import post_room
from appeals.answers.dispatch import Dispatch
from appeals.casework.casework import Casework
from appeals.casework.endings import Endings
from appeals.deadlines import rules
from appeals.models import Appeal
from appeals.proof import evidence
from gridline import settings
from gridline.calendar.calendar_file import load_calendar
from gridline.clock import SystemClock
from gridline.companies import Companies
from gridline.db import Database

T = TypeVar("T")
CompanyOption = Annotated[str, typer.Option("--company", help="Компания (id)")]
NumberArgument = Annotated[str, typer.Argument(metavar="НОМЕР", help="Номер обращения, например 26-000123-3")]
WayOption = Annotated[str, typer.Option("--way", help="Способ ответа; обычно — какой выбрал заявитель")]
SignerOption = Annotated[str, typer.Option("--signer", help="Кто подписывает, например «Петров П. П.»")]
PositionOption = Annotated[str, typer.Option("--position", help="Его должность")]


@dataclass(frozen=True, slots=True)
class CaseServices:
    """The services a step on an appeal needs: the same ones the console uses."""

    casework: Casework
    endings: Endings
    dispatch: Dispatch


def actor() -> str:
    """The actor for the history: `cli:` and the system user."""
    return f"cli:{getpass.getuser()}"


def run(work: Callable[[Database], Awaitable[T]]) -> T:
    """Do the work with the installation's database."""

    async def whole() -> T:
        db = Database(settings.load().db_url)
        try:
            return await work(db)
        finally:
            await db.close()

    return asyncio.run(whole())


def read(work: Callable[[AsyncSession], Awaitable[T]]) -> T:
    """Do the work in one reading session."""

    async def in_session(db: Database) -> T:
        async with db.read() as session:
            return await work(session)

    return run(in_session)


def step(company: str, number: str, make: Callable[[CaseServices, Appeal], Awaitable[T]]) -> T:
    """Take one step on the appeal, whatever its version. Raises NotFound, Conflict, InvalidInput."""

    async def work(db: Database) -> T:
        config = settings.load()
        clock, companies = SystemClock(), Companies.load(config.dialplan / "companies")
        casework = Casework(db, clock, companies, load_calendar(config.var), rules.of_installation(config.dialplan))
        endings = Endings(db, clock, companies)
        desk = CaseServices(casework, endings, post_room.dispatch(config, db, clock, companies, casework, endings))
        async with db.read() as session:
            appeal = await evidence.by_number(session, company, number)
        return await make(desk, appeal)

    return run(work)


def text_of(argument: str) -> str:
    """The text of the file with this name, or of standard input («-»)."""
    if argument == "-":
        return typer.get_text_stream("stdin").read()
    return Path(argument).read_text(encoding="utf-8")
