"""`gridline recordings retention`: what has been kept long enough, and its destruction by an act."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from agent_console.calls.keeping import Keeping, Outlook
from agent_console.calls.store import of_installation
from appeals.personal_data.acts import Destruction
from gridline import settings
from gridline.clock import SystemClock
from gridline.db import Database
from recordings import retention
from recordings.retention import RetentionKind
from service.cli.appeals.common import CompanyOption, actor, run

KINDS: Final = {
    RetentionKind.ROBOT: "сказано роботу, без обращения",
    RetentionKind.CONSULTATION: "консультации",
    RetentionKind.APPEAL: "обращения",
    RetentionKind.COMPLAINT: "жалобы и претензии",
    RetentionKind.CONNECTION: "технологическое присоединение",
    RetentionKind.CONSENT: "согласия на звонок",
    RetentionKind.TRUST: "телефон доверия",
}


def add_to(group: typer.Typer) -> None:
    """Hang the command on its group."""
    group.command("retention")(retained)


def retained(
    company: CompanyOption,
    go: Annotated[bool, typer.Option("--go/--dry-run", help="Уничтожить; без этого — только показать")] = False,
    reason: Annotated[str, typer.Option("--reason", help="Основание уничтожения")] = "истёк срок хранения",
    witness: Annotated[str, typer.Option("--witness", help="Второй человек")] = "",
) -> None:
    """Показать записи, срок хранения которых истёк, или уничтожить их по акту."""
    config, clock = settings.load(), SystemClock()
    rules = retention.of_installation(config.dialplan)

    async def work(db: Database) -> tuple[Outlook, list[str]]:
        keeping = Keeping(db, clock, of_installation(config), rules, config.node)
        outlook = await keeping.look(company)
        return outlook, await keeping.destroy(company, Destruction(reason, actor(), witness)) if go else []

    outlook, acts = run(work)
    for kind, count in sorted(outlook.due.items()):
        hours, megabytes = outlook.seconds[kind] / 3600, outlook.bytes[kind] / 2**20
        days = rules.of(kind, company).days
        typer.echo(f"  {KINDS[kind]} (срок {days} дн.): записей {count}, часов {hours:.1f}, МБ {megabytes:.0f}")
    typer.echo(f"Срок истёк: {outlook.due.total()}.")
    typer.echo(f"Остаются под запретом: {outlook.held}, по нерассмотренным обращениям: {outlook.open}.")
    for act in acts:
        typer.echo(f"Акт об уничтожении {act}.")
    if not go and outlook.due:
        typer.echo("Ничего не уничтожено: для этого --go и --witness.")
