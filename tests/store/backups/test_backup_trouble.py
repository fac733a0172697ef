"""What goes wrong with a backup: cut, full, read-only, changed, two at once; and what may not be restored over."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import URL, make_url

import migrations
from gridline.db import Database
from gridline.errors import Conflict, GridlineError, Misconfigured, NotFound, Unavailable
from gridline.settings import HOUSE, Settings
from migrations import config as alembic_config
from service.backup.checking import check
from service.backup.making import make
from service.backup.postgres import environment
from service.backup.restoring import restore
from service.backup.target import BackupFolder
from service.process import lock
from tests.disks import full, read_only, small_disk
from tests.store.backups.lived import Lived, said
from tests.store.backups.lived import environment as settings_of

STOPS = """
import os, signal
from service.backup import target
real = target.{name}
def stopped(*arguments):
    os.kill(os.getpid(), signal.{signal})
    return real(*arguments)
target.{name} = stopped
from service.cli import main
main()
"""
POINTS = {
    "a file is half there": "BackupFolder.take",
    "no list yet": "BackupFolder.finish",
    "no manifest yet": "write_synced",
}


def stopping(lived: Lived, name: str, how: str) -> subprocess.Popen[str]:
    """A backup that sends itself this signal when it comes to this function."""
    return subprocess.Popen(
        [sys.executable, "-c", STOPS.format(name=name, signal=how), "backup", str(lived.target)],
        env=os.environ | settings_of(lived.config),
        cwd=HOUSE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def fresh(lived: Lived, name: str = "restored") -> Settings:
    """A new machine with SQLite."""
    return lived.elsewhere(f"sqlite+aiosqlite:///{lived.folder}/{name}/gridline.db", name)


@pytest.mark.parametrize("point", POINTS)
async def test_after_a_backup_was_killed_the_next_and_the_earlier_are_good(
    point: str, lived_on_sqlite: Lived, target: BackupFolder
) -> None:
    lived = lived_on_sqlite
    first = await make(lived.config, target, 0)
    (lived.config.var / "takes/abc.wav").write_text("RIFF of another take")
    process = stopping(lived, POINTS[point], "SIGKILL")
    output, _ = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL, output
    assert target.names() == [first.name]
    assert (await check(target)).wrong == []
    assert (await restore(fresh(lived, "earlier"), target, first.name)).is_whole
    second = await make(lived.config, target, 0)
    assert second.cut == (point == "no manifest yet")
    assert list(target.half.iterdir()) == []
    new = fresh(lived)
    assert (await restore(new, target, second.name)).is_whole
    assert (new.var / "takes/abc.wav").read_text() == "RIFF of another take"


async def test_a_backup_that_was_cut_is_no_backup(lived_on_sqlite: Lived, target: BackupFolder) -> None:
    stopping(lived_on_sqlite, "write_synced", "SIGKILL").communicate(timeout=60)
    for words in (("restore",), ("backup", "--verify")):
        code, told = said(fresh(lived_on_sqlite), *words, lived_on_sqlite.target)
        assert (code, "оборвана на середине" in told) == (2, True), told


async def test_of_two_backups_at_once_the_second_is_refused(lived_on_sqlite: Lived, target: BackupFolder) -> None:
    first = stopping(lived_on_sqlite, "BackupFolder.finish", "SIGSTOP")
    await asyncio.to_thread(os.waitid, os.P_PID, first.pid, os.WSTOPPED | os.WNOWAIT)
    code, told = said(lived_on_sqlite.config, "backup", lived_on_sqlite.target)
    assert code == 2
    assert "уже работают: другая копия" in told
    first.send_signal(signal.SIGCONT)
    output, _ = first.communicate(timeout=60)
    assert first.returncode == 0, output
    assert len(target.names()) == 1


@pytest.mark.parametrize(("trouble", "words"), [(full, "кончилось место"), (read_only, "писать нельзя")])
async def test_a_target_that_takes_nothing_says_so_and_keeps_what_it_has(
    trouble: object, words: str, lived_on_sqlite: Lived
) -> None:
    lived = lived_on_sqlite
    with small_disk(lived.target, megabytes=30):
        target = BackupFolder(lived.target)
        first = await make(lived.config, target, 0)
        (lived.config.var / "takes/new.wav").write_bytes(os.urandom(100_000))
        with trouble(lived.target), pytest.raises(Unavailable, match=words):  # type: ignore[operator]
            await make(lived.config, target, 0)
        assert target.names() == [first.name]
        assert (await check(target)).wrong == []
        assert list(target.half.iterdir()) == []
        assert (await make(lived.config, target, 0)).manifest.files == first.manifest.files + 1


async def test_a_changed_file_is_named_and_stops_a_restore(lived_on_sqlite: Lived, target: BackupFolder) -> None:
    lived = lived_on_sqlite
    made = await make(lived.config, target, 0)
    row = lived.rows[0]
    assert row.sha256 is not None
    file = target.place(row.sha256)
    content = bytearray(file.read_bytes())
    content[100] ^= 1
    file.write_bytes(content)
    checked = await check(target)
    assert checked.wrong == [f"Снимок {made.name}: файл recordings/{row.file} изменён, оборван или потерян."]
    code, told = said(lived.config, "backup", "--verify", lived.target)
    assert (code, told.splitlines()[-1]) == (1, "Копия испорчена.")
    new = fresh(lived)
    with pytest.raises(Unavailable, match=row.file):
        await restore(new, target, made.name)
    assert not Path(new.var / "gridline.db").exists()
    file.unlink()
    with pytest.raises(Unavailable, match="не целый"):
        await restore(fresh(lived, "another"), target, made.name)


async def test_a_manifest_or_a_list_that_was_changed_is_refused(lived_on_sqlite: Lived, target: BackupFolder) -> None:
    made = await make(lived_on_sqlite.config, target, 0)
    listed = target.path / "snapshots" / made.name / "files.sqlite"
    listed.write_bytes(listed.read_bytes() + b"\0")
    with pytest.raises(Unavailable, match="список файлов изменён"):
        await restore(fresh(lived_on_sqlite), target, made.name)
    assert len((await check(target)).wrong) == 1
    (target.path / "snapshots" / made.name / "manifest.json").write_text("{")
    with pytest.raises(Unavailable, match="опись испорчена"):
        await restore(fresh(lived_on_sqlite), target, made.name)


async def test_nothing_is_restored_over_what_lives(lived: Lived, target: BackupFolder, empty_url: str) -> None:
    made = await make(lived.config, target, 0)
    new = lived.elsewhere(empty_url)
    with lock.held(new.var), pytest.raises(Conflict, match="уже работает gridline serve"):
        await restore(new, target, made.name)
    full_database = lived.elsewhere(lived.config.db_url)
    with pytest.raises(Conflict, match="уже есть данные"):
        await restore(full_database, target, made.name)
    with pytest.raises(Conflict, match="поверх работавшей установки"):
        await restore(lived.config, target, made.name)
    assert not (new.var / "secrets").exists()
    assert (await restore(new, target, made.name)).is_whole


@pytest.mark.postgres
async def test_a_copy_of_another_kind_of_database_is_refused(
    lived_on_sqlite: Lived, target: BackupFolder, postgres_url: str
) -> None:
    made = await make(lived_on_sqlite.config, target, 0)
    with pytest.raises(Misconfigured, match="В копии база sqlite, а в настройках postgresql"):
        await restore(lived_on_sqlite.elsewhere(postgres_url), target, made.name)


async def test_a_copy_of_a_newer_release_is_refused(lived_on_sqlite: Lived, target: BackupFolder) -> None:
    made = await make(lived_on_sqlite.config, target, 0)
    file = target.path / "snapshots" / made.name / "manifest.json"
    revision = made.manifest.contents.revision
    file.write_text(file.read_text().replace(f'"{revision}"', '"9999"'))
    with pytest.raises(Misconfigured, match="база 9999"):
        await restore(fresh(lived_on_sqlite), target, made.name)


async def test_a_copy_of_the_previous_release_is_brought_up(tmp_path: Path, target: BackupFolder) -> None:
    old = Database(f"sqlite+aiosqlite:///{tmp_path}/old.db")
    before = str(int(migrations.newest()) - 1).zfill(4)
    await previous(old, before)
    lived = await Lived.under(tmp_path, old)
    made = await make(lived.config, target, 0)
    assert made.manifest.contents.revision == before
    done = await restore(fresh(lived), target, made.name)
    assert (done.is_whole, done.now.revision) == (True, migrations.newest())
    await old.close()


async def previous(db: Database, revision: str) -> None:
    """Make the database as the release of that revision had it."""
    async with db.engine.connect() as connection:
        await connection.execution_options(gridline_write=True)
        async with connection.begin():
            await connection.run_sync(lambda sync: command.upgrade(alembic_config(sync), revision))


ADDRESSES: dict[str, dict[str, str]] = {
    "postgresql+asyncpg://g:p%40ss@db.local/line": {
        "PGHOST": "db.local",
        "PGPORT": "5432",
        "PGUSER": "g",
        "PGPASSWORD": "p@ss",
        "PGDATABASE": "line",
    },
    "postgresql+asyncpg://g@/line?host=one:5433&host=two": {
        "PGHOST": "one,two",
        "PGPORT": "5433,5432",
        "PGUSER": "g",
        "PGDATABASE": "line",
        "PGTARGETSESSIONATTRS": "read-write",
    },
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_reaches_postgresqls_programs_by_their_environment(address: str) -> None:
    url: URL = make_url(address)
    assert environment(url) == ADDRESSES[address] | {"PGAPPNAME": "gridline-backup"}


async def test_what_cannot_be_a_target_is_refused_in_words(tmp_path: Path) -> None:
    refused: list[tuple[str, type[GridlineError], str]] = [
        ("s3://bucket", GridlineError, "копия пишется в папку"),
        (str(tmp_path / "none"), NotFound, "такой папки нет"),
    ]
    for name, error, words in refused:
        with pytest.raises(error, match=words):
            BackupFolder(Path(name))
    with pytest.raises(NotFound, match="копий Gridline в ней нет"):
        BackupFolder(tmp_path).newest()
