"""Checks of an installation of several nodes: which of them disagrees with the others about what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from gridline.db import Database
from gridline.errors import GridlineError
from gridline.processes import nodes
from gridline.processes.models import NodeRow
from gridline.settings import Settings
from service.doctor.finding import Finding, fine, note, wrong

CLOCKS_APART_MS: Final = 2_000
_SAME: Final[Sequence[tuple[str, Callable[[NodeRow], str], str]]] = (
    ("выпуск", lambda row: row.release, "Поставьте на все узлы один выпуск."),
    ("меню, слова и компании", lambda row: row.words, "Положите на все узлы одну и ту же папку dialplan."),
    ("секрет печати звонков", lambda row: row.seal, "Задайте всем узлам один seal_secret."),
    ("хранилище записей", lambda row: row.store, "Задайте всем узлам одно хранилище S3 (recordings_store, s3_*)."),
)
"""What all nodes must have alike: what it is called, where it is, what to do."""


async def agreement(config: Settings) -> Sequence[Finding]:
    """Which node is there, takes calls, and runs what the others run."""
    db = Database(config.db_url)
    if db.is_sqlite:
        await db.close()
        return [note("Узлы", "Установка из одного узла.", "Несколько бывает с PostgreSQL (database_url).")]
    try:
        async with db.read() as session:
            told = await nodes.known(session)
    except GridlineError as error:
        return [wrong("Узлы", error.message, "Проверьте database_url, сервер и права пользователя.")]
    finally:
        await db.close()
    there = [row for row, is_there in told if is_there]
    return [
        *(_of_one(row, is_there) for row, is_there in told),
        *(finding for name, of, cure in _SAME for finding in _differing(name, of, cure, there)),
        *_folders(there),
    ]


def _of_one(row: NodeRow, is_there: bool) -> Finding:
    check = f"Узел {row.name}"
    if not is_there:
        seen = f"{row.seen_at.astimezone():%d.%m.%Y %H:%M:%S}"
        cure = f"Запустите его; если его больше нет — gridline nodes forget {row.name}."
        return wrong(check, f"Не работает, последний раз был {seen}.", cure)
    if abs(row.clock_ms) > CLOCKS_APART_MS:
        return wrong(check, f"Его часы и часы базы расходятся на {abs(row.clock_ms) / 1000:.0f} с.", "Включите NTP.")
    if not row.serves:
        return wrong(check, f"Звонков не принимает: {row.reason}", f"gridline nodes in {row.name}")
    return fine(check, f"Принимает звонки, {row.address}.")


def _differing(name: str, of: Callable[[NodeRow], str], cure: str, there: Sequence[NodeRow]) -> Sequence[Finding]:
    """The nodes that have something else than most; of two halves the first by name counts as most."""
    usual = Counter(of(row) for row in there).most_common(1)
    others = [row.name for row in there if of(row) != usual[0][0]]
    return [wrong("Узлы", f"Не то, что у других: {name} — {', '.join(others)}.", cure)] if others else []


def _folders(there: Sequence[NodeRow]) -> Sequence[Finding]:
    if len(there) < 2 or any(row.store for row in there):
        return []
    what = "Записи каждого узла лежат в его папке: на другом их не послушать."
    return [wrong("Узлы", what, "Задайте всем узлам одно хранилище S3 (recordings_store, s3_*).")]
