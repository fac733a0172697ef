"""One file of the official numbering tables, read and checked row by row: `АВС/ DEF;От;До;Емкость;Оператор;…`."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from gridline.errors import InvalidInput
from gridline.tables.delimited import encoding_of
from gridline.tables.tabular import MOST_BYTES, MOST_ROWS, BadCell, Problems
from gridline.tables.words import plain

REQUIRED: Final = ("АВС/ DEF", "От", "До", "Емкость", "Оператор", "Регион")
"""Columns without which nothing can be taken in."""
TERRITORY: Final = "Территория ГАР"
"""Older tables lack it."""
DIGITS: Final = "3489"
"""First digits of Russian codes: each has a table of its own."""
LONGEST_OPERATOR, LONGEST_TEXT = 300, 4000
_AGAIN = "скачайте файл заново"
_TEN_MILLION, _MOST_DIGITS = 10**7, 8
_LATIN = str.maketrans("abcehkmoptxy", "авсенкмортху")
"""Latin letters that look like Cyrillic ones, and stand in headers for them."""


class TableRow(NamedTuple):
    """One range: national numbers of ten digits, both of it, and what is written about them."""

    first: int
    last: int
    operator: str
    region: str
    territory: str


@dataclass(frozen=True, slots=True)
class OfficialTable:
    """All ranges of one file, by their first numbers; `digit` is the one its codes begin with."""

    file: Path
    digit: str
    rows: tuple[TableRow, ...]

    @property
    def numbers(self) -> int:
        """How many numbers the ranges hold together."""
        return sum(row.last - row.first + 1 for row in self.rows)


def read(file: Path) -> OfficialTable:
    """The table of a file. Raises InvalidInput: for what is no such table, or with every wrong row and its cure."""
    problems = Problems()
    lines = _lines(file)
    header = next(lines, (1, ()))[1]
    columns = _columns(file, header)
    numbered: list[tuple[int, TableRow]] = []
    said: dict[str, str] = {}
    """Each text once: a few thousand different ones stand in 446 000 rows."""
    digit = ""
    for number, cells in lines:
        if len(numbered) > MOST_ROWS:
            raise InvalidInput(f"{file.name}: больше {MOST_ROWS} строк. Это не таблица нумерации.")
        try:
            if len(cells) != len(header):
                raise BadCell(f"ячеек {len(cells)}, а столбцов {len(header)}: строка пришла не целиком, {_AGAIN}")
            row = _row([cells[place] for place in columns], said)
            digit = digit or str(row.first)[0]
            if str(row.first)[0] != digit:
                raise BadCell(
                    f"код {row.first // _TEN_MILLION} в таблице кодов на {digit}: разделите файл на две таблицы"
                )
        except BadCell as error:
            problems.add(number, str(error))
        else:
            numbered.append((number, row))
    numbered.sort(key=lambda one: one[1].first)
    _look_for_overlaps(numbered, problems)
    problems.check(file)
    if not numbered:
        raise InvalidInput(f"{file.name}: в таблице нет ни одной строки. Скачайте файл заново.")
    return OfficialTable(file, digit, tuple(row for _, row in numbered))


def _lines(file: Path) -> Iterator[tuple[int, Sequence[str]]]:
    """The cells of each line that is not blank, by its number. Raises InvalidInput for a file that is no text."""
    try:
        if file.stat().st_size > MOST_BYTES:
            raise InvalidInput(f"{file.name}: файл больше {MOST_BYTES // 2**20} МБ. Это не таблица нумерации.")
        with file.open("rb") as stream:
            start = stream.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()
        if start.startswith(b"<"):  # the site answers so with status 200, and a browser saves it under the table's name
            raise InvalidInput(f"{file.name}: это не таблица, а страница сайта с ошибкой. Скачайте файл заново.")
        if start.startswith(b"PK\x03\x04"):
            raise InvalidInput(f"{file.name}: это книга Excel или архив. Нужен CSV, как его отдаёт сайт.")
        with file.open(encoding=encoding_of(file), newline="") as text:
            for number, line in enumerate(text, start=1):
                if line.strip(";\r\n\t "):
                    yield number, _cells(line.rstrip("\r\n"))
    except OSError as error:
        raise InvalidInput(f"{file}: файл не читается: {error.strerror}.") from error


def _cells(line: str) -> Sequence[str]:
    """The cells of a line: the site quotes nothing («ООО "Т2"» stands as it is), a spreadsheet quotes such cells."""
    if line.startswith('"') or ';"' in line:
        try:
            return next(csv.reader([line], delimiter=";", strict=True))
        except csv.Error:
            pass
    return line.split(";")


def _columns(file: Path, header: Sequence[str]) -> list[int]:
    """Where the columns stand, in the order of REQUIRED, then TERRITORY if there is one; others do not matter.

    Raises InvalidInput.
    """
    spelt = {_spelt(name): place for place, name in enumerate(header)}
    missing = [name for name in REQUIRED if _spelt(name) not in spelt]
    if missing:
        raise InvalidInput(
            f"{file.name}: это не таблица нумерации: в первой строке нет столбцов "
            f"{', '.join(f'«{name}»' for name in missing)}. Скачайте файл заново."
        )
    return [spelt[_spelt(name)] for name in (*REQUIRED, TERRITORY) if _spelt(name) in spelt]


def _spelt(name: str) -> str:
    """What the ways of writing a column's name have in common, in Cyrillic, Latin or both."""
    return plain(name).replace(" ", "").translate(_LATIN)


