"""`gridline import passports`: service passports from a table, into `dialplan/passports/COMPANY.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from grid.imports import HandedTable, Outcome
from grid.imports.files import (
    Difference,
    HandedFiles,
    Sheet,
    changes,
    guard,
    in_a_row,
    look_through,
    passport_rows,
    place_of,
    refuse,
    shorter,
    take,
    text_of,
)
from grid.imports.files.passport_rows import FIELDS, STAGE_FIELDS, PassportRow
from grid.reference import terms
from grid.reference.passports import APPLICANTS, COMMON, POWERS, Passport, read_passports
from grid.reference.shelf import PASSPORTS
from gridline.companies import Companies
from gridline.tables.tabular import Problems
from gridline.yaml import parts
from gridline.yaml.edit import tree_of
from gridline.yaml.file import Mistake, Tree, YamlFile

COLUMNS = (
    *("код", "паспорт", "заявители", "мощность", "вступление", "документы", "условия", "плата", "результат", "срок"),
    *("акт срока", "контакты", "этап", "содержание этапа", "как получить", "срок этапа", "акт этапа", "визит"),
)

PassportTree = Mapping[str, Tree]


def import_passports(dialplan: Path, table: HandedTable, *, smaller: bool = False, dry_run: bool = False) -> Outcome:
    """Make the table's passports those of the company (`common`: those of all), or change nothing.

    A passport is known by «код», or else by its name; one that the table lacks goes, and the common one serves in its
    place. What else the file says (reasons, accompaniment) stays. Raises as `import_offices`.
    """
    path = dialplan / PASSPORTS / f"{_known_id(table.companies, table.company_id)}.yaml"
    before = text_of(path)
    known = _there(path, before)
    problems = Problems()
    read = passport_rows.read(table, problems, known)
    made = {str(one.tree["id"]): _as_before(one.tree, known) for one in read}
    files = HandedFiles({path: before}, {path: parts.with_parts(before or "", "passports", made, listed=True)})
    unplaced: list[Mistake] = []

    def place(file: YamlFile, mistake: Mistake) -> None:
        match place_of(file, mistake):
            case ("passports", int(at), "stages", int(stage), *deeper):
                column = STAGE_FIELDS.get(str(deeper[0]) if deeper else "", "этап")
                problems.add(read[at].stage_rows[stage], in_a_row(mistake, column))
            case ("passports", int(at), *deeper):
                problems.add(read[at].number, in_a_row(mistake, FIELDS.get(str(deeper[0]) if deeper else "", "")))
            case _:
                unplaced.append(mistake)

    if read and not problems.found:  # a passport whose row is wrong would be told of again as one that lacks things
        look_through(files, read_passports, place)
    refuse(problems, table, unplaced)
    guard(table, len(read), len(known), smaller=smaller)
    return take(files, _difference(known, read, made), dry_run=dry_run)


def _known_id(companies: Companies, company_id: str) -> str:
    """The company's, or `common`. Raises NotFound."""
    return COMMON if company_id == COMMON else companies.by_id(company_id).id


def _there(path: Path, text: str | None) -> dict[str, PassportTree]:
    if text is None:
        return {}
    read_passports(path)
    tree = tree_of(text)
    held = tree.get("passports", []) if isinstance(tree, dict) else []
    return {str(one["id"]): one for one in held if isinstance(one, dict)} if isinstance(held, list) else {}


def _as_before(tree: dict[str, Tree], known: Mapping[str, PassportTree]) -> Tree:
    """A passport as the file writes it where it says the same."""
    before = known.get(str(tree["id"]))
    return dict(before) if before is not None and _told(before) == _told(tree) else tree


def _told(tree: PassportTree) -> dict[str, str]:
    """What each field says, however its lines are broken."""
    return {column: _words(tree.get(key, "")) for key, column in FIELDS.items()}


def _words(value: Tree) -> str:
    if isinstance(value, dict):
        return ", ".join(_words(part) for _, part in sorted(value.items()))
    if isinstance(value, list):
        return " / ".join(map(_words, value))
    return " ".join(value.split())


def _difference(known: Mapping[str, PassportTree], read: list[PassportRow], made: Mapping[str, Tree]) -> Difference:
    added, changed = [], []
    for one in read:
        id, name = str(one.tree["id"]), one.tree["name"]
        if id not in known:
            added.append(f"Новый паспорт «{name}»: этапов {len(one.stages)}.")
            continue
        before, now = _told(known[id]), _told(one.tree)
        if before != now:
            fields = {key: shorter(before[key], now[key]) for key in now if before[key] != now[key]}
            changed.append(f"Паспорт «{known[id]['name']}»: {changes(fields)}.")
    gone = [f"Убран паспорт «{tree['name']}»." for id, tree in known.items() if id not in made]
    return Difference(added, changed, gone, len(read) - len(added) - len(changed))


def sheet(dialplan: Path, companies: Companies, company_id: str) -> Sheet:
    """The passports that there are, as the table that is read: a row a stage. Raises NotFound, Misconfigured."""
    path = dialplan / PASSPORTS / f"{_known_id(companies, company_id)}.yaml"
    told = read_passports(path).passports if path.exists() else ()
    return Sheet(COLUMNS, [row for passport in told for row in _rows(passport)])


def _rows(passport: Passport) -> list[tuple[str, ...]]:
    applicants = ", ".join(APPLICANTS[who] for who in passport.applicants)
    head = (
        *(passport.id, passport.name, applicants, POWERS[passport.power], passport.intro or ""),
        *(passport.documents, passport.conditions, passport.fee, passport.result),
        *(terms.written(passport.term), passport.term.act, passport.contacts),
    )
    rows = []
    for nth, stage in enumerate(passport.stages):
        term = (terms.written(stage.term), stage.term.act) if stage.term else ("", "")
        own = (stage.name, stage.content, stage.form, *term, str(stage.visit or ""))
        rows.append((*(head if not nth else ("",) * len(head)), *own))
    return rows
