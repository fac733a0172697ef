"""Cells of a handed-in table as clean text: what spreadsheets make of numbers and moments, and what must not get in."""

from __future__ import annotations

import re
import unicodedata
from datetime import MAXYEAR, date, datetime, time, timedelta

_BLANKS = str.maketrans({"\t": " ", "\r": " ", "\n": " ", "\u00a0": " ", "\u00ad": "", "\u200b": "", "\ufeff": ""})


_ERROR = re.compile(
    r"#(?:N/A|Н/Д|REF!|ССЫЛКА!|VALUE!|ЗНАЧ!|NAME\?|ИМЯ\?|DIV/0!|ДЕЛ/0!|NUM!|ЧИСЛО!|NULL!|ПУСТО!|SPILL!|ПЕРЕНОС!|CALC!|ВЫЧИСЛ!"
    r"|GETTING_DATA|#+)|(?:Err|Ошибка):\d{3}",
    re.IGNORECASE,
)
"""How spreadsheets show a cell whose formula failed, in English and Russian; LibreOffice's have numbers."""


class BadCell(Exception):
    """A cell that cannot be taken; the message is for the person who made the table."""


def clean(cell: object) -> str:
    """A cell as text: whole numbers without «.0», moments in ISO, a day where the time is 00:00.

    Excel keeps a moment as a fraction of days, so it is rounded to the second.
    """
    match cell:
        case None:
            return ""
        case str():
            return cell.strip() if cell.isprintable() else " ".join(cell.translate(_BLANKS).split())
        case bool():
            return "да" if cell else "нет"
        case float():
            return str(int(cell)) if cell.is_integer() else repr(cell)
        case datetime():
            second = cell if cell.year == MAXYEAR else cell + timedelta(milliseconds=500)
            return second.isoformat(" ", "seconds").removesuffix(":00").removesuffix(" 00:00")
        case date() | time():
            return cell.isoformat()
        case _:
            return str(cell)


def lined(cell: object) -> str:
    """As `safe`, with its lines kept: only the first of them could be a formula."""
    if not isinstance(cell, str):
        return safe(cell)
    first, *others = cell.strip().splitlines() or [""]
    return "\n".join((safe(first), *(_printable(clean(line)) for line in others)))


def safe(cell: object) -> str:
    """As `clean`; raises BadCell for what must not get in: failed and bare formulas, control characters, roundings."""
    if isinstance(cell, int | float) and abs(cell) >= 1e15:
        raise BadCell("число длиннее 15 знаков: Excel его округлил, задайте столбцу текстовый формат")
    text = _printable(clean(cell))
    if _ERROR.fullmatch(text):
        raise BadCell(f"в ячейке ошибка {text[:20]}: исправьте формулу или сотрите её, если значения нет")
    if (text[:1] in "=@" and text) or (text[:1] in ("+", "-") and text[1:2] and text[1] not in "0123456789 ("):
        raise BadCell(f"ячейка начинается как формула: «{text[:20]}»")
    return text


def _printable(text: str) -> str:
    if not text.isprintable() and any(unicodedata.category(letter)[0] == "C" for letter in text):
        raise BadCell("управляющий символ в ячейке")
    return text
