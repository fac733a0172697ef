"""The columns of a table of offices, and the words in them: categories, windows, settlements, week days."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from grid.imports.files import NOTHING
from grid.imports.files.words import divided
from grid.places import districts
from gridline.calendar.written_hours import SHORT_DAYS
from gridline.tables.tabular import BadCell
from gridline.tables.words import plain

REQUIRED: Final = ("офис", "адрес", "телефон", "категория", "услуги")
OPTIONAL: Final = (
    *("№", "код", "филиал", "населённые пункты", "почта", "часы", "обед", *SHORT_DAYS, "окна", "минут на приём"),
    *("другие организации", "офис вслух", "адрес вслух"),
)
WITH_LINES: Final = ("населённые пункты", "услуги", "телефон", "часы", "другие организации", *SHORT_DAYS)
FIELDS: Final[Mapping[str, str]] = {
    **{"name": "офис", "spoken_name": "офис вслух", "category": "категория", "branch": "филиал", "address": "адрес"},
    **{"spoken_address": "адрес вслух", "settlements": "населённые пункты", "phone": "телефон", "email": "почта"},
    **{"hours": "часы", "services": "услуги", "windows": "окна", "slot_min": "минут на приём"},
    **{"third_parties": "другие организации", "id": "код"},
}
"""The column that a field of the file comes from."""
_WAYS: Final = {
    "№": "№ п/п,п/п,номер,n",
    "офис": "название,название офиса,наименование,наименование офиса,имя,имя офиса",
    "адрес": "адрес офиса,местонахождение,адрес местонахождения",
    "телефон": "телефоны,телефон офиса,контактный телефон,номер телефона",
    "категория": "тип,тип офиса,категория офиса",
    "услуги": "темы,услуга,виды услуг,вопросы,по каким вопросам",
    "населённые пункты": "обслуживает,кого обслуживает,территория обслуживания,населённый пункт",
    "почта": "электронная почта,эл. почта,e-mail,email,адрес почты",
    "часы": "часы работы,режим работы,график работы,время работы,график",
    "обед": "перерыв,обеденный перерыв,перерыв на обед",
    "окна": "окон,число окон,количество окон,кол-во окон",
    "минут на приём": "минут на посетителя,длительность приёма",
    "пн": "понедельник",
    "вт": "вторник",
    "ср": "среда",
    "чт": "четверг",
    "пт": "пятница",
    "сб": "суббота",
    "вс": "воскресенье",
}
WAYS: Final = {way: column for column, ways in _WAYS.items() for way in ways.split(",")}
"""What else people call a column."""

_CATEGORIES: Final = {"i": "1", "ii": "2", "iii": "3", "первая": "1", "вторая": "2", "третья": "3"}
_DISTRICT: Final = re.compile(r"(?:^|\s)(?:р-н|район\w*|округ\w*)\.?$", re.IGNORECASE)


def category(cells: Mapping[str, str], column: str) -> str:
    """1, 2 or 3, also as «II» or «2 категория». Raises BadCell."""
    word = re.sub(r"\s*(?:-?[яй]\b)?\s*(?:категори\w*|тип\w*)?$", "", plain(cells[column]))
    found = _CATEGORIES.get(word, word.removesuffix(".0"))
    if found not in ("1", "2", "3"):
        raise BadCell(f"«{column}»: «{cells[column][:20]}» — нужно 1, 2 или 3")
    return found


def whole_number(cells: Mapping[str, str], column: str) -> str:
    """«3», «3.0», «3 окна»; empty for an empty cell. Raises BadCell."""
    written = cells[column]
    found = re.fullmatch(r"(\d{1,3})(?:[.,]0+)?(?: ?[а-яё.]+)?", written.casefold())
    if written and not found:
        raise BadCell(f"«{column}»: «{written[:20]}» — нужно целое число")
    return str(int(found[1])) if found else ""


def settlements(written: str) -> list[str]:
    """Places divided by commas, semicolons or lines; a district behind its place goes into brackets."""
    found: list[str] = []
    for part in divided(written):
        if found and _DISTRICT.search(part) and not districts.apart(found[-1])[1]:
            found[-1] = districts.named(found[-1], part)
        else:
            found.append(part)
    return found


def hours(cells: Mapping[str, str]) -> str:
    """The hours in one text, from the column of hours or from those of the days, with the break. Raises BadCell."""
    by_day = "; ".join(
        f"{day} {cells[day] if cells[day] not in NOTHING else 'выходной'}" for day in SHORT_DAYS if cells[day]
    )
    if cells["часы"] and by_day:
        raise BadCell("часы стоят и в столбце «часы», и в столбцах дней: оставьте одно")
    whole = cells["часы"] or by_day
    rest = cells["обед"]
    if not rest or rest.casefold() in NOTHING or rest.casefold().startswith("без"):
        return whole.replace("\n", "; ")
    named = rest if re.match(r"обед|перерыв", rest, re.IGNORECASE) else f"обед {rest}"
    return f"{whole}; {named}".replace("\n", "; ") if whole else ""