def _row(cells: Sequence[str], said: dict[str, str]) -> TableRow:
    """Of the cells of REQUIRED, and of TERRITORY where there is one. Raises BadCell."""
    code = cells[0].strip()
    if not (len(code) == 3 and code.isascii() and code.isdigit() and code[0] in DIGITS):
        raise BadCell(f"«АВС/ DEF»: «{code[:20]}» — нужны три цифры, первая — 3, 4, 8 или 9")
    first, last, capacity = _number(cells[1], "От"), _number(cells[2], "До"), _number(cells[3], "Емкость")
    if last < first:
        raise BadCell(f"«До» {last:07} меньше «От» {first:07}: {_AGAIN}")
    if last >= _TEN_MILLION:
        raise BadCell(f"«До»: {last} — после кода бывает не больше семи цифр")
    if capacity != last - first + 1:
        raise BadCell(f"«Емкость» {capacity}, а от {first:07} до {last:07} номеров {last - first + 1}: {_AGAIN}")
    operator = said.get(cells[4]) or _text(cells[4], "Оператор", LONGEST_OPERATOR, said)
    region = said.get(cells[5]) or _text(cells[5], "Регион", LONGEST_TEXT, said)
    territory = "" if len(cells) < 7 else said.get(cells[6]) or _text(cells[6], TERRITORY, LONGEST_TEXT, said)
    if not operator:
        raise BadCell("«Оператор» не заполнено")
    begins = int(code) * _TEN_MILLION
    return TableRow(begins + first, begins + last, operator, region, territory)


def _number(cell: str, column: str) -> int:
    written = cell.strip()
    if not (written.isascii() and written.isdigit() and len(written) <= _MOST_DIGITS):
        raise BadCell(f"«{column}»: «{written[:20]}» — нужны цифры, не больше {_MOST_DIGITS}")
    return int(written)


def _text(cell: str, column: str, at_most: int, said: dict[str, str]) -> str:
    text = " ".join(cell.split())
    if len(text) > at_most:
        raise BadCell(f"«{column}» длиннее {at_most} знаков")
    if not text.isprintable():
        raise BadCell(f"«{column}»: управляющий символ в ячейке, {_AGAIN}")
    said[cell] = text
    return text


def _look_for_overlaps(numbered: list[tuple[int, TableRow]], problems: Problems) -> None:
    """`numbered` is in the order of the first numbers."""
    end, line = -1, 0
    for number, row in numbered:
        if row.first <= end:
            code, rest = divmod(row.first, _TEN_MILLION)
            told = f"номера с {code} {rest:07} есть уже в строке {line}: один из диапазонов лишний, {_AGAIN}"
            problems.add(number, told)
        if row.last > end:
            end, line = row.last, number
