"""Tables that people hand in, CSV or XLSX: rows of clean text, and every wrong row named with its reason."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from types import MappingProxyType

from gridline.errors import InvalidInput
from gridline.tables import delimited, workbook
from gridline.tables.clean import BadCell as BadCell
from gridline.tables.clean import clean, lined, safe
from gridline.tables.words import plain

MOST_BYTES = 64 * 2**20
MOST_ROWS = 500_000
MOST_COLUMNS = 256
SHOWN = 50
"""Wrong rows told in full; of the others the number."""

TITLES = 10
"""Lines with one cell, a name of the table, that may stand above its header."""

END = "конец"
"""The first cell of a counted table's last row."""

NO_WAYS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number as a spreadsheet shows it, and its cells by column name (absent ones are empty)."""

    number: int
    cells: dict[str, str]


@dataclass
class Problems:
    """The wrong rows of one table, collected so that a person gets all of them at once."""

    found: list[tuple[int, str]] = field(default_factory=list)

    def add(self, number: int, reason: str) -> None:
        """Row `number` is wrong because of `reason`."""
        self.found.append((number, reason))

    def check(self, file: Path) -> None:
        """Raise InvalidInput that lists them, if there is any."""
        if not self.found:
            return
        lines = [f"  строка {number}: {reason}" for number, reason in sorted(self.found)[:SHOWN]]
        if len(self.found) > SHOWN:
            lines.append(f"  ... и ещё {len(self.found) - SHOWN}")
        head = f"{file.name}: ошибок в строках: {len(self.found)}. Ничего не загружено."
        raise InvalidInput("\n".join([head, *lines]))


def rows(
    file: Path,
    *,
    required: Sequence[str],
    optional: Sequence[str],
    problems: Problems,
    counted: bool = False,
    ways: Mapping[str, str] = NO_WAYS,
    with_lines: Collection[str] = (),
) -> Iterator[Row]:
    """Each row that is not blank, its cells trimmed; rows that are no rows go to `problems`.

    The first row that is not blank, or the first below a title, names the columns; their order, case and «е» for «ё» do
    not matter. `ways`: what else people call a column. `with_lines`: columns whose cells keep their lines. Raises
    InvalidInput when the file is not such a table: unreadable, too large, of another kind, wrongly encoded, with
    missing, doubled or unknown columns (an unknown one is a misspelt one, and would silently leave data out). A
    `counted` table says in its last row how many there were («конец», 12): without that it did not come whole.
    """
    lines = iter(_numbered(file))
    known = {plain(way): column for way, column in ways.items()} | {
        plain(name): name for name in (*required, *optional)
    }
    header = _header(file, lines, known)
    _check_header(file, header, required, optional)
    found = _whole(file, lines) if counted else lines
    yield from _rows(file, header, found, (*required, *optional), problems, with_lines)


def _whole(file: Path, lines: Iterator[tuple[int, Sequence[object]]]) -> Iterator[tuple[int, Sequence[object]]]:
    """The lines before the last, which must be the end mark with their number. Raises InvalidInput."""
    count = 0
    for number, cells in lines:
        words = [clean(cell) for cell in cells]
        if words and plain(words[0]) == END:
            told = words[1] if len(words) > 1 else ""
            if told != str(count) or any(clean(cell) for _, after in lines for cell in after):
                raise InvalidInput(f"{file.name}: строк {count}, а в конце сказано «{told[:10]}»: файл не цел.")
            return
        count += any(words)
        yield number, cells
    raise InvalidInput(f"{file.name}: нет последней строки «{END};{count}»: файл пришёл не целиком.")


def given_rows(
    name: Path,
    given: Sequence[Mapping[str, object]],
    *,
    required: Sequence[str],
    optional: Sequence[str],
    problems: Problems,
) -> Iterator[Row]:
    """As `rows`, of rows that came as objects: their keys are the columns; `name` is what a person knows them by."""
    known = {plain(column): column for column in (*required, *optional)}
    header = list(dict.fromkeys(known.get(plain(column), column) for row in given for column in row))
    if given:
        _check_header(name, header, required, optional)
    lines = (
        [{known.get(plain(column), column): cell for column, cell in row.items()}.get(column) for column in header]
        for row in given
    )
    yield from _rows(name, header, enumerate(lines, start=1), (*required, *optional), problems)


def _rows(
    file: Path,
    header: Sequence[str],
    lines: Iterable[tuple[int, Sequence[object]]],
    columns: Sequence[str],
    problems: Problems,
    with_lines: Collection[str] = (),
) -> Iterator[Row]:
    count = 0
    with_lines_at = {at for at, name in enumerate(header) if name in with_lines}
    for number, cells in lines:
        try:
            texts = [lined(cell) if at in with_lines_at else safe(cell) for at, cell in enumerate(cells)]
            if not any(texts):
                continue
            count += 1
            if count > MOST_ROWS:
                raise InvalidInput(f"{file.name}: больше {MOST_ROWS} строк. Разделите файл.")
            if any(texts[len(header) :]):
                raise BadCell("ячеек больше, чем столбцов (лишний разделитель?)")
            if any(text for name, text in zip(header, texts, strict=False) if not name):
                raise BadCell("в столбце без названия есть значение")
        except BadCell as error:
            problems.add(number, str(error))
            continue
        found = dict(zip(header, texts, strict=False))
        yield Row(number, {name: found.get(name, "") for name in columns})


def _header(file: Path, lines: Iterator[tuple[int, Sequence[object]]], known: dict[str, str]) -> list[str]:
    first: list[str] = []
    for _, cells in islice(((number, cells) for number, cells in lines if any(map(clean, cells))), TITLES):
        header = [clean(cell) for cell in cells]
        while not header[-1]:
            header.pop()
        if len(header) > MOST_COLUMNS:
            raise InvalidInput(f"{file.name}: таблица шире {MOST_COLUMNS} столбцов. Оставьте в файле её одну.")
        named = [known.get(plain(name), name.casefold()) for name in header]
        first = first or named
        if any(plain(name) in known for name in header):
            return named
        if sum(map(bool, header)) > 1:
            break
    return first


def _check_header(file: Path, header: list[str], required: Sequence[str], optional: Sequence[str]) -> None:
    faults = []
    missing = [name for name in required if name not in header]
    if missing:
        faults.append(f"нет столбцов: {_listed(missing)}")
    unknown = [name for name in header if name and name not in {*required, *optional}]
    if unknown:
        faults.append(f"незнакомые столбцы: {_listed(unknown)} (возможны: {_listed([*required, *optional])})")
    doubled = sorted({name for name in header if name and header.count(name) > 1})
    if doubled:
        faults.append(f"столбцы повторяются: {_listed(doubled)}")
    if faults:
        raise InvalidInput(f"{file.name}: в первой строке должны быть названия столбцов; {'; '.join(faults)}.")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"«{name[:40]}»" for name in names)


def _numbered(file: Path) -> Iterator[tuple[int, Sequence[object]]]:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise InvalidInput(f"{file.name}: файл больше {MOST_BYTES // 2**20} МБ. Разделите его.")
        with file.open("rb") as stream:
            start = stream.read(8)
    except OSError as error:
        raise InvalidInput(f"{file}: файл не читается: {error.strerror}.") from error
    if start.startswith(b"PK\x03\x04"):
        return workbook.rows(file)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise InvalidInput(
            f"{file.name}: это старый формат Excel или файл под паролем. Сохраните его как XLSX без пароля."
        )
    return delimited.rows(file)
