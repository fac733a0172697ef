"""`gridline appeals verify|export|due|kept|erase|client`: what a supervisor or a lawyer asks the register."""

from __future__ import annotations

import asyncio
import getpass
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.api.clients import CLIENTS, add_client
from appeals import evidence, numbering, personal_data
from appeals.erasure import Erased, Erasure
from appeals.history import moment
from appeals.models import Appeal
from appeals.promises import Promises
from appeals.verify import Head, heads, verify
from gridline import settings
from gridline.clock import SystemClock
from gridline.companies import Companies
from gridline.db import Base, Database
from gridline.errors import InvalidInput
from ivr.models import CallRecord, CallStep
from recordings.models import Recording

T = TypeVar("T")
CompanyOption = Annotated[str, typer.Option("--company", help="Компания (id)")]
NumberArgument = Annotated[str, typer.Argument(metavar="НОМЕР", help="Номер обращения, например 26-000123-3")]


def add_to(app: typer.Typer) -> None:
    """Hang the group on `app`."""
    group = typer.Typer(name="appeals", help="Реестр обращений", no_args_is_help=True)
    group.command("verify")(verify_register)
    group.command("export")(export)
    group.command("due")(due)
    group.command("kept")(kept)
    group.command("erase")(erase)
    group.command("client")(client)
    app.add_typer(group)


def verify_register(
    company: Annotated[str, typer.Option("--company", help="Компания (id); обычно — все")] = "",
    known: Annotated[Path | None, typer.Option("--heads", help="Файл концов журналов, записанных раньше")] = None,
    keep: Annotated[Path | None, typer.Option("--keep-heads", help="Дописать нынешние концы журналов в файл")] = None,
) -> None:
    """Найти изменённые, удалённые и вставленные события. Код 1, если они есть."""
    before = _heads_of(known) if known else []

    async def work(session: AsyncSession) -> bool:
        verdict = await verify(session, company_id=company or None, kept=before)
        typer.echo(f"Проверено обращений: {verdict.appeals}, событий: {verdict.events}.")
        for fault in verdict.faults:
            typer.echo(f"  {fault.sentence}")
        typer.echo("Нарушений нет." if not verdict.faults else f"Нарушений: {len(verdict.faults)}.")
        if keep and not verdict.faults:
            now = moment(SystemClock().now())
            with keep.open("a", encoding="utf-8") as file:
                file.writelines(f"{json.dumps(asdict(head) | {'at': now})}\n" for head in await heads(session))
        return not verdict.faults

    if not _read(work):
        raise typer.Exit(1)


def export(number: NumberArgument, company: CompanyOption, out: Annotated[Path, typer.Option("--out")]) -> None:
    """Выгрузить пакет доказательств (ZIP с проверкой внутри). Выгрузка остаётся в истории обращения."""

    async def work(db: Database) -> evidence.Bundle:
        async with db.write() as session:
            appeal = await evidence.by_number(session, company, number)
            proof = await _proof(session, appeal)
            return await evidence.bundle(session, appeal, proof, actor=_actor(), at=SystemClock().now())

    made = _run(work)
    out.write_bytes(made.content)
    typer.echo(f"{out}: {len(made.content)} байт, SHA-256 описи {made.manifest_sha256}")


def due(
    company: CompanyOption,
    owner: Annotated[str, typer.Option("--owner", help="Только этого ответственного")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000)] = 50,
) -> None:
    """Что обещано и ещё не сделано, самое срочное сначала."""
    zone = Companies.load(settings.load().dialplan / "companies").by_id(company).zone

    async def work(db: Database) -> Table:
        table = Table("Срок", "%", "Что", "Ответственный", "Обращение или звонок", box=None)
        for one in await Promises(db, SystemClock()).due(company, owner=owner or None, limit=limit):
            subject = (one.number and numbering.written(one.number)) or one.call_id or ""
            when = f"{one.due_at.astimezone(zone):%d.%m.%Y %H:%M}"
            table.add_row(when, str(one.per_cent), one.title, one.owner, subject)
        return table

    Console(width=None if Console().is_terminal else 160).print(_run(work))


