"""A row of a table of offices as the office that the file will have."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from grid.imports import HandedTable
from grid.imports.files import NOTHING, office_words, words
from grid.imports.files.office_hours import OfficeSchedules, SayHours
from grid.imports.files.slugs import slug
from grid.offices import offices
from grid.offices.offices import Office
from grid.places import districts
from gridline.calendar.hours_words import UnreadHours
from gridline.calendar.written_hours import WeekHours, read_hours
from gridline.companies import Company
from gridline.tables import cells
from gridline.tables.tabular import BadCell, Problems, Row
from gridline.tables.words import plain
from gridline.yaml.file import Tree


@dataclass(frozen=True, slots=True)
class OfficeVoice:
    """How what is written is said: the callers' side knows that, the grid does not."""

    address: Callable[[str], str]
    hours: SayHours


@dataclass(frozen=True, slots=True)
class KnownOffice:
    """An office as the file has it."""

    office: Office
    tree: Mapping[str, Tree]


@dataclass(frozen=True, slots=True)
class OfficeRow:
    """A row that is right in itself."""

    number: int
    tree: dict[str, Tree]
    before: KnownOffice | None


class OfficeRows:
    """Rows as the offices that the file will have."""

    def __init__(
        self, company: Company, voice: OfficeVoice, known: list[KnownOffice], schedules: OfficeSchedules
    ) -> None:
        self._company = company
        self._voice = voice
        self._by_id = {one.office.id: one for one in known}
        self._by_name = {plain(one.office.name): one for one in known}
        self.schedules = schedules
        self.several: list[str] = []
        """Who has more than one telephone, a sentence each."""

    def read(self, table: HandedTable, problems: Problems) -> Iterator[OfficeRow]:
        """Each row that is right; the others go to `problems`."""
        names: dict[str, int] = {}
        taken: set[str] = set()
        rows = table.rows(
            required=office_words.REQUIRED,
            optional=office_words.OPTIONAL,
            problems=problems,
            ways=office_words.WAYS,
            with_lines=office_words.WITH_LINES,
        )
        for row in rows:
            try:
                name = cells.text(row.cells, "офис", at_most=120, required=True)
                if (first := names.setdefault(plain(name), row.number)) != row.number:
                    raise BadCell(f"«офис»: «{name}» уже есть в строке {first}. Допишите район: «{name} (… р-н)»")
                known = self._by_id.get(row.cells["код"]) or self._by_name.get(plain(name))
                office = self._office(row, name, known, taken)
            except (BadCell, UnreadHours) as error:
                problems.add(row.number, f"«часы»: {error}" if isinstance(error, UnreadHours) else str(error))
            else:
                taken.add(str(office["id"]))
                yield OfficeRow(row.number, office, known)

    def _office(self, row: Row, name: str, known: KnownOffice | None, taken: set[str]) -> dict[str, Tree]:
        before: Mapping[str, Tree] = known.tree if known else {}
        own = known.office if known and known.office.id not in taken else None
        address = cells.text(row.cells, "адрес", at_most=300, required=True)
        if row.cells["код"] in taken:
            raise BadCell(f"«код»: «{row.cells['код']}» уже есть у другого офиса этой таблицы")
        made: dict[str, Tree | None] = {
            "id": row.cells["код"] or (own.id if own else slug(name, {*self._by_id, *taken}, default="office")),
            "name": name,
            "spoken_name": row.cells["офис вслух"] or self._said_name(name, known),
            "category": office_words.category(row.cells, "категория"),
            "branch": self._branch(row.cells) or before.get("branch"),
            "address": address,
            "spoken_address": row.cells["адрес вслух"] or self._said_address(address, known),
            "settlements": _or(row.cells["населённые пункты"], before.get("settlements"), office_words.settlements),
            "phone": self._phone(row.cells, name),
            "email": _or(row.cells["почта"], before.get("email"), str),
            "hours": self.schedules.name_of(self._hours(row.cells, known), known.office.hours if known else ""),
            "services": list[Tree](words.topics(row.cells, "услуги", self._company.topics)),
            "windows": office_words.whole_number(row.cells, "окна") or before.get("windows"),
            "slot_min": office_words.whole_number(row.cells, "минут на приём") or before.get("slot_min"),
            "third_parties": _or(row.cells["другие организации"], before.get("third_parties"), words.divided),
        }
        return _as_before({key: value for key, value in made.items() if value}, known)

    def _branch(self, row: Mapping[str, str]) -> str:
        written = row["филиал"]
        branches = {plain(way): one.id for one in self._company.branches for way in (one.id, one.name)}
        if written and plain(written) not in branches:
            there = ", ".join(one.name for one in self._company.branches)
            raise BadCell(f"«филиал»: «{written[:40]}» — {f'нужен один из: {there}' if there else 'филиалов нет'}")
        return branches.get(plain(written), "")

    def _said_name(self, name: str, known: KnownOffice | None) -> str | None:
        if known and known.office.name == name:
            return known.office.spoken_name
        if offices.sayable(name):
            return None
        place, district = districts.apart(name)
        return self._voice.address(", ".join(filter(None, (place, district))))

    def _said_address(self, address: str, known: KnownOffice | None) -> str:
        same = known is not None and known.office.address == address
        return known.office.spoken_address if known and same else self._voice.address(address)

    def _phone(self, row: Mapping[str, str], name: str) -> str:
        cells.text(row, "телефон", at_most=200, required=True)
        found = cells.phones({"телефон": row["телефон"].replace("\n", ", ")}, "телефон")
        if len(found) > 1:
            self.several.append(f"Офис «{name}»: телефонов несколько, звонящий услышит первый, {found[0]}.")
        return found[0]

    def _hours(self, row: Mapping[str, str], known: KnownOffice | None) -> WeekHours:
        written = office_words.hours(row)
        if written or known is None:
            return read_hours(written)
        return self.schedules.week(known.office.hours)


def _or(cell: str, before: Tree | None, read: Callable[[str], str | list[str]]) -> Tree | None:
    """What a cell says; what there is where it is empty, nothing where it says «нет»."""
    if not cell:
        return before
    if cell.casefold() in NOTHING:
        return None
    found = read(cell)
    return found if isinstance(found, str) else list[Tree](found)


def _as_before(made: dict[str, Tree], known: KnownOffice | None) -> dict[str, Tree]:
    """Each field as the file writes it where it means the same: «8-800-…» and «+7800…» are one telephone."""
    if known is None:
        return made
    try:
        office = Office.model_validate(made)
    except ValidationError:  # is told when the file is read
        return made
    same = [key for key in Office.model_fields if getattr(office, key) == getattr(known.office, key)]
    if len(same) == len(Office.model_fields):
        return dict(known.tree)
    return {
        key: known.tree[key] if key in same and key in known.tree else made[key]
        for key in (*made, *(key for key in same if key in known.tree and key not in made))
        if key in known.tree or key not in same
    }
