"""Brings an installation back from a snapshot into an empty `var` and an empty database, and proves what came back.

The database comes last, behind the mark of a register that was begun: a restore that is cut is no installation.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import migrations
from agent_console.calls.store import of_installation
from appeals.proof.verify import JournalHead, Verdict
from appeals.proof.verify import verify as verify_register
from gridline.db import Database
from gridline.errors import Conflict, Misconfigured, Unavailable
from gridline.settings import Settings
from gridline.synced import sync_folder, write_synced
from recordings import store as recordings_store
from recordings.store import BLOCK, Store
from recordings.verification import Verification
from recordings.verification import verify as verify_recordings
from service.backup import contents
from service.backup.contents import DATABASE, DIALPLAN, NAMED, RECORDINGS, SETTINGS, VAR
from service.backup.database import fill, must_be_empty
from service.backup.file_list import FileList, KeptFile
from service.backup.manifest import Contents, SnapshotManifest, contents_of
from service.backup.target import BackupFolder, sum_of
from service.backup.together import each
from service.opening import MARK
from service.process import lock

_FRESH: Final = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
UNFINISHED: Final = "restore-unfinished"
ASIDE: Final = "restored"
"""In `var`: what belongs elsewhere and would have taken the place of something."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back, as it was in the snapshot and as it is now."""

    manifest: SnapshotManifest
    now: Contents
    register: Verdict
    recordings: Verification
    aside: Sequence[str]
    """What a person has to put in its place, in sentences."""

    @property
    def is_whole(self) -> bool:
        """Whether everything is there and unchanged."""
        same = (self.now.counts, self.now.series, self.now.chains) == (
            self.manifest.contents.counts,
            self.manifest.contents.series,
            self.manifest.contents.chains,
        )
        return same and not self.register.faults and not self.recordings.found


async def restore(config: Settings, target: BackupFolder, name: str) -> Restored:
    """Restore a snapshot into the `var` and the database of these settings, which must be empty.

    Raises Conflict over a living or a full installation, Misconfigured for a backup of a newer release or of another
    kind of database, Unavailable for one that is spoilt: before anything is written, but for a file that only reading
    shows to be changed.
    """
    var, db = config.var.absolute(), Database(config.db_url)
    try:
        with target.unchanged(), lock.held(var), target.files(name) as files:
            manifest = target.manifest(name)
            _fits(manifest, db)
            _is_complete(target, name, files)
            _is_free(config, name)
            await must_be_empty(db)
            write_synced(var / UNFINISHED, name)
            aside = await _Bringing(config, target, files).all()
            await fill(db, target.place(_database(files, name).sha256))
            (var / UNFINISHED).unlink()
            sync_folder(var)
            await migrations.upgrade(db)
            heads = [
                JournalHead(one.company_id, one.year, one.journal_no, one.journal_hash)
                for one in manifest.contents.series
            ]
            async with db.read() as session:
                now = await contents_of(session)
                register = await verify_register(session, kept=heads)
            looked = await verify_recordings(db, of_installation(config))
            return Restored(manifest, now, register, looked, aside)
    finally:
        await db.close()


def bring_settings(target: BackupFolder, name: str) -> Path | None:
    """Put the settings file back where none is; the file, None where one is or was never copied."""
    file = contents.settings_file()
    with target.files(name) as files:
        kept = files.find(SETTINGS)
        if file.exists() or kept is None:
            return None
        content = target.place(kept.sha256).read_bytes()
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(content)
        return file


def _fits(manifest: SnapshotManifest, db: Database) -> None:
    if not migrations.knows(manifest.contents.revision):
        raise Misconfigured(
            f"Копия сделана более новым выпуском ({manifest.release}, база {manifest.contents.revision}), а этот знает "
            f"базу до {migrations.newest()}. Поставьте тот выпуск, что делал копию, или новее."
        )
    if manifest.database != db.url.get_backend_name():
        raise Misconfigured(
            f"В копии база {manifest.database}, а в настройках {db.url.get_backend_name()}. Исправьте database_url."
        )


def _is_complete(target: BackupFolder, name: str, files: FileList) -> None:
    lost = [one.name for one in files.of("") if not target.has(one.sha256, one.bytes)]
    if lost:
        raise Unavailable(
            f"Снимок {name} не целый: нет файла {lost[0]} (всего таких: {len(lost)}). "
            "Возьмите другой снимок: --snapshot."
        )


