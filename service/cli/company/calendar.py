"""`gridline calendar import|show`: the production calendar and a company's own days on top of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from gridline import settings
from gridline.calendar.calendar_file import import_days, kept_days, load_calendar
from gridline.calendar.workdays import MOVED_DAYS_KNOWN_TO, ProductionCalendar

FRIDAY = 4
WEEKDAYS = ("пн", "вт", "ср", "чт", "пт", "сб", "вс")


def add_to(app: typer.Typer) -> None:
    """Hang the command group on `app`."""
    group = typer.Typer(name="calendar", help="Производственный календарь", no_args_is_help=True)
    group.command("import")(load)
    group.command("show")(show)
    app.add_typer(group)


def load(
    file: Annotated[Path, typer.Argument(help="CSV: дата; рабочий|выходной|сокращённый|обычный; основание")],
) -> None:
    """Принять дни поверх производственного календаря."""
    table = import_days(file, settings.load().var)
    out = Console(highlight=False)
    out.print(f"Принято. Своих дней в календаре: {len(table)}")
    for row in table:
        out.print(f"  {row.day:%d.%m.%Y} {row.word}: {row.why}", markup=False)


def show(year: Annotated[int, typer.Argument(help="Год")]) -> None:
    """Показать дни года, которые не как обычно: рабочие выходные, нерабочие будни, сокращённые и предпраздничные."""
    var = settings.load().var
    calendar, own = load_calendar(var), {row.day: row for row in kept_days(var)}
    out = Console(highlight=False)
    for day in calendar.unusual(year):
        word = own[day].word if day in own else _word(calendar, day)
        why = own[day].why if day in own else ""
        out.print(f"{day:%d.%m.%Y} {WEEKDAYS[day.weekday()]} {word} {why}".rstrip(), markup=False)
    if year > MOVED_DAYS_KNOWN_TO:
        out.print(f"Переносы на {year} год не загружены: gridline calendar import", style="yellow")


def _word(calendar: ProductionCalendar, day: date) -> str:
    if not calendar.is_working(day):
        return "выходной"
    if not calendar.is_before_holiday(day):
        return "рабочий"
    return "рабочий предпраздничный" if day.weekday() > FRIDAY else "предпраздничный"