def kept(
    phone: Annotated[str, typer.Argument(metavar="ТЕЛЕФОН")],
    company: CompanyOption,
    out: Annotated[Path, typer.Option("--out", help="Файл .json")],
) -> None:
    """Всё, что реестр хранит о человеке с этим телефоном (статья 14 152-ФЗ)."""

    async def work(session: AsyncSession) -> dict[str, Any]:
        return await personal_data.kept_of(session, company, phone)

    found = _read(work)
    out.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    typer.echo(f"{out}: обращений {len(found['appeals'])}, черновиков {len(found['drafts'])}")


def erase(
    numbers: Annotated[list[str], typer.Argument(metavar="НОМЕР...")],
    company: CompanyOption,
    reason: Annotated[str, typer.Option("--reason", help="Основание уничтожения")],
    witness: Annotated[str, typer.Option("--witness", help="Второй человек")],
    go: Annotated[bool, typer.Option("--go", help="Уничтожить; без этого — только показать")] = False,
) -> None:
    """Уничтожить персональные данные закрытых обращений и оставить акт."""

    async def work(db: Database) -> Erased:
        erasure = Erasure(db, SystemClock())
        return await erasure.erase(company, numbers, reason=reason, actor=_actor(), witness=witness, dry_run=not go)

    done = _run(work)
    for one in done.kept:
        typer.echo(f"  {numbering.written(one.number)} остаётся: {one.reason}")
    for number in done.numbers:
        typer.echo(f"  {numbering.written(number)} {'уничтожено' if go else 'было бы уничтожено'}")
    if done.act_id:
        typer.echo(f"Акт об уничтожении {done.act_id}. Записи для уничтожения: {', '.join(done.recordings) or 'нет'}.")


def client(
    name: Annotated[str, typer.Argument(metavar="ИМЯ", help="Система: латинские буквы, цифры, дефисы")],
    company: Annotated[list[str], typer.Option("--company", help="Компания (id); можно несколько раз")],
) -> None:
    """Допустить систему к API обращений. Ключ показывается один раз и нигде не хранится."""
    options = settings.load()
    companies = Companies.load(options.dialplan / "companies")
    allowed = frozenset(companies.by_id(one).id for one in company)
    typer.echo(add_client(options.var / CLIENTS, name, allowed))


def _heads_of(file: Path) -> list[Head]:
    try:
        found = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
        return [Head(one["company_id"], one["year"], one["journal_no"], one["journal_hash"]) for one in found]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidInput(f"{file}: это не файл концов журналов ({error}).") from error


async def _proof(session: AsyncSession, appeal: Appeal) -> evidence.Proof:
    """Calls with their proof of notice and steps, and recordings with their sums."""
    calls, recordings = await evidence.links(session, appeal)
    of_appeal = (Recording.id.in_(recordings)) | (Recording.call_id.in_(calls)) | (Recording.appeal_id == appeal.id)
    kept_calls = (await session.execute(select(CallRecord).where(CallRecord.id.in_(calls)))).scalars().all()
    steps = select(CallStep).where(CallStep.call_id.in_(calls)).order_by(CallStep.started_at, CallStep.ordinal)
    by_call: dict[str, list[Mapping[str, Any]]] = {}
    for step in (await session.execute(steps)).scalars():
        by_call.setdefault(step.call_id, []).append(_plain(step))
    return evidence.Proof(
        [{**_plain(call), "steps": by_call.get(call.id, [])} for call in kept_calls],
        [_plain(one) for one in (await session.execute(select(Recording).where(of_appeal))).scalars()],
    )


def _plain(row: Base) -> dict[str, Any]:
    found = {column.key: getattr(row, column.key) for column in row.__mapper__.column_attrs}
    return {name: moment(value) if isinstance(value, datetime) else value for name, value in found.items()}


def _actor() -> str:
    """Whoever runs the command."""
    return f"cli:{getpass.getuser()}"


def _run(work: Callable[[Database], Awaitable[T]]) -> T:
    async def run() -> T:
        db = Database(settings.load().db_url)
        try:
            return await work(db)
        finally:
            await db.close()

    return asyncio.run(run())


def _read(work: Callable[[AsyncSession], Awaitable[T]]) -> T:
    async def in_session(db: Database) -> T:
        async with db.read() as session:
            return await work(session)

    return _run(in_session)