def _is_free(config: Settings, name: str) -> None:
    var = config.var.absolute()
    mark = var / UNFINISHED
    if mark.exists() and mark.read_text("utf-8") == name:  # the same restore was cut: what lies there is its own
        return
    if (there := contents.foreign(config)) is not None:
        raise Conflict(
            f"В {var} уже есть {there.removeprefix(f'{VAR}/')}: поверх работавшей установки восстанавливать нельзя. "
            "Уберите папку в сторону (mv) или назовите другую: --into."
        )


def _database(files: FileList, name: str) -> KeptFile:
    found = files.find(DATABASE)
    if found is None:
        raise Unavailable(f"Снимок {name}: базы в нём нет. Возьмите другой снимок.")
    return found


class _Bringing:
    def __init__(self, config: Settings, target: BackupFolder, files: FileList) -> None:
        self._config = config
        self._target = target
        self._files = files
        self._var = config.var.absolute()

    async def all(self) -> list[str]:
        aside: list[str] = []
        await self._group(VAR, self._var)
        if self._config.dialplan.exists() and not self._is_same_dialplan():
            await self._group(DIALPLAN, self._var / ASIDE / DIALPLAN)
            aside.append(
                f"Меню, слова и правила из копии отличаются от тех, что в {self._config.dialplan}: они лежат в "
                f'{self._var / ASIDE / DIALPLAN}. Чтобы линия говорила по ним: dialplan = "…" в настройках.'
            )
        elif not self._config.dialplan.exists():
            await self._group(DIALPLAN, self._config.dialplan.absolute())
        for setting, file in contents.named_files(self._config).items():
            kept = self._files.find(f"{NAMED}/{setting}")
            if kept is not None and not file.exists():
                await self._write(kept, self._var / ASIDE / setting)
                aside.append(f"{setting}: файла {file} нет, из копии он лежит в {self._var / ASIDE / setting}.")
        if self._config.recordings_store == "folder":
            recordings_store.folder_of(self._config).settle()
        store = recordings_store.of_settings(self._config)
        there = {one.name: one.size async for part in store.names() for one in part}
        await self._each(RECORDINGS, lambda one, name: self._put(store, one, name, there.get(name)))
        if not (self._var / MARK).exists():
            write_synced(self._var / MARK, "restored")
        return aside

    async def _group(self, group: str, folder: Path) -> None:
        await self._each(group, lambda one, name: self._write(one, folder / name))

    async def _each(self, group: str, work: Callable[[KeptFile, str], Awaitable[None]]) -> None:
        await each(self._files.of(group), lambda one: work(one, one.name.removeprefix(f"{group}/")))

    async def _write(self, one: KeptFile, file: Path) -> None:
        await asyncio.to_thread(_written, self._target.place(one.sha256), file, one)

    async def _put(self, store: Store, one: KeptFile, name: str, size: int | None) -> None:
        """A store that outlived the machine has it yet."""
        if size == one.bytes:
            return
        workshop = self._var / "recordings/incoming"
        place = store.place(name, workshop)
        await self._write(one, place)
        await store.put(place, name)

    def _is_same_dialplan(self) -> bool:
        folder = self._config.dialplan
        return all(
            (file := folder / one.name.removeprefix(f"{DIALPLAN}/")).is_file() and sum_of(file) == one.sha256
            for one in self._files.of(DIALPLAN)
        )


def _written(source: Path, file: Path, one: KeptFile) -> None:
    """Copy a file of the backup to its place, its owner's alone. Raises Unavailable for one that was changed."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with source.open("rb") as kept, os.fdopen(os.open(file, _FRESH, 0o600), "wb") as out:
        while block := kept.read(BLOCK):
            digest.update(block)
            out.write(block)
        out.flush()
        os.fsync(out.fileno())
    if digest.hexdigest() != one.sha256:
        file.unlink()
        raise Unavailable(
            f"Файл {one.name} в копии изменён (сумма не та). Восстановление остановлено: уберите начатое и возьмите "
            "другой снимок (--snapshot). Что ещё изменено, скажет gridline backup --verify."
        )
    os.utime(file, (one.changed_at, one.changed_at))
