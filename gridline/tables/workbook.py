"""The first sheet of an XLSX workbook, row by row; how much it may take is looked at before anything is built of it."""

from __future__ import annotations

import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import IO
from xml.parsers import expat

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from gridline.errors import InvalidInput

# An XLSX is a ZIP: a small file may unpack to anything (attack A22). Python's zipfile gives no more of a part than
# the directory says, so what the directory says is the bound. Sheets are read in a stream, the other parts whole.
MOST_SHEETS = 512 * 2**20
MOST_STRINGS = 128 * 2**20
MOST_OTHER = 8 * 2**20
MOST_LINES = 2**20
MOST_ROW = 4 * 2**20
"""Bytes of one row: a row is built whole."""

_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, InvalidFileException, expat.ExpatError, SyntaxError, LookupError),
    *(ValueError, TypeError, AttributeError, EOFError, NotImplementedError, RuntimeError),
)
"""What openpyxl and the libraries under it raise for a file that is not as it should be."""


def rows(file: Path) -> Iterator[tuple[int, Sequence[object]]]:
    """Rows by their numbers, cells as Python values (None: empty; an error is its name, `#N/A`).

    Raises InvalidInput for a workbook that is broken or too large.
    """
    try:
        with file.open("rb") as stream:
            with zipfile.ZipFile(stream) as archive:
                _look_over(file, archive)
            with warnings.catch_warnings(action="ignore"):  # of styles and extensions that do not matter here
                book = load_workbook(stream, read_only=True, data_only=True, keep_links=False)
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # some programs write a wrong one
            found = enumerate(sheet.iter_rows(values_only=True), start=1)
            while part := _quietly(found):
                if part[-1][0] > MOST_LINES:
                    raise InvalidInput(f"{file.name}: строк больше, чем бывает на листе Excel.")
                yield from part
    except _BROKEN as error:
        raise InvalidInput(f"{file.name}: книга Excel не читается ({error}). Сохраните её заново как XLSX.") from error


def _quietly(found: Iterator[tuple[int, Sequence[object]]]) -> list[tuple[int, Sequence[object]]]:
    """The next rows. A date out of range is an error cell; openpyxl would warn of it in English."""
    with warnings.catch_warnings(action="ignore"):
        return list(islice(found, 1000))


def _look_over(file: Path, archive: zipfile.ZipFile) -> None:
    """Raise InvalidInput for a workbook that would take too much."""
    sheets = strings = 0
    for part in archive.infolist():
        if part.filename.startswith("xl/worksheets/"):
            sheets += part.file_size
        elif part.filename.startswith("xl/sharedStrings"):
            strings += part.file_size
        elif part.filename.endswith((".xml", ".rels")) and part.file_size > MOST_OTHER:
            raise InvalidInput(f"{file.name}: слишком велико оформление ({part.filename}). Сохраните лист отдельно.")
    if sheets > MOST_SHEETS or strings > MOST_STRINGS:
        raise InvalidInput(f"{file.name}: после распаковки больше {MOST_SHEETS // 2**20} МБ. Разделите файл.")
    for part in archive.infolist():
        if part.filename.startswith("xl/worksheets/") and part.filename.endswith(".xml"):
            with archive.open(part) as sheet:
                _Measure(file).parse(sheet)


class _Measure:
    """Runs through a sheet without keeping it, and counts how long its rows are."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._element
        self._row_began = 0

    def parse(self, sheet: IO[bytes]) -> None:
        """Raises InvalidInput for too long a row, expat.ExpatError for what is no XML."""
        self._parser.ParseFile(sheet)
        self._check()

    def _element(self, name: str, _attributes: dict[str, str]) -> None:
        self._check()
        if name.endswith("row"):
            self._row_began = self._parser.CurrentByteIndex

    def _check(self) -> None:
        if self._parser.CurrentByteIndex - self._row_began > MOST_ROW:
            raise InvalidInput(f"{self._file.name}: строка листа длиннее {MOST_ROW // 2**20} МБ.")
