"""What is copied comes back whole on both databases; what is new alone is copied again, and the old is forgotten."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from gridline.clock import SystemClock
from gridline.db import Database
from recordings.incoming import Incoming
from recordings.store import of_settings
from service.backup.checking import check
from service.backup.making import make
from service.backup.restoring import restore
from service.backup.target import BackupFolder
from tests.store.backups.lived import APPEALS, CALLS, PROMISE, SECRET, Lived, said
from tests.store.served import bucket, s3_server
from tests.store.taken import taken_in


async def test_a_lost_installation_comes_back_and_is_proved(lived: Lived, target: BackupFolder, empty_url: str) -> None:
    made = await make(lived.config, target, 0)
    new = lived.elsewhere(empty_url)
    done = await restore(new, target, made.name)
    assert done.is_whole
    assert (done.register.appeals, done.recordings.recordings, done.recordings.links) == (APPEALS, 3, 3)
    assert done.now.series[0].last_sequence == APPEALS
    for name, content in {"spool/9900000017.json": PROMISE, "spool/counter": "17", "secrets/evidence": SECRET}.items():
        file = new.var / name
        assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == (content, 0o600)
    assert (new.var / "takes/abc.wav").exists()
    assert (new.var / "asterisk/var/log/cel-custom/Master.csv").exists()
    assert not (new.var / "prompts").exists()
    assert not (new.var / "asterisk/etc").exists()
    assert not (new.var / "restore-unfinished").exists()
    assert (new.dialplan / "studio/skek/beep.wav").read_bytes() == b"RIFF of the studio"
    for row in lived.rows:
        here, there = (config.var / "recordings/store" / row.file for config in (lived.config, new))
        assert here.read_bytes() == there.read_bytes()


async def test_a_second_backup_copies_what_is_new_alone(lived: Lived, target: BackupFolder, empty_url: str) -> None:
    first = await make(lived.config, target, 0)
    [row] = await taken_in(lived.db, lived.config.var / "recordings", ["d" * 32])
    second = await make(lived.config, target, 0)
    assert second.manifest.files == first.manifest.files + 1
    assert second.copied_files == 2  # the recording and the database
    done = await restore(lived.elsewhere(empty_url), target, first.name)
    assert done.is_whole
    assert not (lived.folder / "restored/recordings/store" / row.file).exists()


async def test_old_snapshots_are_forgotten_with_what_they_alone_had(
    lived_on_sqlite: Lived, target: BackupFolder
) -> None:
    lived = lived_on_sqlite
    first = await make(lived.config, target, 2)
    (lived.config.var / "takes/abc.wav").write_text("RIFF of another take")
    before = {file.name for file in target.path.glob("files/*/*")}
    second = await make(lived.config, target, 2)
    third = await make(lived.config, target, 2)
    assert (second.forgotten, third.forgotten, target.names()) == ([], [first.name], [second.name, third.name])
    gone = before - {file.name for file in target.path.glob("files/*/*")}
    assert len(gone) == 1  # the earlier take
    assert (await check(target)).wrong == []


async def test_a_recording_that_waits_comes_back_once(lived: Lived, target: BackupFolder, empty_url: str) -> None:
    """One that the database has is not brought back by its samples: they may be half of it."""
    incoming = Incoming(lived.config.var / "recordings/incoming", SystemClock(), least_free=1)
    waiting = incoming.announce("e" * 32, "talk")
    incoming.samples(waiting).write_bytes(b"\1\2" * 100)
    half = lived.config.var / "recordings/incoming" / f"{lived.rows[0].id}.raw"
    half.write_bytes(b"\1\2")
    made = await make(lived.config, target, 0)
    new = lived.elsewhere(empty_url)
    assert (await restore(new, target, made.name)).is_whole
    there = {file.name for file in (new.var / "recordings/incoming").iterdir()}
    assert incoming.samples(waiting).name in there
    assert half.name not in there


async def test_recordings_of_a_service_are_copied_and_put_back(sqlite_db: Database, tmp_path: Path) -> None:
    with s3_server(tmp_path) as endpoint:
        for name in ("sound", "fresh"):
            bucket(endpoint, name)
        s3 = {"recordings_store": "s3", "s3_endpoint": endpoint, "s3_key_id": "id", "s3_secret": "key"}
        lived = await Lived.under(tmp_path, sqlite_db, **s3, s3_bucket="sound")
        store = of_settings(lived.config)
        for row in lived.rows:
            await store.put(lived.config.var / "recordings/store" / row.file, row.file)
        target = BackupFolder(lived.target)
        made = await make(lived.config, target, 0)
        assert (await make(lived.config, target, 0)).copied_files == 1
        url = f"sqlite+aiosqlite:///{tmp_path}/empty/gridline.db"
        new = lived.elsewhere(url, **s3, s3_bucket="fresh")
        done = await restore(new, target, made.name)
        assert (done.is_whole, done.recordings.recordings) == (True, len(CALLS))
        assert await of_settings(new).checksum(lived.rows[0].file) == lived.rows[0].sha256


@pytest.mark.parametrize("edited", [False, True])
async def test_a_dialplan_that_is_there_already_is_not_written_over(
    edited: bool, lived_on_sqlite: Lived, target: BackupFolder
) -> None:
    lived = lived_on_sqlite
    made = await make(lived.config, target, 0)
    new = lived.elsewhere(f"sqlite+aiosqlite:///{lived.folder}/empty/gridline.db").model_copy(
        update={"dialplan": lived.config.dialplan}
    )
    if edited:
        (lived.config.dialplan / "prompts.ru.yaml").write_text("{}")
    done = await restore(new, target, made.name)
    assert len(done.aside) == edited
    assert (new.var / "restored/dialplan/prompts.ru.yaml").exists() == edited


async def test_the_commands_say_what_they_did(lived: Lived, empty_url: str) -> None:
    code, told = said(lived.config, "backup", lived.target)
    assert code == 0, told
    assert f"В базе: обращений {APPEALS}, звонков 0, записей 3." in told
    assert "Внимание: копия на том же диске" in told
    code, told = said(lived.config, "backup", "--verify", lived.target)
    assert (code, told.splitlines()[-1]) == (0, "Всё сходится.")
    code, told = said(lived.elsewhere(empty_url), "restore", lived.target)
    assert code == 0, told
    assert "skek, 2025: номера подряд до 25-000020-" in told
    assert "Записи: сверено 3, звеньев цепочки 3, расхождений 0." in told
    assert told.splitlines()[-1] == "Всё сходится. Запустите линию: gridline serve."
