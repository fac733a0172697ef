"""`gridline restore`: brings a lost installation back from a backup, and says in words what came back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from appeals import numbering
from gridline import settings
from service.backup.restoring import Restored, bring_settings, restore
from service.backup.target import BackupFolder
from service.cli.upkeep.backup import TargetArgument


def add_to(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("restore")
    def restore_installation(
        target: TargetArgument,
        into: Annotated[Path | None, typer.Option("--into", help="Куда: пустая папка вместо var настроек.")] = None,
        snapshot: Annotated[str, typer.Option("--snapshot", help="Какой снимок; обычно последний.")] = "",
    ) -> None:
        """Восстановить установку из резервной копии и доказать, что вернулось."""
        folder = BackupFolder(target)
        name = snapshot or folder.newest()
        if (file := bring_settings(folder, name)) is not None:
            typer.echo(f"Файла настроек не было; возвращён из копии: {file}.")
        own: dict[str, Any] = {"var": into} if into is not None else {}
        done = asyncio.run(restore(settings.load(**own), folder, name))
        for sentence in _told(done, name):
            typer.echo(sentence)
        if not done.is_whole:
            raise typer.Exit(1)


def _told(done: Restored, name: str) -> Iterator[str]:
    was, now = done.manifest, done.now
    made = f"{was.made_at:%d.%m.%Y %H:%M} UTC"
    yield f"Восстановлен снимок {name} от {made} (выпуск {was.release}, база {was.contents.revision})."
    if now.revision != was.contents.revision:
        yield f"База приведена к версии {now.revision}."
    counts = now.counts
    yield f"В базе: обращений {counts['appeals']}, звонков {counts['calls']}, записей {counts['recordings']}."
    if now.counts != was.contents.counts:
        yield f"  В копии было иначе: {was.contents.counts}."
    yield f"Журнал обращений: событий {done.register.events}, нарушений {len(done.register.faults)}."
    yield from (f"  {fault.sentence}" for fault in done.register.faults)
    for one in now.series:
        if one.last_sequence:
            last = numbering.written(numbering.number(one.year, one.last_sequence))
            yield f"  {one.company_id}, {one.year}: номера подряд до {last}."
    looked = done.recordings
    yield f"Записи: сверено {looked.recordings}, звеньев цепочки {looked.links}, расхождений {len(looked.found)}."
    yield from (f"  {one.sentence}" for one in done.recordings.found)
    yield from done.aside
    yield (
        f"Принятого после {made} в копии нет: номера, названные с тех пор, будут выданы снова, а акты об уничтожении "
        "нужно исполнить ещё раз."
    )
    yield "Всё сходится. Запустите линию: gridline serve." if done.is_whole else "Не всё сходится: см. выше."
