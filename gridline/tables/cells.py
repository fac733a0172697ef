"""Cells of a handed-in table turned into values; each function raises BadCell in words a clerk understands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from gridline.errors import InvalidInput
from gridline.numbers import accounts
from gridline.numbers.phones import NotAPhone, read_all
from gridline.tables.tabular import BadCell
from gridline.tables.words import plain

T = TypeVar("T")

_OFFSET = re.compile(r"([+-]\d{1,5})\s*(m|h|d|м|ч|д)", re.ASCII)
_UNIT = {"m": "minutes", "м": "minutes", "h": "hours", "ч": "hours", "d": "days", "д": "days"}
_CLOCK = r"(?:(?:[ T]|, ?| в )(?P<hour>\d{1,2})[:.\-](?P<minute>\d{2})(?::(?P<second>\d{2}))?)?"
_AWAY = r"(?P<away>Z|[+-]\d{2}:?\d{2})?"
"""What systems write behind a moment: how far its zone is from UTC."""
_MOMENTS = (
    re.compile(r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4}|\d{2})(?: ?г\.?)?" + _CLOCK, re.ASCII),
    re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})" + _CLOCK + _AWAY, re.ASCII),
)
YEARS = range(2000, 2101)
BIRTH_YEARS = range(1900, 2101)


@dataclass(frozen=True)
class When:
    """How the times of one table are read: in which zone, and from which moment offsets (`+3h`, `-2d`) count."""

    zone: ZoneInfo
    offsets_from: datetime | None = None
    """None: offsets are refused, as in every real table."""


def text(cells: Mapping[str, str], column: str, *, at_most: int, required: bool = False) -> str:
    """The cell as it is."""
    value = cells[column]
    if required and not value:
        raise BadCell(f"«{column}» не заполнено")
    if len(value) > at_most:
        raise BadCell(f"«{column}» длиннее {at_most} знаков")
    return value


def choice(cells: Mapping[str, str], column: str, choices: Mapping[str, T], *, default: str = "") -> T:
    """One of the words of `choices`; an empty cell means `default`, and is refused without one."""
    value = cells[column] or default
    found = {plain(word): meant for word, meant in choices.items()}.get(plain(value))
    if found is None:
        raise BadCell(f"«{column}»: «{value[:20]}» — нужно одно из: {', '.join(choices)}")
    return found


def listed(cells: Mapping[str, str], column: str, *, at_most: int) -> list[str]:
    """Values divided by commas or semicolons, in their order, each once."""
    found = list(dict.fromkeys(part.strip() for part in re.split("[,;]", cells[column]) if part.strip()))
    if len(found) > at_most:
        raise BadCell(f"«{column}»: больше {at_most} значений")
    return found


def account(cells: Mapping[str, str], column: str) -> str:
    """An account number, its digits alone."""
    try:
        return accounts.read(text(cells, column, at_most=64, required=True))
    except InvalidInput as error:
        raise BadCell(f"«{column}»: {error.message}") from error


def listed_accounts(cells: Mapping[str, str], column: str, *, at_most: int) -> list[str]:
    """Account numbers divided by commas or semicolons, their digits alone, each once."""
    try:
        return list(dict.fromkeys(accounts.read(written) for written in listed(cells, column, at_most=at_most)))
    except InvalidInput as error:
        raise BadCell(f"«{column}»: {error.message}") from error


def phones(cells: Mapping[str, str], column: str, *, at_most: int = 10) -> list[str]:
    """The phone numbers of the cell in E.164, each once, as `gridline.numbers.phones.read_all` finds them."""
    written = cells[column]
    if not written:
        return []
    try:
        return [phone.e164 for phone in read_all(written, at_most=at_most)]
    except NotAPhone as error:
        raise BadCell(f"«{column}»: {error.message}") from error


def moment(cells: Mapping[str, str], column: str, when: When, *, required: bool = False) -> datetime | None:
    """A date with a time in the company's zone, as aware UTC; None for an empty cell.

    A bare date is its 00:00 (a spreadsheet shows midnight so), 24:00 is the 00:00 of the next day.
    """
    value = text(cells, column, at_most=40, required=required)
    if not value:
        return None
    local = _offset(value, when) or _read(value, YEARS)
    if local is None:
        raise BadCell(f"«{column}»: «{value[:20]}» — нет такой даты и времени (нужно 22.11.2026 14:30)")
    return (local if local.tzinfo else local.replace(tzinfo=when.zone)).astimezone(UTC)


def day(
    cells: Mapping[str, str], column: str, when: When, *, required: bool = False, years: range = YEARS
) -> date | None:
    """A calendar day; None for an empty cell. A time of 00:00, which spreadsheets add, is left out."""
    value = text(cells, column, at_most=40, required=required)
    if not value:
        return None
    offset = _offset(value, when)
    if offset is not None:
        return offset.astimezone(when.zone).date()
    local = _read(value, years)
    if local is None or local.time() != time():
        raise BadCell(f"«{column}»: «{value[:20]}» — нет такой даты (нужно 22.11.2026)")
    return local.date()


def _offset(value: str, when: When) -> datetime | None:
    found = _OFFSET.fullmatch(value)
    if found is None or when.offsets_from is None:
        return None
    return when.offsets_from + timedelta(**{_UNIT[found[2]]: int(found[1])})


def _read(value: str, years: range) -> datetime | None:
    """The moment as it is written; None for one that is not in the calendar or not in `years`."""
    found = next(filter(None, (written.fullmatch(value) for written in _MOMENTS)), None)
    if found is None:
        return None
    year, month, day, hour, minute, second = (
        int(found[name] or 0) for name in ("year", "month", "day", "hour", "minute", "second")
    )
    away = found.groupdict().get("away")
    year += 2000 if len(found["year"]) == 2 else 0
    ends_day = (hour, minute, second) == (24, 0, 0)
    try:
        local = datetime.combine(date(year, month, day), time(0 if ends_day else hour, minute, second))
        local = local.replace(tzinfo=datetime.strptime(away, "%z").tzinfo if away else None)
    except ValueError:
        return None
    return local + timedelta(days=ends_day) if year in years else None
