"""Values as the screen writes them in Russian: days, clock times, spans, numbers, plural forms, phone numbers."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

MONTHS: Final = (
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
)
THIN: Final = "\u202f"
"""A narrow space that does not break, between thousands."""
NBSP: Final = "\u00a0"


def day(value: date | datetime | None, zone: ZoneInfo, today: date) -> str:
    """«сегодня», «вчера», «завтра», «5 марта», «5 марта 2024» (another year); a moment is taken in `zone`."""
    if value is None:
        return "—"
    at = value.astimezone(zone).date() if isinstance(value, datetime) else value
    near = {0: "сегодня", -1: "вчера", 1: "завтра"}.get((at - today).days)
    if near:
        return near
    written = f"{at.day}{NBSP}{MONTHS[at.month - 1]}"
    return written if at.year == today.year else f"{written} {at.year}"


def clock(value: datetime | None, zone: ZoneInfo) -> str:
    """«14:05» in `zone`."""
    return "—" if value is None else value.astimezone(zone).strftime("%H:%M")


def span(seconds: float | timedelta) -> str:
    """«0:42», «12:05», «1:02:03»: for things that tick."""
    whole = int(seconds.total_seconds() if isinstance(seconds, timedelta) else seconds)
    sign, whole = ("−", -whole) if whole < 0 else ("", whole)
    minutes, left = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{sign}{hours}:{minutes:02}:{left:02}" if hours else f"{sign}{minutes}:{left:02}"


def ago(value: datetime | None, now: datetime) -> str:
    """«только что», «5 мин назад», «3 ч назад», «2 дня назад»; for the future «через ...»."""
    if value is None:
        return "—"
    seconds = (now - value).total_seconds()
    size = abs(seconds)
    if size < 60:
        return "только что" if seconds >= 0 else "сейчас"
    if size < 3600:
        told = f"{int(size // 60)}{NBSP}мин"
    elif size < 86400:
        told = f"{int(size // 3600)}{NBSP}ч"
    else:
        days = int(size // 86400)
        told = f"{days}{NBSP}{plural(days, 'день', 'дня', 'дней')}"
    return f"{told} назад" if seconds >= 0 else f"через {told}"


def lasting(value: timedelta) -> str:
    """«5 ч 20 мин», «40 мин», «31 ч»: how long something lasted in all, whole minutes."""
    hours, minutes = divmod(int(value.total_seconds()) // 60, 60)
    told = [f"{hours}{NBSP}ч"] if hours else []
    return " ".join([*told, f"{minutes}{NBSP}мин"] if minutes or not hours else told)


def number(value: float | None, places: int = 0) -> str:
    """«1 234,5»; a dash for None."""
    if value is None:
        return "—"
    return f"{value:,.{places}f}".replace(",", THIN).replace(".", ",").replace("-", "−")


def plural(count: int, one: str, few: str, many: str) -> str:
    """The word's form after a whole number: 1 обращение, 2 обращения, 5 обращений."""
    tens, ones = abs(count) % 100, abs(count) % 10
    if 11 <= tens <= 14 or ones == 0 or ones >= 5:
        return many
    return one if ones == 1 else few


def phone(e164: str | None) -> str:
    """«+7 913 555-01-02»; other numbers as they are, a dash for none."""
    if not e164:
        return "—"
    if len(e164) == 12 and e164.startswith("+7"):
        return f"+7{NBSP}{e164[2:5]}{NBSP}{e164[5:8]}-{e164[8:10]}-{e164[10:]}"
    return e164


_BROWSERS = (
    ("YaBrowser", "Яндекс Браузер"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
)
_SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def device(user_agent: str) -> str:
    """«Chrome, Windows» out of a User-Agent; the first words of it when it is none we know."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "Safari" if "Safari" in user_agent else "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return ", ".join(part for part in (browser, system) if part) or user_agent[:40] or "неизвестное"
