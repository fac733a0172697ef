"""Cells of a handed-in table turned into values; each function raises BadCell in words a clerk understands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from gridline.phones import NotAPhone, read_all
from gridline.tables.tabular import BadCell

T = TypeVar("T")

_OFFSET = re.compile(r"([+-]\d{1,5})\s*(m|h|d|м|ч|д)", re.ASCII)
_UNIT = {"m": "minutes", "м": "minutes", "h": "hours", "ч": "hours", "d": "days", "д": "days"}
_MOMENTS = ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S")
_DAYS = ("%Y-%m-%d", "%d.%m.%Y")
_YEARS = range(2000, 2101)


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


def digits(cells: Mapping[str, str], column: str, *, at_most: int) -> str:
    """A number that is keyed on a phone: digits only, spaces and hyphens left out."""
    value = text(cells, column, at_most=64, required=True).replace(" ", "").replace("-", "")
    if not (value.isascii() and value.isdigit()):
        raise BadCell(f"«{column}»: нужны только цифры, а не «{value[:20]}»")
    if len(value) > at_most:
        raise BadCell(f"«{column}» длиннее {at_most} цифр")
    return value


def choice(cells: Mapping[str, str], column: str, choices: Mapping[str, T], *, default: str = "") -> T:
    """One of the words of `choices`; an empty cell means `default`, and is refused without one."""
    value = cells[column].casefold() or default
    if value not in choices:
        raise BadCell(f"«{column}»: «{value[:20]}» — нужно одно из: {', '.join(choices)}")
    return choices[value]


def listed(cells: Mapping[str, str], column: str, *, at_most: int) -> list[str]:
    """Values divided by commas or semicolons, in their order, each once."""
    found = list(dict.fromkeys(part.strip() for part in re.split("[,;]", cells[column]) if part.strip()))
    if len(found) > at_most:
        raise BadCell(f"«{column}»: больше {at_most} значений")
    return found


def phones(cells: Mapping[str, str], column: str, *, at_most: int = 10) -> list[str]:
    """The phone numbers of the cell in E.164, each once, as `gridline.phones.read_all` finds them."""
    written = cells[column]
    if not written:
        return []
    try:
        return [phone.e164 for phone in read_all(written, at_most=at_most)]
    except NotAPhone as error:
        raise BadCell(f"«{column}»: {error.message}") from error


def moment(cells: Mapping[str, str], column: str, when: When, *, required: bool = False) -> datetime | None:
    """A date with a time in the company's zone, as aware UTC; None for an empty cell."""
    value = text(cells, column, at_most=40, required=required)
    if not value:
        return None
    local = _offset(value, when) or _parsed(value, _MOMENTS)
    if local is None:
        raise BadCell(f"«{column}»: «{value[:20]}» — нет такой даты и времени (нужно 22.11.2026 14:30)")
    return (local if local.tzinfo else local.replace(tzinfo=when.zone)).astimezone(UTC)


def day(cells: Mapping[str, str], column: str, when: When, *, required: bool = False) -> date | None:
    """A calendar day; None for an empty cell. A time of 00:00, which Excel adds, is left out."""
    value = text(cells, column, at_most=40, required=required).removesuffix(" 00:00")
    if not value:
        return None
    offset = _offset(value, when)
    if offset is not None:
        return offset.astimezone(when.zone).date()
    local = _parsed(value, _DAYS)
    if local is None:
        raise BadCell(f"«{column}»: «{value[:20]}» — нет такой даты (нужно 22.11.2026)")
    return local.date()


def _offset(value: str, when: When) -> datetime | None:
    found = _OFFSET.fullmatch(value)
    if found is None or when.offsets_from is None:
        return None
    return when.offsets_from + timedelta(**{_UNIT[found[2]]: int(found[1])})


def _parsed(value: str, formats: tuple[str, ...]) -> datetime | None:
    for written in formats:
        try:
            local = datetime.strptime(value, written)  # noqa: DTZ007 - the zone is the company's, set by the caller
        except ValueError:
            continue
        return local if local.year in _YEARS else None
    return None
