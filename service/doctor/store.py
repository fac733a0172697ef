"""Checks of what is kept: the database, its clock, what waits on disk for it, and where recordings go."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

import migrations
from gridline.db import Database
from gridline.errors import GridlineError
from gridline.settings import Settings
from recordings import store as stores
from recordings.known_folder import MARK, StoreAway
from service.doctor.finding import Finding, fine, note, wrong
from service.doctor.machine import free_megabytes
from service.process import lock

STUCK_S = 600
"""The controller drains every 3 s: what waits longer is stuck."""
CLOCKS_APART_S = 5
SHOWN = 5
_BY_ITSELF = "записи будут приняты сами."


async def database(config: Settings) -> Sequence[Finding]:
    """Whether the database answers, has the newest shape and takes writes."""
    db = Database(config.db_url)
    try:
        revision, newest = await migrations.revision(db), migrations.newest()
        if revision != newest:
            what = f"Версия {revision or 'пустая'}, а нужна {newest}."
            return [wrong("База данных", what, "gridline migrate")]
        async with db.write() as session:
            await session.execute(text("UPDATE alembic_version SET version_num = version_num"))
            await session.rollback()
        return [fine("База данных", f"{db.url.get_backend_name()}, версия {revision}, пишется."), *await _clocks(db)]
    except GridlineError as error:
        cure = "gridline migrate" if db.is_sqlite else "Проверьте database_url, сервер и права пользователя."
        return [wrong("База данных", error.message, cure)]
    finally:
        await db.close()


async def _clocks(db: Database) -> list[Finding]:
    """A server's clock is another machine's: deadlines and reports need the two to agree."""
    if db.is_sqlite:
        return []
    async with db.read() as session:
        there = (await session.execute(text("SELECT clock_timestamp()"))).scalar_one()
    apart_s = abs((datetime.now(UTC) - there).total_seconds())
    if apart_s > CLOCKS_APART_S:
        what = f"Часы базы и контроллера расходятся на {apart_s:.0f} с."
        return [wrong("База данных", what, "Включите NTP на обеих машинах.")]
    return []


async def recordings(config: Settings) -> Sequence[Finding]:
    """Whether the store of recordings takes what is put there, and whether something has waited for it too long."""
    if config.recordings_store == "folder":
        found = _folder(config)
    else:
        found = await _service(config)
    return [*found, *_not_taken_in(config)]


async def _service(config: Settings) -> list[Finding]:
    try:
        async with aclosing(stores.of_settings(config).names()) as parts:
            await anext(parts, None)
    except OSError as error:
        what = f"Хранилище {config.s3_endpoint} не отвечает: {str(error).partition(chr(10))[0]}"
        return [wrong("Записи", what, "Проверьте s3_endpoint, s3_bucket и ключ. Пока записи ждут на диске.")]
    return [fine("Записи", f"Хранилище {config.s3_endpoint} отвечает.")]


def _folder(config: Settings) -> list[Finding]:
    known = stores.folder_of(config)
    folder = known.path
    try:
        known.must_be_there()
    except StoreAway:
        what = f"{folder} — не та папка, где лежат записи: её диск не подключён или подменён. Новые записи ждут."
        cure = (
            f"Подключите диск. Если диск подключён, но метки {MARK} на нём нет, или прежние записи туда не вернутся, "
            f"удалите {known.known} и перезапустите gridline."
        )
        return [wrong("Записи", what, cure)]
    if not folder.exists():
        return [fine("Записи", f"Будут в {folder}.")]
    if not os.access(folder, os.W_OK):
        what = f"В {folder} нельзя писать. Новые записи ждут."
        cure = f"Сделайте диск доступным для записи (mount -o remount,rw) или дайте права на {folder}: {_BY_ITSELF}"
        return [wrong("Записи", what, cure)]
    if (free_mb := free_megabytes(folder)) < config.least_free_mb:
        what = f"В {folder} свободно {free_mb} МБ, нужно не меньше {config.least_free_mb}."
        return [wrong("Записи", what, f"Освободите место в {folder}: {_BY_ITSELF}")]
    return [fine("Записи", f"Хранятся на этой машине, в {folder}, свободно {free_mb} МБ.")]


def _not_taken_in(config: Settings) -> list[Finding]:
    """What Asterisk has written and nobody has touched for long; an empty file is a talk that never was."""
    files = [file for ending in ("raw", "sln") for file in (config.var / "recordings/incoming").glob(f"*.{ending}")]
    idle = [time.time() - state.st_mtime for file in files if (state := _state(file)) and state.st_size]
    stuck = [seconds for seconds in idle if seconds > STUCK_S]
    if not stuck:
        return []
    what = f"Не принято в хранилище записей: {len(stuck)}; самая давняя ждёт {max(stuck) / 60:.0f} мин."
    serves = lock.holder(config.var) is not None
    cure = "Восстановите хранилище, базу данных или связь с Asterisk" if serves else "Запустите gridline serve"
    return [wrong("Записи", what, f"{cure}: {_BY_ITSELF}")]


def _state(file: Path) -> os.stat_result | None:
    """None for what was taken in meanwhile."""
    try:
        return file.stat()
    except FileNotFoundError:
        return None


def spool(config: Settings) -> Sequence[Finding]:
    """Whether what was promised or journalled while the database was away has gone into it."""
    folder = config.var / "spool"
    waiting = sorted(folder.glob("[0-9]*.json"), key=lambda file: file.stat().st_mtime)
    journal = [file for file in sorted(folder.glob("journal/journal*.jsonl")) if "rejected" not in file.name]
    rejected = folder / "journal/journal.rejected.jsonl"
    findings = []
    if rejected.exists():
        what = "Часть журнала звонков ни одна база не приняла."
        findings.append(wrong("Спул", what, f"Покажите разработчикам {rejected}; потом уберите его."))
    aside = sorted((*folder.glob("*.broken"), *folder.glob("*.rejected")))
    aside += sorted((config.var / "recordings/incoming").glob("*.broken"))
    if aside:
        what = f"Отложено то, что программа не смогла прочесть или принять: {len(aside)}."
        findings.append(wrong("Спул", what, f"Разберите и уберите: {', '.join(map(str, aside[:SHOWN]))}"))
    if waiting or journal:
        oldest_s = time.time() - min(file.stat().st_mtime for file in (*waiting, *journal))
        what = f"Ждут базу: обращений {len(waiting)}, файлов журнала {len(journal)}; старшему {oldest_s / 60:.0f} мин."
        stuck = oldest_s > STUCK_S
        cure = "Запустите gridline serve и почините базу данных: разложит сам."
        findings.append(wrong("Спул", what, cure) if stuck else note("Спул", what))
    return findings or [fine("Спул", "Пуст: всё обещанное в базе.")]
