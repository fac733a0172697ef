"""Tables that become files of the dialplan: looked through by the files' own readers, written whole or not at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from grid.imports import HandedTable, Outcome
from gridline.errors import Conflict, InvalidInput, Misconfigured, Unavailable
from gridline.synced import sync_folder, write_synced
from gridline.tables.tabular import Problems
from gridline.yaml import parts
from gridline.yaml.file import Mistake, WrongFile, YamlFile, read

SMALLER: Final = 2 / 3
"""What a table must hold at least of the records that there are; a smaller one may have come in part."""
NOTHING: Final = ("нет", "-", "—")
"""A cell that empties what the file has; an empty one leaves it."""
SHOWN: Final = 60
"""Letters of a long text in a difference."""
_PLACE: Final = re.compile(r"^[\w.-]+: (?=\S)")


@dataclass(frozen=True, slots=True)
class HandedFiles:
    """What becomes of files: their texts before and after; None where there is no such file."""

    before: Mapping[Path, str | None]
    after: Mapping[Path, str | None]

    @property
    def changed(self) -> list[Path]:
        """Those that are not to stay as they are."""
        return [path for path, text in self.after.items() if text != self.before.get(path)]


@dataclass(frozen=True, slots=True)
class Difference:
    """What a table changes, a sentence each."""

    added: Sequence[str]
    changed: Sequence[str]
    gone: Sequence[str]
    unchanged: int
    looked_at: Sequence[str] = ()
    """What a person should look at besides."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What there is, as the table that the import reads."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def text_of(path: Path) -> str | None:
    """The file as it is; None where there is none. Raises Misconfigured for one that cannot be read."""
    if not path.exists():
        return None
    read(path)
    return path.read_text("utf-8")


def look_through(
    files: HandedFiles, reader: Callable[[Path], object], told: Callable[[YamlFile, Mistake], None]
) -> None:
    """Read every changed file as the line will; `told` is told of each mistake."""
    with TemporaryDirectory() as folder:
        for path in files.changed:
            if (text := files.after[path]) is None:
                continue
            copy = Path(folder) / path.name
            copy.write_text(text, "utf-8")
            try:
                reader(copy)
            except WrongFile as error:
                for mistake in error.mistakes:
                    told(read(copy), mistake)


def place_of(file: YamlFile, mistake: Mistake) -> tuple[str | int, ...]:
    """The innermost key that stands in a mistake's line."""
    return max((where for where, line in file.lines.items() if line == mistake.line), key=len, default=())


def in_a_row(mistake: Mistake, column: str) -> str:
    """A mistake of the file in the words of the table."""
    what = _PLACE.sub("", mistake.what)
    return f"{f'«{column}»: ' if column else ''}{what} {mistake.cure}"


def guard(table: HandedTable, new: int, before: int, *, smaller: bool) -> None:
    """Raise InvalidInput for a table of nothing, and for one of much less than there is unless `smaller`."""
    if not new:
        raise InvalidInput(f"{table.file.name}: в таблице нет ни одной строки. Ничего не загружено.")
    if not smaller and new < before * SMALLER:
        raise InvalidInput(
            f"{table.file.name}: записей {new}, а в файле компании их {before}: таблица не целиком? Чего в ней нет, "
            "то будет убрано. Если так и надо, добавьте --smaller. Ничего не загружено."
        )


def take(files: HandedFiles, difference: Difference, *, dry_run: bool) -> Outcome:
    """Write what changed, each file in one step, and say it. Raises Conflict, Unavailable."""
    if not dry_run:
        _write(files)
    lost = [
        f"Пропадёт пояснение (#): {one}"
        for path in files.changed
        for one in parts.lost(files.before.get(path) or "", files.after[path] or "")
    ]
    notes = (*difference.added, *difference.changed, *difference.gone, *difference.looked_at, *lost)
    return Outcome(
        len(difference.added),
        len(difference.changed),
        difference.unchanged,
        (*notes, *(("Это проверка: файлы не изменены.",) if dry_run else ())),
        len(difference.gone),
    )


def _write(files: HandedFiles) -> None:
    for path in files.changed:
        if text_of(path) != files.before.get(path):
            raise Conflict(f"{path}: файл в эту минуту изменил кто-то ещё. Повторите.")
    done: list[Path] = []
    try:
        for path in files.changed:
            done.append(path)
            _put(path, files.after[path])
    except OSError as error:
        for path in done:
            with suppress(OSError):
                _put(path, files.before.get(path))
        raise Unavailable(
            f"{path}: файл не записать ({error.strerror}). Проверьте права и место на диске. Всё осталось как было."
        ) from error


def _put(path: Path, text: str | None) -> None:
    if text is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_synced(path, text)
    elif path.exists():
        path.unlink()
        sync_folder(path.parent)


def changes(fields: Mapping[str, tuple[str, str]]) -> str:
    """«часы: пн-пт 9:00-17:00 → пн-пт 8:00-16:00; окна: 2 → 3»."""
    return "; ".join(f"{name}: {before or 'пусто'} → {after or 'пусто'}" for name, (before, after) in fields.items())


def shorter(before: str, now: str) -> tuple[str, str]:
    """Two texts in one line each, for a difference that a person reads: long ones from about where they part."""
    one, other = (" ".join(text.split()) for text in (before, now))
    if max(len(one), len(other)) <= SHOWN:
        return one, other
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    start = one.rfind(" ", 0, same - SHOWN // 3) + 1 if same > SHOWN // 3 else 0
    return _cut(one, start), _cut(other, start)


def _cut(line: str, start: int) -> str:
    end = start + SHOWN
    return f"{'…' if start else ''}{line[start:end].rstrip()}{'…' if end < len(line) else ''}"


def refuse(problems: Problems, table: HandedTable, unplaced: Iterable[Mistake]) -> None:
    """Raise for what is wrong: InvalidInput for rows, Misconfigured for the rest of the file."""
    problems.check(table.file)
    if wrong := list(unplaced):
        raise Misconfigured("\n".join(f"{one.what} {one.cure}" for one in wrong))
