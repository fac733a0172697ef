"""The company's own days on or off: a small CSV in `var`, checked on its way in, laid over the production calendar."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from gridline.errors import InvalidInput
from gridline.workdays import FIRST_YEAR, LAST_YEAR, ProductionCalendar

NAME = "calendar.csv"
LARGEST_UPLOAD = 200_000
COLUMNS = ("дата", "день", "основание")
WORDS: Mapping[str, Literal["on", "off", "usual"]] = {"рабочий": "on", "выходной": "off", "обычный": "usual"}


@dataclass(frozen=True, slots=True, order=True)
class MovedDay:
    """One day that differs from the shipped calendar, and the decree or order that says so."""

    day: date
    working: bool
    why: str


def load_calendar(var: Path) -> ProductionCalendar:
    """The calendar in force on this machine. Raises InvalidInput when the kept table was spoilt by hand."""
    return ProductionCalendar({row.day: row.working for row in kept_days(var)})


def kept_days(var: Path) -> list[MovedDay]:
    """The uploaded days, in order."""
    file = var / NAME
    if not file.exists():
        return []
    found, _ = _parse(file.read_text(encoding="utf-8"), str(file))
    return found


def import_days(upload: Path, var: Path) -> list[MovedDay]:
    """Lay an upload over the kept table and return the whole table; «обычный» takes a day out of it.

    The table is swapped in whole, so that a reader sees the old or the new one. Raises InvalidInput
    with every wrong line named; then nothing is changed.
    """
    try:
        if upload.stat().st_size > LARGEST_UPLOAD:
            raise InvalidInput(f"{upload}: файл больше {LARGEST_UPLOAD // 1000} кБ, это не календарь")
        text = upload.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{upload}: файл не читается ({error}); нужен CSV в UTF-8") from error
    uploaded, dropped = _parse(text, str(upload))
    days = {row.day: row for row in kept_days(var)} | {row.day: row for row in uploaded}
    table = sorted(row for day, row in days.items() if day not in dropped)
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows((row.day.isoformat(), "рабочий" if row.working else "выходной", row.why) for row in table)
    var.mkdir(parents=True, exist_ok=True)
    fresh = var / f".{NAME}.{os.getpid()}"
    fresh.write_text(out.getvalue(), encoding="utf-8")
    fresh.replace(var / NAME)
    return table


def _parse(text: str, name: str) -> tuple[list[MovedDay], set[date]]:
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    rows: dict[date, MovedDay] = {}
    dropped: set[date] = set()
    wrong: list[str] = []
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    for row in reader:
        cells = [cell.strip() for cell in row]
        if not any(cells) or [cell.lower() for cell in cells[:2]] == list(COLUMNS[:2]):
            continue
        try:
            day, word, why = _row(cells)
        except ValueError as error:
            wrong.append(f"строка {reader.line_num}: {error}")
            continue
        if day in rows or day in dropped:
            wrong.append(f"строка {reader.line_num}: {day:%d.%m.%Y} указан дважды")
        elif word == "usual":
            dropped.add(day)
        else:
            rows[day] = MovedDay(day, word == "on", why)
    if wrong:
        raise InvalidInput(f"{name}: календарь не принят\n" + "\n".join(wrong))
    return sorted(rows.values()), dropped


def _row(cells: list[str]) -> tuple[date, Literal["on", "off", "usual"], str]:
    if len(cells) < 3:
        raise ValueError(f"нужны три столбца: {'; '.join(COLUMNS)}")
    written, word, why = cells[:3]
    try:
        day = (
            date(*reversed([int(part) for part in written.split(".")]))
            if "." in written
            else date.fromisoformat(written)
        )
    except (ValueError, TypeError):
        raise ValueError(f"«{written}» — не дата; пишите 2027-02-20 или 20.02.2027") from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"год {day.year} вне календаря ({FIRST_YEAR}-{LAST_YEAR})")
    if word.lower() not in WORDS:
        raise ValueError(f"«{word}» — напишите одно из: {', '.join(WORDS)}")
    if not why:
        raise ValueError("нет основания: укажите постановление или приказ")
    return day, WORDS[word.lower()], why
