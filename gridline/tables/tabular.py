"""Tables that people hand in, CSV or XLSX: rows of clean text, and every wrong row named with its reason."""

from __future__ import annotations

import codecs
import csv
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from gridline.errors import InvalidInput

MOST_BYTES = 64 * 2**20
MOST_UNPACKED = 512 * 2**20
"""An XLSX is a ZIP: what it says it unpacks to is looked at before it is unpacked (attack A22)."""
MOST_ROWS = 500_000
SHOWN = 50
"""Wrong rows told in full; of the others the number."""

_BLANKS = str.maketrans({"\t": " ", "\r": " ", "\n": " ", "\u00a0": " ", "\u00ad": "", "\u200b": "", "\ufeff": ""})


class BadCell(Exception):
    """A cell that cannot be taken; the message is for the person who made the table."""


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


def rows(file: Path, *, required: Sequence[str], optional: Sequence[str], problems: Problems) -> Iterator[Row]:
    """Each row that is not blank, its cells trimmed; rows that are no rows go to `problems`.

    The first row names the columns; their order and case do not matter. Raises InvalidInput when the file is
    not such a table: unreadable, too large, of another kind, wrongly encoded, with missing, doubled or unknown
    columns (an unknown one is a misspelt one, and would silently leave data out).
    """
    lines = iter(_numbered(file))
    header: list[str] = []
    for _, cells in lines:
        header = [_clean(cell).casefold() for cell in cells]
        if any(header):
            break
    while header and not header[-1]:
        header.pop()
    _check_header(file, header, required, optional)
    count = 0
    for number, cells in lines:
        try:
            clean = [_safe(cell) for cell in cells]
            if not any(clean):
                continue
            count += 1
            if count > MOST_ROWS:
                raise InvalidInput(f"{file.name}: больше {MOST_ROWS} строк. Разделите файл.")
            if any(clean[len(header) :]):
                raise BadCell("ячеек больше, чем столбцов (лишний разделитель?)")
        except BadCell as error:
            problems.add(number, str(error))
            continue
        found = dict(zip(header, clean, strict=False))
        yield Row(number, {name: found.get(name, "") for name in (*required, *optional)})


def _check_header(file: Path, header: list[str], required: Sequence[str], optional: Sequence[str]) -> None:
    faults = []
    missing = [name for name in required if name not in header]
    if missing:
        faults.append(f"нет столбцов: {_listed(missing)}")
    unknown = [name for name in header if name not in {*required, *optional}]
    if unknown:
        faults.append(f"незнакомые столбцы: {_listed(unknown)} (возможны: {_listed([*required, *optional])})")
    doubled = sorted({name for name in header if header.count(name) > 1})
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
        return _xlsx(file)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise InvalidInput(
            f"{file.name}: это старый формат Excel или файл под паролем. Сохраните его как XLSX без пароля."
        )
    return _csv(file)


def _xlsx(file: Path) -> Iterator[tuple[int, Sequence[object]]]:
    try:
        with zipfile.ZipFile(file) as archive:
            if sum(part.file_size for part in archive.infolist()) > MOST_UNPACKED:
                raise InvalidInput(f"{file.name}: после распаковки больше {MOST_UNPACKED // 2**20} МБ.")
        sheet = CalamineWorkbook.from_path(file).get_sheet_by_index(0)
        yield from enumerate(sheet.iter_rows(), start=1)
    except (CalamineError, zipfile.BadZipFile) as error:
        raise InvalidInput(f"{file.name}: книга Excel не читается ({error}). Сохраните её заново как XLSX.") from error


def _csv(file: Path) -> Iterator[tuple[int, Sequence[object]]]:
    encoding = _encoding(file)
    with file.open(encoding=encoding, newline="") as stream:
        first = stream.readline()
        stream.seek(0)
        delimiter = max(";,\t", key=first.count)
        reader = csv.reader(stream, delimiter=delimiter, strict=True)
        try:
            yield from enumerate(reader, start=1)
        except csv.Error as error:
            raise InvalidInput(
                f"{file.name}: строка файла {reader.line_num}: кавычки не закрыты или лишние ({error})."
            ) from error


def _encoding(file: Path) -> str:
    """UTF-8, else Windows' cp1251 as Excel writes it. Raises InvalidInput for a broken or another encoding."""
    with file.open("rb") as stream:
        start = stream.read(2)
    if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        raise InvalidInput(f"{file.name}: кодировка UTF-16. Сохраните файл как «CSV UTF-8».")
    wrong_line = {encoding: _first_wrong_line(file, encoding) for encoding in ("utf-8-sig", "cp1251")}
    if wrong_line["utf-8-sig"] is None:
        return "utf-8-sig"
    with file.open("rb") as stream:
        header = stream.readline()
    try:
        # A header that is Russian in UTF-8 says that the file is UTF-8, broken further down.
        broken = not header.decode("utf-8-sig").isascii()
    except UnicodeDecodeError:
        broken = False
    if broken or wrong_line["cp1251"] is not None:
        raise InvalidInput(
            f"{file.name}: строка файла {wrong_line['utf-8-sig']}: это не UTF-8. Сохраните файл как «CSV UTF-8»."
        )
    return "cp1251"


def _first_wrong_line(file: Path, encoding: str) -> int | None:
    # A line ends in the byte LF in both encodings.
    with file.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            try:
                line.decode(encoding)
            except UnicodeDecodeError:
                return number
    return None


def _clean(cell: object) -> str:
    """A cell as text: whole numbers without «.0», moments in ISO."""
    if isinstance(cell, str):
        return cell.strip() if cell.isprintable() else " ".join(cell.translate(_BLANKS).split())
    if isinstance(cell, bool):
        return "да" if cell else "нет"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M")
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _safe(cell: object) -> str:
    """As `_clean`; raises BadCell for what must not get in: control characters, formulas, rounded numbers."""
    if isinstance(cell, float) and abs(cell) >= 1e15:
        raise BadCell("число длиннее 15 знаков: Excel его округлил, задайте столбцу текстовый формат")
    text = _clean(cell)
    if not text.isprintable() and any(unicodedata.category(letter)[0] == "C" for letter in text):
        raise BadCell("управляющий символ в ячейке")
    if (text[:1] in "=@" and text) or (text[:1] in ("+", "-") and text[1:2] and text[1] not in "0123456789 ("):
        raise BadCell(f"ячейка начинается как формула: «{text[:20]}»")
    return text
