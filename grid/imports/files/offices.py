"""`gridline import offices`: the offices of a company from its table, into `dialplan/offices/COMPANY.yaml`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from grid.imports import HandedTable, Outcome
from grid.imports.files import (
    Difference,
    HandedFiles,
    changes,
    guard,
    in_a_row,
    look_through,
    office_words,
    place_of,
    refuse,
    take,
    text_of,
)
from grid.imports.files.office_hours import OfficeSchedules
from grid.imports.files.office_rows import KnownOffice, OfficeRow, OfficeRows, OfficeVoice
from grid.offices import book, offices
from grid.offices.closing import VisitsThere
from gridline.companies import Company
from gridline.errors import Conflict
from gridline.tables.tabular import Problems
from gridline.yaml import parts
from gridline.yaml.edit import tree_of
from gridline.yaml.file import Mistake, Tree, YamlFile

NOBODY = "Туда никто не записан."
Booked = Callable[[Company, Collection[str]], Mapping[str, VisitsThere]]
"""The visits to come of a company's offices, by their ids."""


def import_offices(
    dialplan: Path,
    table: HandedTable,
    voice: OfficeVoice,
    booked: Booked,
    *,
    smaller: bool = False,
    closing: bool = False,
    dry_run: bool = False,
) -> Outcome:
    """Make the table's offices those of the company, or change nothing.

    An office is known by «код», or else by its name; one that the table lacks goes, and where people are booked there
    only with `closing`. An empty cell leaves what the file has, «нет» empties it. Raises InvalidInput that names every
    wrong row, NotFound for a company that is none, Misconfigured for a file that is wrong already, Conflict for an
    office that people are booked at, Conflict and Unavailable when it cannot be written.
    """
    company = table.companies.by_id(table.company_id)
    path = dialplan / book.FOLDER / f"{company.id}.yaml"
    before = text_of(path)
    told = offices.load(path, company) if before is not None else offices.NONE
    had = tree_of(before or "")
    trees = had if isinstance(had, dict) else {}
    listed, schedules = trees.get("offices", []), trees.get("schedules", {})
    assert isinstance(listed, list)
    assert isinstance(schedules, dict)
    known = [KnownOffice(one, tree) for one, tree in zip(told.offices, listed, strict=True) if isinstance(tree, dict)]
    reader = OfficeRows(company, voice, known, OfficeSchedules(told.schedules, schedules, voice.hours))
    problems = Problems()
    read = list(reader.read(table, problems))
    text = parts.with_parts(before or "", "schedules", reader.schedules.used({str(one.tree["hours"]) for one in read}))
    text = parts.with_parts(text, "offices", {str(one.tree["id"]): one.tree for one in read}, listed=True)
    files, unplaced = HandedFiles({path: before}, {path: text}), list[Mistake]()

    def place(file: YamlFile, mistake: Mistake) -> None:
        match place_of(file, mistake):
            case ("offices", int(at), *deeper):
                column = office_words.FIELDS.get(str(deeper[0]) if deeper else "", "")
                problems.add(read[at].number, in_a_row(mistake, column))
            case ("schedules", name, *_):
                row = next(one for one in read if one.tree["hours"] == name)
                problems.add(row.number, in_a_row(mistake, "часы"))
            case _:
                unplaced.append(mistake)

    if read:
        look_through(files, lambda copy: offices.load(copy, company), place)
    refuse(problems, table, unplaced)
    guard(table, len(read), len(known), smaller=smaller)
    gone = _closed(known, read, company, booked)
    if any(there for _, there in gone) and not closing and not dry_run:
        sentences = " ".join(there for _, there in gone if there)
        raise Conflict(
            f"{table.file.name}: в таблице нет офисов, куда записаны люди. {sentences} Перенесите или отмените эти "
            "приёмы; чтобы всё равно убрать офис, добавьте --with-visits. Ничего не загружено."
        )
    return take(files, _difference(reader, read, gone), dry_run=dry_run)


def _closed(
    known: list[KnownOffice], read: list[OfficeRow], company: Company, booked: Booked
) -> list[tuple[offices.Office, str]]:
    """The offices that go, each with the sentence about its visits to come; empty where nobody is booked."""
    kept = {one.before.office.id for one in read if one.before}
    gone = [one.office for one in known if one.office.id not in kept]
    there = booked(company, [one.id for one in gone]) if gone else {}
    return [(one, there[one.id].said(one.name, company.zone) if one.id in there else "") for one in gone]


def _difference(reader: OfficeRows, read: list[OfficeRow], gone: list[tuple[offices.Office, str]]) -> Difference:
    """What becomes of the company's offices, in words."""
    added, changed = [], []
    for one in read:
        name, address, said = (str(one.tree[key]) for key in ("name", "address", "spoken_address"))
        if one.before is None:
            hours = reader.schedules.spoken(str(one.tree["hours"]))
            added.append(f"Новый офис «{name}»: {address} (вслух: {said}); {hours}.")
        elif fields := _fields(one.before.tree, one.tree, reader.schedules):
            changed.append(f"Офис «{one.before.office.name}»: {changes(fields)}.")
    return Difference(
        added,
        changed,
        [
            f"Убран офис «{one.name}»: {one.address}. {f'{there} Предупредите их.' if there else NOBODY}"
            for one, there in gone
        ],
        len(read) - len(added) - len(changed),
        reader.several,
    )


def _fields(
    before: Mapping[str, Tree], now: Mapping[str, Tree], schedules: OfficeSchedules
) -> dict[str, tuple[str, str]]:
    return {
        column: (_shown(schedules, key, before.get(key, "")), _shown(schedules, key, now.get(key, "")))
        for key, column in office_words.FIELDS.items()
        if before.get(key, "") != now.get(key, "")
    }


def _shown(schedules: OfficeSchedules, key: str, value: Tree) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return schedules.spoken(str(value)) if key == "hours" else str(value)
