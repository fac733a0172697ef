"""CSV as spreadsheets and people save it: encodings, delimiters, a `sep=` line, empty lines above the header."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from gridline.errors import InvalidInput

_SEPARATOR = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)


def rows(file: Path) -> Iterator[tuple[int, Sequence[str]]]:
    """Rows by the numbers a spreadsheet shows them under.

    Raises InvalidInput for a file in another encoding than UTF-8 and cp1251, or with quotes that do not close.
    """
    with file.open(encoding=encoding_of(file), newline="") as stream:
        reader = csv.reader(stream, delimiter=_delimiter(stream), strict=True)
        try:
            yield from enumerate(reader, start=1)
        except csv.Error as error:
            raise InvalidInput(
                f"{file.name}: строка файла {reader.line_num}: кавычки не закрыты или лишние ({error})."
            ) from error


def _delimiter(stream: TextIO) -> str:
    """What divides the cells; leaves the stream where the table begins: no spreadsheet shows a `sep=` line."""
    first = stream.readline()
    if told := _SEPARATOR.fullmatch(first):
        return told[1]
    header = first
    while header and not header.strip(";,\t \r\n"):
        header = stream.readline()
    stream.seek(0)
    return max(";,\t", key=header.count)


def encoding_of(file: Path) -> str:
    """UTF-8, else Windows' cp1251 as Excel writes it. Raises InvalidInput for a broken or another encoding."""
    with file.open("rb") as stream:
        start = stream.read(2)
    if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        raise InvalidInput(f"{file.name}: кодировка UTF-16. Сохраните файл как «CSV UTF-8».")
    wrong, russian_before = _first_wrong_line(file, "utf-8-sig")
    if wrong is None:
        return "utf-8-sig"
    # Russian letters in UTF-8 say that the file is UTF-8, broken further down.
    if russian_before or _first_wrong_line(file, "cp1251")[0] is not None:
        raise InvalidInput(f"{file.name}: строка файла {wrong}: это не UTF-8. Сохраните файл как «CSV UTF-8».")
    return "cp1251"


def _first_wrong_line(file: Path, encoding: str) -> tuple[int | None, bool]:
    """The first line that is not of this encoding, and whether a line before it holds more than ASCII."""
    beyond_ascii = False
    with file.open("rb") as stream:  # a line ends in the byte LF in both encodings
        for number, line in enumerate(stream, start=1):
            try:
                text = line.decode(encoding)
            except UnicodeDecodeError:
                return number, beyond_ascii
            beyond_ascii = beyond_ascii or not text.isascii()
    return None, beyond_ascii
