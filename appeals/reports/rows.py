"""Files of rows: XLSX and CSV written a row at a time, with nothing in a cell that a spreadsheet would run."""

from __future__ import annotations

import csv
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import xlsxwriter

from gridline.errors import InvalidInput

Value = str | int | float | date | time | None
"""What a cell may hold; a `time` is a time of day."""

LONGEST_CELL = 32_000
"""Excel refuses a file with a cell of more than 32 767 characters."""
_EPOCH = date(1899, 12, 30).toordinal()
_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class ReportFile(ABC):
    """A file that takes titles, headings and rows from top to bottom.

    `close` or the end of `with` finishes it; a block that failed leaves no half report behind.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._closed = False

    @abstractmethod
    def title(self, text: str) -> None:
        """A line above the table."""

    @abstractmethod
    def groups(self, spans: Sequence[tuple[int, int, str]]) -> None:
        """Headings over several columns: first and last column (from 0) and the text."""

    @abstractmethod
    def headings(self, texts: Sequence[str | int]) -> None:
        """A row of headings."""

    @abstractmethod
    def row(self, values: Sequence[Value]) -> None:
        """A row of the table."""

    @abstractmethod
    def _finish(self) -> None:
        """Write out what is still held."""

    def close(self) -> None:
        """Finish the file; a second time does nothing."""
        if not self._closed:
            self._closed = True
            self._finish()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()
        if kind is not None:
            self.file.unlink(missing_ok=True)


class CsvRows(ReportFile):
    """CSV as Excel in Russia opens it: UTF-8 with a mark, semicolons; what looks like a formula gets an apostrophe."""

    def __init__(self, file: Path) -> None:
        super().__init__(file)
        self._file: IO[str] = file.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file, delimiter=";")

    def title(self, text: str) -> None:
        self._writer.writerow([_safe(text)])

    def groups(self, spans: Sequence[tuple[int, int, str]]) -> None:
        line = [""] * (max(last for _, last, _ in spans) + 1)
        for first, _, text in spans:
            line[first] = _safe(text)
        self._writer.writerow(line)

    def headings(self, texts: Sequence[str | int]) -> None:
        self._writer.writerow([_safe(str(text)) for text in texts])

    def row(self, values: Sequence[Value]) -> None:
        self._writer.writerow([_in_csv(value) for value in values])

    def _finish(self) -> None:
        self._file.close()


class XlsxRows(ReportFile):
    """XLSX in constant memory: a written row is on disk. Texts are always texts, never formulas or links."""

    def __init__(self, file: Path, *, sheet: str, widths: Sequence[int] = ()) -> None:
        super().__init__(file)
        self._book = xlsxwriter.Workbook(
            str(file), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        # One fixed creation time: the same report made twice is the same file.
        self._book.set_properties({"created": datetime(2000, 1, 1)})  # noqa: DTZ001  (the format knows no zone)
        self._sheet = self._book.add_worksheet(sheet)
        for column, width in enumerate(widths):
            self._sheet.set_column(column, column, width)
        head = {"bold": True, "text_wrap": True, "align": "center", "valign": "vcenter", "border": 1}
        self._head = self._book.add_format(head)
        self._bold = self._book.add_format({"bold": True})
        self._day = self._book.add_format({"num_format": "dd.mm.yyyy"})
        self._clock = self._book.add_format({"num_format": "hh:mm"})
        self._share = self._book.add_format({"num_format": "0.0"})
        self._next = 0

    def title(self, text: str) -> None:
        self._sheet.write_string(self._next, 0, _short(text), self._bold)
        self._next += 1

    def groups(self, spans: Sequence[tuple[int, int, str]]) -> None:
        for first, last, text in spans:
            if first == last:
                self._sheet.write_string(self._next, first, _short(text), self._head)
            else:
                self._sheet.merge_range(self._next, first, self._next, last, _short(text), self._head)
        self._next += 1

    def headings(self, texts: Sequence[str | int]) -> None:
        for column, text in enumerate(texts):
            if isinstance(text, int):
                self._sheet.write_number(self._next, column, text, self._head)
            else:
                self._sheet.write_string(self._next, column, _short(text), self._head)
        self._next += 1

    def row(self, values: Sequence[Value]) -> None:
        sheet, at = self._sheet, self._next
        for column, value in enumerate(values):
            if value is None:
                continue
            if isinstance(value, str):
                sheet.write_string(at, column, _short(value))
            elif isinstance(value, int):
                sheet.write_number(at, column, value)
            elif isinstance(value, float):
                sheet.write_number(at, column, value, self._share)
            elif isinstance(value, date):
                sheet.write_number(at, column, value.toordinal() - _EPOCH, self._day)
            else:
                sheet.write_number(at, column, (value.hour * 60 + value.minute) / 1440, self._clock)
        self._next += 1

    def _finish(self) -> None:
        self._book.close()


def open_rows(file: Path, *, sheet: str, widths: Sequence[int] = ()) -> ReportFile:
    """The writer by the file's ending. Raises InvalidInput for another than .xlsx or .csv, or a folder not there."""
    if not file.parent.is_dir():
        raise InvalidInput(f"{file}: нет такой папки")
    match file.suffix.lower():
        case ".xlsx":
            return XlsxRows(file, sheet=sheet, widths=widths)
        case ".csv":
            return CsvRows(file)
        case other:
            raise InvalidInput(f"{file}: вид файла {other!r} не поддерживается, нужен .xlsx или .csv")


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_CELL else text[:LONGEST_CELL] + "…"


def _safe(text: str) -> str:
    return "'" + text if text.startswith(_STARTS_FORMULA) else text


def _in_csv(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, date):
        return value.strftime("%d.%m.%Y")
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, float):
        return f"{value:.1f}".replace(".", ",")
    return _safe(value) if isinstance(value, str) else str(value)
