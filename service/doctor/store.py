"""Checks of what is kept: the database, its clock, what waits on disk for it, and where recordings go."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import aclosing
from datetime import UTC, datetime

from sqlalchemy import text

import migrations
from gridline.db import Database
from gridline.errors import GridlineError
from gridline.settings import Settings
from recordings import store as stores
from service.doctor.finding import Finding, fine, note, wrong

STUCK_S = 600
"""The controller drains every 3 s: what waits longer is stuck."""
CLOCKS_APART_S = 5
SHOWN = 5


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
    """Whether the service that keeps the recordings answers; whether a folder has room, `machine.disk` says."""
    if config.recordings_store == "folder":
        return [fine("Записи", "Хранятся в папке на этой машине.")]
    try:
        async with aclosing(stores.of_settings(config).names()) as parts:
            await anext(parts, None)
    except OSError as error:
        what = f"Хранилище {config.s3_endpoint} не отвечает: {str(error).partition(chr(10))[0]}"
        return [wrong("Записи", what, "Проверьте s3_endpoint, s3_bucket и ключ. Пока записи ждут на диске.")]
    return [fine("Записи", f"Хранилище {config.s3_endpoint} отвечает.")]


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
