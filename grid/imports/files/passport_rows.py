"""A table of service passports: a row a stage; the passport itself stands in the row of its first stage."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from grid.imports import HandedTable
from grid.imports.files import NOTHING, words
from grid.imports.files.slugs import slug
from grid.reference.passports import APPLICANTS, POWERS, PowerBand, WhoConnects
from gridline.tables import cells
from gridline.tables.tabular import BadCell, Problems
from gridline.tables.words import plain
from gridline.yaml.file import Tree

REQUIRED: Final = ("паспорт", "заявители", "мощность", "документы", "условия", "плата", "результат", "срок")
STAGE: Final = ("этап", "содержание этапа", "как получить")
OPTIONAL: Final = ("№", "код", "вступление", "акт срока", "контакты", "срок этапа", "акт этапа", "визит")
WAYS: Final = {
    **dict.fromkeys(("№ п/п", "п/п"), "№"),
    **dict.fromkeys(("паспорт услуги", "услуга", "название", "наименование"), "паспорт"),
    **dict.fromkeys(("заявитель", "кто подключается", "круг заявителей"), "заявители"),
    **dict.fromkeys(("стадия", "название этапа"), "этап"),
    **dict.fromkeys(("содержание", "что происходит", "содержание стадии"), "содержание этапа"),
    **dict.fromkeys(("форма", "форма результата", "форма предоставления"), "как получить"),
    **dict.fromkeys(("срок стадии",), "срок этапа"),
    **dict.fromkeys(("общий срок", "срок услуги"), "срок"),
    **dict.fromkeys(("нормативный акт", "основание срока"), "акт срока"),
    **dict.fromkeys(("основание срока этапа", "акт стадии"), "акт этапа"),
}
FIELDS: Final[Mapping[str, str]] = {
    **{"id": "код", "name": "паспорт", "applicants": "заявители", "power": "мощность", "intro": "вступление"},
    **{"documents": "документы", "conditions": "условия", "fee": "плата", "result": "результат", "term": "срок"},
    **{"contacts": "контакты", "stages": "этап"},
}
STAGE_FIELDS: Final[Mapping[str, str]] = {
    **{"name": "этап", "content": "содержание этапа", "form": "как получить", "term": "срок этапа", "visit": "визит"},
}
_PEOPLE: Final = {
    **dict.fromkeys(("физлицо", "физлица", "физическое лицо", "физические лица", "гражданин"), WhoConnects.PERSON),
    **dict.fromkeys(
        ("ип или организация", "ип", "организация", "организации", "юрлицо", "юрлица", "юридическое лицо"),
        WhoConnects.BUSINESS,
    ),
    **{one.value: one for one in WhoConnects},
}
_POWERS: Final = {plain(word): power for power, word in POWERS.items()} | {
    **{one.value: one for one in PowerBand},
    **{"от 15 до 150 квт": PowerBand.TO_150, "15-150 квт": PowerBand.TO_150},
    **dict.fromkeys(("свыше 150 квт", "более 150 квт", "от 150 квт"), PowerBand.MORE),
}
_TERM: Final = re.compile(
    r"(?P<n>\d{1,3})(?:\.0)?\s?(?:(?P<days>раб\w*\.?\s?(?:дн\w*|день|д\.?)|р\.\s?д\.?)|(?P<months>мес\w*\.?)|(?P<years>год\w*|лет))"
)


@dataclass(slots=True)
class PassportRow:
    """A passport with the rows it and its stages stand in."""

    number: int
    tree: dict[str, Tree]
    stages: list[Tree] = field(default_factory=list)
    stage_rows: list[int] = field(default_factory=list)


def read(table: HandedTable, problems: Problems, known: Mapping[str, Mapping[str, Tree]]) -> list[PassportRow]:
    """The passports of a table, their stages in the table's order; rows that are wrong go to `problems`."""
    found: list[PassportRow] = []
    titles: dict[str, int] = {}
    ids = {plain(str(tree["name"])): id for id, tree in known.items()}
    open_title = ""
    for row in table.rows(required=(*REQUIRED, *STAGE), optional=OPTIONAL, problems=problems, ways=WAYS):
        title = row.cells["паспорт"]
        try:
            if title and plain(title) != open_title:
                open_title = plain(title)
                if (first := titles.setdefault(open_title, row.number)) != row.number:
                    raise BadCell(f"«паспорт»: «{title[:60]}» уже начат в строке {first}: его этапы ставят подряд")
                taken = {str(one.tree["id"]) for one in found}
                id = row.cells["код"] or ids.get(open_title) or slug(title, {*known, *taken}, default="passport")
                if id in taken:
                    raise BadCell(f"«код»: «{id}» уже есть у другого паспорта этой таблицы")
                found.append(PassportRow(row.number, {"id": id}))
                found[-1].tree |= _passport(row.cells, title)
            if not found:
                raise BadCell("«паспорт» не заполнено: в первой строке нужно название")
            found[-1].stage_rows.append(row.number)
            found[-1].stages.append(_stage(row.cells))
        except BadCell as error:
            problems.add(row.number, str(error))
    for one in found:
        one.tree["stages"] = one.stages
    return found


