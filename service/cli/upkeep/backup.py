"""`gridline backup`: copies everything that cannot be made again into a folder, while calls run; or checks a copy."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from gridline import settings
from service.backup.checking import check
from service.backup.making import Made, make
from service.backup.target import BackupFolder

TargetArgument = Annotated[Path, typer.Argument(metavar="ПАПКА", help="Папка копий: подключённый диск.")]


def add_to(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def backup(
        target: TargetArgument,
        keep: Annotated[int, typer.Option("--keep", min=0, help="Сколько снимков оставить; 0 — все.")] = 0,
        verify: Annotated[bool, typer.Option("--verify", help="Не копировать: прочесть и сверить все снимки.")] = False,
    ) -> None:
        """Сделать резервную копию, пока идут звонки, или проверить её."""
        folder = BackupFolder(target)
        if verify:
            _verify(folder)
            return
        config = settings.load()
        _tell(asyncio.run(make(config, folder, keep)))
        if config.var.exists() and config.var.stat().st_dev == folder.path.stat().st_dev:
            typer.echo("Внимание: копия на том же диске, что и сама установка. Потеряется диск — потеряется и она.")


def megabytes(size: int) -> str:
    """Bytes as people read them."""
    return f"{size / 1e6:.1f} МБ".replace(".", ",")


def _verify(folder: BackupFolder) -> None:
    checked = asyncio.run(check(folder))
    typer.echo(f"Снимков: {checked.snapshots}, разных файлов: {checked.files}, {megabytes(checked.bytes)}.")
    for sentence in checked.wrong:
        typer.echo(f"  {sentence}")
    typer.echo("Копия испорчена." if checked.wrong else "Всё сходится.")
    if checked.wrong:
        raise typer.Exit(1)


def _tell(made: Made) -> None:
    if made.cut:
        typer.echo(f"Убрано оборванных копий: {made.cut}.")
    counts = made.manifest.contents.counts
    typer.echo(
        f"Снимок {made.name}: файлов {made.manifest.files}, {megabytes(made.manifest.bytes)}; "
        f"скопировано новых {made.copied_files}, {megabytes(made.copied_bytes)}."
    )
    typer.echo(f"В базе: обращений {counts['appeals']}, звонков {counts['calls']}, записей {counts['recordings']}.")
    if made.forgotten:
        typer.echo(f"Забыты снимки: {', '.join(made.forgotten)}.")
