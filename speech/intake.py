"""Takes in a model brought on a stick, a zip file or a folder: every member is checked, and all comes in or nothing."""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from gridline.errors import Conflict, InvalidInput
from gridline.synced import sync_folder
from speech.engines.engine import engine_of
from speech.models import LABEL, Shelf

MOST_FILES = 5000
MOST_BYTES = 16 * 2**30
"""The largest Russian model takes four gigabytes."""
SPARE_BYTES = 2**30
"""Left free on the disk: calls are recorded there."""
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_DEEPEST = 3
_COPY_BYTES = 1 << 20


def name_for(source: Path, wanted: str, shelf: Shelf) -> str:
    """The model's name on the shelf. Raises InvalidInput for one that is no name, Conflict for one that is taken."""
    name = wanted or (source.name.removesuffix(".zip") if source.is_file() else source.absolute().name).lower()
    if not NAME.fullmatch(name):
        raise InvalidInput(f"Имя модели «{name}» не годится: латинские буквы, цифры, точка, дефис. Задайте: --name ИМЯ")
    if (shelf.folder / name).exists():
        raise Conflict(
            f"Модель «{name}» уже есть: уберите папку {shelf.folder / name} или дайте другое имя: --name ИМЯ"
        )
    return name


@contextmanager
def unpacked(source: Path, shelf: Shelf) -> Iterator[Path]:
    """The model's folder, beside the shelf's others but without a name; gone at the end if `put` did not move it.

    Raises InvalidInput saying what is wrong with the file or folder; OSError.
    """
    shelf.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=shelf.folder, ignore_cleanup_errors=True) as beside:
        target = Path(beside) / "model"
        target.mkdir()
        if source.is_dir():
            _copy_folder(source, target)
        else:
            _unzip(source, target)
        yield _model_in(target, source)


def put(folder: Path, shelf: Shelf, name: str) -> None:
    """Give an unpacked, labelled model its name on the shelf, in one step. Raises OSError."""
    folder.rename(shelf.folder / name)
    sync_folder(shelf.folder)


def _model_in(folder: Path, source: Path) -> Path:
    """The folder with the model's files: archives often hold one folder more."""
    for _ in range(_DEEPEST):
        if engine_of(folder) is not None:
            (folder / LABEL).unlink(missing_ok=True)  # another machine's word about it
            return folder
        inside = list(folder.iterdir())
        if len(inside) != 1 or not inside[0].is_dir():
            break
        folder = inside[0]
    raise InvalidInput(
        f"{source.name}: модели здесь нет. Бывают: vosk (файл am/final.mdl) и Whisper для faster-whisper "
        "(model.bin, config.json, tokenizer.json)."
    )


def _unzip(source: Path, target: Path) -> None:
    try:
        with zipfile.ZipFile(source) as archive:
            members = archive.infolist()
            _check_room(len(members), sum(member.file_size for member in members), target)
            for member in members:
                place = target / _inside(member)
                if member.is_dir():
                    place.mkdir(parents=True, exist_ok=True)
                    continue
                with archive.open(member) as content:
                    _write(content, place)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise InvalidInput(f"{source.name}: архив не читается ({error}). Нужен целый zip без пароля.") from error
    except FileExistsError as error:
        raise InvalidInput(f"{source.name}: файл {Path(error.filename).name} в архиве дважды.") from error


def _inside(member: zipfile.ZipInfo) -> PurePosixPath:
    """Where a member lies within the archive. Raises InvalidInput for one that leads out or is no plain file."""
    path, mode = PurePosixPath(member.filename), member.external_attr >> 16
    if path.is_absolute() or ".." in path.parts or "\\" in member.filename or ":" in member.filename:
        raise InvalidInput(f"Архив не принят: «{member.filename}» ведёт за его пределы. Возьмите архив с сайта модели.")
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise InvalidInput(f"Архив не принят: «{member.filename}» — ссылка или устройство, а не файл.")
    return path


def _copy_folder(source: Path, target: Path) -> None:
    files = []
    for folder, folders, names in os.walk(source):
        for name in (*folders, *names):
            entry = Path(folder) / name
            if not stat.S_ISDIR(mode := entry.lstat().st_mode) and not stat.S_ISREG(mode):
                raise InvalidInput(f"{entry}: ссылка или устройство. Скопируйте модель обычными файлами.")
        files += [Path(folder) / name for name in names]
        if len(files) > MOST_FILES:
            break
    _check_room(len(files), sum(file.stat().st_size for file in files), target)
    for file in files:
        with file.open("rb") as content:
            _write(content, target / file.relative_to(source))


def _check_room(files: int, size: int, target: Path) -> None:
    """Raises InvalidInput when so much is no model, or finds no room."""
    if files > MOST_FILES or size > MOST_BYTES:
        raise InvalidInput(f"Это не модель речи: файлов {files}, {size // 2**20} МБ.")
    free = shutil.disk_usage(target).free - SPARE_BYTES
    if size > free:
        raise InvalidInput(f"Модель займёт {size // 2**20} МБ, а места на диске для неё {max(free, 0) // 2**20} МБ.")


def _write(content: IO[bytes], place: Path) -> None:
    """A new file with this content, on disk. Raises FileExistsError, OSError."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("xb") as out:
        shutil.copyfileobj(content, out, _COPY_BYTES)
        out.flush()
        os.fsync(out.fileno())
