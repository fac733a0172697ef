"""Moments as a dispatcher types them: «21:30», «21», «+2», «+1:30», «30.11 6:00»; nothing means that nobody knows."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from gridline.errors import InvalidInput

_LATER: Final = re.compile(r"\+\s?(?P<hours>\d{1,2})(?::(?P<minutes>[0-5]\d))?(?:\s?ч\.?)?")
_AT: Final = re.compile(
    r"(?:(?P<day>\d{1,2})\.(?P<month>\d{1,2})(?:\.\d{2,4})?\s+)?(?:в\s+)?(?P<hour>\d{1,2})(?:[:.](?P<minute>[0-5]\d))?"
)
DAY: Final = timedelta(days=1)


def to_come(text: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """The next such moment; None for nothing. Raises InvalidInput."""
    return _read(text, now, zone, ahead=True)


def gone_by(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """The last such moment that is not to come; now for nothing. Raises InvalidInput."""
    return _read(text, now, zone, ahead=False) or now


def written(moment: datetime | None, now: datetime, zone: ZoneInfo) -> str:
    """As it is typed: without the day where the shortest form means the same."""
    if moment is None:
        return ""
    local = moment.astimezone(zone)
    short = f"{local:%H:%M}"
    return short if abs(moment - now) < DAY / 2 else f"{local:%d.%m} {short}"


def _read(text: str, now: datetime, zone: ZoneInfo, *, ahead: bool) -> datetime | None:
    words = " ".join(text.split()).lower()
    if not words or words in ("неизвестно", "?"):
        return None
    if ahead and (later := _LATER.fullmatch(words)):
        return now + timedelta(hours=int(later["hours"]), minutes=int(later["minutes"] or 0))
    told = _AT.fullmatch(words)
    local = now.astimezone(zone)
    try:
        if told is None:
            raise ValueError(words)
        wanted = local.replace(hour=int(told["hour"]), minute=int(told["minute"] or 0), second=0, microsecond=0)
        if told["day"]:
            return _on_day(wanted, int(told["day"]), int(told["month"]), local)
    except ValueError:
        raise InvalidInput(f"Время «{text[:20]}» не разобрано. Пишите 21:30, +2 или 30.11 6:00.") from None
    if ahead and wanted <= local:
        wanted += DAY
    if not ahead and wanted > local:
        wanted -= DAY
    return wanted.astimezone(now.tzinfo)


def _on_day(wanted: datetime, day: int, month: int, local: datetime) -> datetime:
    """That day of this year, or of the neighbouring one where this year's is half a year away."""
    near = [wanted.replace(year=local.year + step, month=month, day=day) for step in (-1, 0, 1)]
    return min(near, key=lambda one: abs(one - local))
