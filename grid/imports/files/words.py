"""Words that tables of files have in common: lists in a cell, and topics as people call them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from grid.imports.files import NOTHING
from grid.knowledge import stems
from gridline.companies.parts import Topic
from gridline.tables.tabular import BadCell
from gridline.tables.words import plain

_TOPIC_WORDS: Final = {
    "connection": "подключение присоединение техприсоединение техподключение",
    "metering": "учёт учёта счётчики счётчик приборы показания",
    "transmission": "передача",
    "service": "обслуживание справки консультации консультация",
    "water": "вода водоснабжение",
    "quality": "качество напряжение",
    "outages": "отключения перерывы",
    "maintenance": "повреждения аварии",
}
"""Short words for what a topic's name says at length."""


def topics(cells: Mapping[str, str], column: str, there: Mapping[str, Topic]) -> list[str]:
    """«подключение, учёт» as codes of the topics there are, each once. Raises BadCell."""
    found = [_topic(column, word, there) for word in divided(cells[column])]
    return list(dict.fromkeys(found))


def _topic(column: str, word: str, there: Mapping[str, Topic]) -> str:
    if word.casefold() in there:
        return word.casefold()
    asked = set(stems(word))
    fitting = []
    for code, topic in there.items():
        if plain(topic.name) == plain(word):
            return code
        if asked and asked <= {*stems(topic.name), *stems(_TOPIC_WORDS.get(code, ""))}:
            fitting.append(code)
    if len(fitting) != 1:
        names = ", ".join(f"«{topic.name}»" for topic in there.values())
        why = "подходит к нескольким темам" if fitting else "такой темы у компании нет"
        raise BadCell(f"«{column}»: «{word[:40]}» — {why}. Есть: {names}")
    return fitting[0]


def divided(written: str) -> list[str]:
    """Values divided by commas, semicolons or lines, outside of brackets; «нет» is none."""
    if written.casefold() in NOTHING:
        return []
    return [part.strip() for part in re.split(r"[,;\n](?![^()]*\))", written) if part.strip()]


def names(codes: Iterable[str], there: Mapping[str, Topic]) -> str:
    """Topics as a cell has them: by name, or by code where a name would fall apart or nobody has it."""
    known = {code: there[code].name if code in there else code for code in codes}
    return "; ".join(code if re.search("[,;]", name) else name for code, name in known.items())
