"""`gridline bench restore`: how long a backup, the next one and a restore with all its proofs take, by the commands."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from sqlalchemy import text
from sqlalchemy.engine import make_url

from bench.appeals import past
from bench.databases import BOTH, database_url
from bench.quiet import Watch
from gridline.calendar.workdays import ProductionCalendar
from gridline.companies import Companies
from gridline.db import Database, new_id
from gridline.errors import Unavailable
from gridline.settings import HOUSE
from migrations import upgrade
from recordings import chain
from recordings.models import ChainDeed, Recording, RecordingKind, RecordingState

APPEALS: Final = 1_000_000
RECORDINGS: Final = 10_000
KILOBYTES: Final = 200
"""Of a recording: a minute and a half of FLAC in two channels, as most talks are."""
YEAR: Final = 2025
BEGAN: Final = datetime(YEAR, 1, 1, tzinfo=UTC)
BATCH: Final = 500


def add_to(group: typer.Typer) -> None:
    """Add the command."""

    @group.command()
    def restore(
        appeals: Annotated[int, typer.Option("--appeals", min=100, max=1_900_000, help="Обращений")] = APPEALS,
        recordings: Annotated[int, typer.Option("--recordings", min=1, help="Записей")] = RECORDINGS,
        kilobytes: Annotated[int, typer.Option("--kilobytes", min=1, help="Килобайт в записи")] = KILOBYTES,
        only: Annotated[str, typer.Option("--only", help="postgresql или sqlite; обычно оба")] = "",
        out: Annotated[Path | None, typer.Option("--json", help="Записать числа в файл")] = None,
    ) -> None:
        """Резервная копия и восстановление с проверкой цепочек и номеров."""
        watch = Watch()
        found: dict[str, Any] = {"appeals": appeals, "recordings": recordings, "kilobytes": kilobytes}
        for name in [only] if only else BOTH:
            found[name] = asyncio.run(measure(name, appeals, recordings, kilobytes))
        quietness = watch.told()
        if out is not None:
            told = found | {"quietness": asdict(quietness), "quiet": quietness.quiet}
            out.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        console = Console()
        console.print_json(json.dumps(found, ensure_ascii=False))
        console.print(quietness.sentence, highlight=False, soft_wrap=True)


async def measure(name: str, appeals: int, recordings: int, kilobytes: int) -> dict[str, float]:
    """Every figure on one database. Raises Unavailable when a command failed, or did not bring everything back."""
    with tempfile.TemporaryDirectory(prefix="gridline-bench-") as folder, database_url(name) as url:
        here = Path(folder)
        (here / "backups").mkdir()
        began = time.perf_counter()
        await _lived(here / "live", url, appeals, recordings, kilobytes)
        filled_s = round(time.perf_counter() - began, 1)
        live = {"GRIDLINE_VAR": str(here / "live"), "GRIDLINE_DATABASE_URL": url}
        back = {"GRIDLINE_VAR": str(here / "back"), "GRIDLINE_DATABASE_URL": await _empty(url, here)}
        backup_s, _ = await _gridline(live, "backup", here / "backups")
        again_s, _ = await _gridline(live, "backup", here / "backups")
        verify_s, _ = await _gridline(live, "backup", "--verify", here / "backups")
        restore_s, told = await _gridline(back, "restore", here / "backups")
        proofs = (
            f"обращений {appeals},",
            "нарушений 0",
            f"сверено {recordings}, звеньев цепочки {recordings}, расхождений 0",
        )
        if missing := [proof for proof in proofs if proof not in told]:
            raise Unavailable(f"Восстановлено не всё, нет «{missing[0]}»:\n{told}")
        size = sum(file.stat().st_size for file in (here / "backups/files").glob("??/*"))
        return {
            "filled_s": filled_s,
            "backup_min": round(backup_s / 60, 2),
            "backup_again_min": round(again_s / 60, 2),
            "verify_min": round(verify_s / 60, 2),
            "restore_min": round(restore_s / 60, 2),
            "backups_mb": round(size / 1e6, 1),
        }


async def _lived(var: Path, url: str, appeals: int, recordings: int, kilobytes: int) -> None:
    """Fill a database and a folder of recordings by the product's own code."""
    db, chance = Database(url), random.Random(11)
    await upgrade(db)
    company = Companies.load(HOUSE / "dialplan/companies").by_id("skek")
    for batch in past.year_of_appeals(company, YEAR, appeals, ProductionCalendar(), chance):
        await past.store(db, batch)
    for first in range(0, recordings, BATCH):
        places = range(first, min(first + BATCH, recordings))
        made = [_recording(var / "recordings/store", at, chance, kilobytes) for at in places]
        async with db.write() as session:
            session.add_all(made)
            await chain.append(session, "bench", ChainDeed.STORED, {one.id: str(one.sha256) for one in made}, BEGAN)
    async with db.engine.connect() as connection:  # what autovacuum does in its time
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("ANALYZE" if db.is_sqlite else "VACUUM ANALYZE"))
    await db.close()


def _recording(store: Path, at: int, chance: random.Random, kilobytes: int) -> Recording:
    """A file no codec makes smaller, and its row."""
    id, began = new_id(), BEGAN + timedelta(minutes=at)
    name, sound = f"{began:%Y/%m/%d}/{id}.flac", chance.randbytes(kilobytes * 1000)
    (store / name).parent.mkdir(parents=True, exist_ok=True)
    (store / name).write_bytes(sound)
    os.utime(store / name, (began.timestamp(), began.timestamp()))
    sha256 = hashlib.sha256(sound).hexdigest()
    return Recording(
        id=id,
        call_id=new_id(),
        kind=RecordingKind.TALK,
        state=RecordingState.STORED,
        started_at=began,
        file=name,
        sha256=sha256,
        bytes=len(sound),
        channels=2,
    )


async def _empty(url: str, folder: Path) -> str:
    """An empty database of the same kind."""
    if url.startswith("sqlite"):
        return f"sqlite+aiosqlite:///{folder}/back/gridline.db"
    db = Database(url)
    async with db.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("CREATE DATABASE back TEMPLATE template0"))
    await db.close()
    return make_url(url).set(database="back").render_as_string(hide_password=False)


async def _gridline(settings: Mapping[str, str], *arguments: str | Path) -> tuple[float, str]:
    """The command as its owner runs it: seconds, and what it says."""
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from service.cli import main; main()", *map(str, arguments)),
        env={**os.environ, "GRIDLINE_SETTINGS": "none.toml", **settings},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise Unavailable(f"gridline {arguments[0]}: код {process.returncode}\n{said.decode()[-2000:]}")
    return time.perf_counter() - began, said.decode()
