"""The company's own days on, off or short: a small CSV in `var`, checked on its way in, over the shipped calendar."""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from gridline.calendar.workdays import MOVED_DAYS_KNOWN_TO, ProductionCalendar
from gridline.errors import InvalidInput, Misconfigured
from gridline.tables import cells
from gridline.tables.cells import When
from gridline.tables.tabular import BadCell, Problems, rows

NAME = "calendar.csv"
COLUMNS = ("дата", "день", "основание")
LONGEST_REASON = 300
WARNED = timedelta(days=122)
"""So long before it begins a year whose moved days nobody has told is warned of: from September on."""
Word = Literal["on", "off", "short", "usual"]
WORDS: Mapping[str, Word] = {"рабочий": "on", "выходной": "off", "сокращённый": "short", "обычный": "usual"}
_ANYWHERE = When(ZoneInfo("UTC"))  # whole days, which no zone changes


@dataclass(frozen=True, slots=True, order=True)
class MovedDay:
    """A day that differs from the shipped calendar, and the decree or order behind it."""

    day: date
    working: bool
    why: str
    short: bool = False
    """An hour shorter than the day's hours are; only of a working day."""

    @property
    def word(self) -> str:
        """What the table calls such a day."""
        return "сокращённый" if self.short else "рабочий" if self.working else "выходной"


def calendar_of(days: Iterable[MovedDay]) -> ProductionCalendar:
    """The production calendar with these days laid over it."""
    calendar = ProductionCalendar()
    lay(calendar, days)
    return calendar


def lay(calendar: ProductionCalendar, days: Iterable[MovedDay]) -> None:
    """Have `calendar` count by these days from now on."""
    table = list(days)
    calendar.take({row.day: row.working for row in table}, [row.day for row in table if row.short])


def load_calendar(var: Path) -> ProductionCalendar:
    """The calendar in force on this machine. Raises Misconfigured when the kept table was spoilt."""
    try:
        return calendar_of(kept_days(var))
    except (InvalidInput, OSError, ValueError) as error:
        raise Misconfigured(
            f"Производственный календарь {var / NAME} не читается: {error}\n"
            "Верните файл из резервной копии; или уберите его и загрузите дни заново: gridline calendar import."
        ) from error


def kept_days(var: Path) -> list[MovedDay]:
    """The uploaded days, in order."""
    file = var / NAME
    return _read(file)[0] if file.exists() else []


def import_days(upload: Path, var: Path) -> list[MovedDay]:
    """Merge an upload (CSV or XLSX) into the stored table and return all of it; «обычный» removes a day.

    The table is replaced atomically: a reader sees the old or the new one. Raises InvalidInput
    with every wrong row named; then nothing is changed.
    """
    uploaded, dropped = _read(upload)
    days = {row.day: row for row in [*kept_days(var), *uploaded]}
    table = sorted(row for day, row in days.items() if day not in dropped)
    keep(table_text(table), var)
    return table


def table_text(days: Iterable[MovedDay]) -> str:
    """The table as the file holds it, in order."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows((row.day.isoformat(), row.word, row.why) for row in sorted(days))
    return out.getvalue()


def days_in(text: str) -> list[MovedDay]:
    """The days of a table's text. Raises InvalidInput with every wrong row named."""
    with tempfile.TemporaryDirectory(prefix="gridline-calendar-") as folder:
        file = Path(folder) / NAME
        file.write_text(text, "utf-8", newline="")
        return _read(file)[0]


def keep(text: str, var: Path) -> None:
    """Put the table there in one step; an empty text takes it away."""
    if not text:
        (var / NAME).unlink(missing_ok=True)
        return
    var.mkdir(parents=True, exist_ok=True)
    fresh = var / f".{NAME}.{os.getpid()}"
    fresh.write_text(text, "utf-8", newline="")
    fresh.replace(var / NAME)


def kept_text(var: Path) -> str:
    """The stored table as it is written; empty where there is none. Raises Misconfigured where it is no text."""
    try:
        return (var / NAME).read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise Misconfigured(f"{var / NAME}: файл не в UTF-8. Верните его из резервной копии.") from error


def of_word(day: date, word: str, why: str) -> MovedDay:
    """A day by its kind, one of `WORDS`."""
    return MovedDay(day, word != "off", why, short=word == "short")


def unknown_years(today: date, days: Iterable[MovedDay], ahead: timedelta) -> list[int]:
    """The years up to `ahead` from today whose moved days nobody has told yet."""
    told = {row.day.year for row in days}
    years = range(today.year, (today + ahead).year + 1)
    return [year for year in years if year > MOVED_DAYS_KNOWN_TO and year not in told]


def _read(file: Path) -> tuple[list[MovedDay], set[date]]:
    days: dict[date, MovedDay] = {}
    dropped: set[date] = set()
    problems = Problems()
    for row in rows(file, required=COLUMNS, optional=(), problems=problems):
        try:
            day = cells.day(row.cells, "дата", _ANYWHERE, required=True)
            word = cells.choice(row.cells, "день", WORDS)
            why = cells.text(row.cells, "основание", at_most=LONGEST_REASON, required=True)
            assert day is not None
            if day in days or day in dropped:
                raise BadCell(f"{day:%d.%m.%Y} указан дважды")
        except BadCell as error:
            problems.add(row.number, str(error))
            continue
        if word == "usual":
            dropped.add(day)
        else:
            days[day] = of_word(day, word, why)
    problems.check(file)
    return sorted(days.values()), dropped