def _passport(row: Mapping[str, str], title: str) -> dict[str, Tree]:
    made: dict[str, Tree | None] = {
        "name": title,
        "applicants": list[Tree](_applicants(row)),
        "power": _power(row),
        "intro": row["вступление"],
        "documents": cells.text(row, "документы", at_most=600, required=True),
        "conditions": cells.text(row, "условия", at_most=600, required=True),
        "fee": cells.text(row, "плата", at_most=600, required=True),
        "result": cells.text(row, "результат", at_most=600, required=True),
        "term": _term(row, "срок", "акт срока"),
        "contacts": row["контакты"],
    }
    if made["term"] is None:
        raise BadCell("«срок» не заполнено")
    return {key: value for key, value in made.items() if value}


def _stage(row: Mapping[str, str]) -> dict[str, Tree]:
    visit = row["визит"].removesuffix(".0")
    made: dict[str, Tree | None] = {
        "name": cells.text(row, "этап", at_most=600, required=True),
        "content": cells.text(row, "содержание этапа", at_most=600, required=True),
        "form": cells.text(row, "как получить", at_most=200, required=True),
        "term": _term(row, "срок этапа", "акт этапа"),
        "visit": "" if visit in NOTHING else visit,
    }
    return {key: value for key, value in made.items() if value}


def _applicants(row: Mapping[str, str]) -> Iterator[str]:
    for word in words.divided(row["заявители"]):
        if (found := _PEOPLE.get(plain(word))) is None:
            raise BadCell(f"«заявители»: «{word[:30]}» — нужно: {', '.join(APPLICANTS.values())}")
        yield found.value


def _power(row: Mapping[str, str]) -> str:
    found = _POWERS.get(re.sub(r"\s*[-–—]\s*", "-", plain(row["мощность"])))
    if found is None:
        raise BadCell(f"«мощность»: «{row['мощность'][:30]}» — нужно одно из: {', '.join(POWERS.values())}")
    return found.value


def _term(row: Mapping[str, str], column: str, act: str) -> Tree | None:
    """«10 рабочих дней», «6 мес.», «1 год»; a term with an act is a rule, any other is what is usual."""
    if not row[column] or row[column] in NOTHING:
        if row[act]:
            raise BadCell(f"«{act}» назван, а «{column}» пуст")
        return None
    found = _TERM.fullmatch(plain(row[column]))
    if found is None:
        raise BadCell(f"«{column}»: «{row[column][:30]}» — пишите рабочими днями или месяцами: «10 рабочих дней»")
    number = int(found["n"]) * (12 if found["years"] else 1)
    term: dict[str, Tree] = {"working_days" if found["days"] else "months": str(number)}
    return term | ({"standing": "rule", "act": row[act]} if row[act] else {"standing": "default"})
