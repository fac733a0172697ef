"""`gridline import knowledge`: a company's articles from a table, into `dialplan/knowledge/COMPANY`, a file each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from grid.imports import HandedTable, Outcome
from grid.imports.files import (
    NOTHING,
    Difference,
    HandedFiles,
    Sheet,
    changes,
    guard,
    in_a_row,
    look_through,
    place_of,
    refuse,
    shorter,
    take,
    text_of,
    words,
)
from grid.imports.files.slugs import slug
from grid.knowledge import COMMON, read_article
from grid.reference.sections import TITLES
from grid.reference.shelf import KNOWLEDGE
from gridline.companies import SLUG, Companies
from gridline.companies.parts import Topic
from gridline.tables import cells
from gridline.tables.tabular import BadCell, Problems, Row
from gridline.tables.words import plain
from gridline.yaml import parts
from gridline.yaml.edit import tree_of
from gridline.yaml.file import Mistake, Tree, YamlFile

REQUIRED = ("статья", "текст")
OPTIONAL = ("№", "код", "раздел", "темы", "слова", "вслух")
WAYS = {
    **dict.fromkeys(("№ п/п", "п/п"), "№"),
    **dict.fromkeys(("название", "заголовок", "название статьи", "тема статьи"), "статья"),
    **dict.fromkeys(("текст статьи", "текст для оператора", "содержание", "ответ"), "текст"),
    **dict.fromkeys(("текст вслух", "что слышит звонящий", "текст для звонящего"), "вслух"),
    **dict.fromkeys(("ключевые слова", "слова для поиска"), "слова"),
}
WITH_LINES = ("текст", "вслух", "темы", "слова")
FIELDS = {
    **{"title": "статья", "section": "раздел", "topics": "темы", "words": "слова"},
    **{"spoken": "вслух", "text": "текст"},
}
_SECTIONS = {plain(way): section.value for section, title in TITLES.items() for way in (section.value, title)}

ArticleTree = Mapping[str, Tree]


@dataclass(frozen=True, slots=True)
class _Read:
    number: int
    id: str
    tree: dict[str, Tree]


def import_knowledge(dialplan: Path, table: HandedTable, *, smaller: bool = False, dry_run: bool = False) -> Outcome:
    """Make the table's articles those of the company (`common`: those of all), or change nothing.

    An article is known by «код», or else by its title; a common one's title takes that one's place. One that the table
    lacks goes. Raises as `import_offices`.
    """
    folder = dialplan / KNOWLEDGE / table.company_id
    topics = topics_of(table.companies, table.company_id)
    own, common = _there(folder), _there(dialplan / KNOWLEDGE / COMMON)
    problems = Problems()
    read = list(_rows(table, problems, own, common, topics))
    paths = {one.id: folder / f"{one.id}.yaml" for one in read}
    before = {path: text_of(path) for path in sorted(folder.glob("*.yaml"))}
    after: dict[Path, str | None] = dict.fromkeys(before)
    after |= {paths[one.id]: _text(one, own, before.get(paths[one.id])) for one in read}
    files, unplaced = HandedFiles(before, after), list[Mistake]()
    by_file = {paths[one.id].name: one for one in read}

    def place(file: YamlFile, mistake: Mistake) -> None:
        where = place_of(file, mistake)
        problems.add(by_file[file.path.name].number, in_a_row(mistake, FIELDS.get(str(where[0]) if where else "", "")))

    look_through(files, read_article, place)
    refuse(problems, table, unplaced)
    guard(table, len(read), len(own), smaller=smaller)
    return take(files, _difference(own, read), dry_run=dry_run)


def topics_of(companies: Companies, company_id: str) -> Mapping[str, Topic]:
    """The topics of a company; of `common`, those of all. Raises NotFound."""
    if company_id != COMMON:
        return companies.by_id(company_id).topics
    return {code: topic for company in companies for code, topic in company.topics.items()}


def _there(folder: Path) -> dict[str, ArticleTree]:
    """The articles of a folder as their files have them. Raises Misconfigured for one that is wrong."""
    found: dict[str, ArticleTree] = {}
    for path in sorted(folder.glob("*.yaml")):
        read_article(path)
        tree = tree_of(path.read_text("utf-8"))
        found[path.stem] = tree if isinstance(tree, dict) else {}
    return found


def _rows(
    table: HandedTable,
    problems: Problems,
    own: Mapping[str, ArticleTree],
    common: Mapping[str, ArticleTree],
    topics: Mapping[str, Topic],
) -> Iterator[_Read]:
    by_title = {plain(str(tree["title"])): id for known in (common, own) for id, tree in known.items()}
    taken: dict[str, int] = {}
    for row in table.rows(
        required=REQUIRED,
        optional=OPTIONAL,
        problems=problems,
        ways=WAYS,
        with_lines=WITH_LINES,
    ):
        try:
            title = cells.text(row.cells, "статья", at_most=120, required=True)
            id = (
                row.cells["код"]
                or by_title.get(plain(title))
                or slug(title, {*own, *common, *taken}, default="article")
            )
            if not re.fullmatch(SLUG, id):
                raise BadCell(f"«код»: «{id[:40]}» — строчные латинские буквы, цифры и дефис, с буквы, не длиннее 32")
            if (first := taken.setdefault(id, row.number)) != row.number:
                raise BadCell(f"«статья»: «{title}» уже есть в строке {first}. Назовите по-разному или сложите вместе")
            yield _Read(row.number, id, _article(row, title, own.get(id, {}), topics))
        except BadCell as error:
            problems.add(row.number, str(error))


def _article(row: Row, title: str, before: ArticleTree, topics: Mapping[str, Topic]) -> dict[str, Tree]:
    made: dict[str, Tree | None] = {
        "title": title,
        "topics": _listed(row.cells["темы"], before, "topics") or list[Tree](words.topics(row.cells, "темы", topics)),
        "words": _listed(row.cells["слова"], before, "words") or list[Tree](words.divided(row.cells["слова"])),
        "section": _section(row.cells) or (before.get("section") if not row.cells["раздел"] else None),
        "spoken": _spoken(row.cells["вслух"], before),
        "text": f"{cells.text(row.cells, 'текст', at_most=20_000, required=True)}\n",
    }
    return {key: value for key, value in made.items() if value}


def _listed(cell: str, before: ArticleTree, key: str) -> Tree | None:
    return None if cell else before.get(key)


def _section(row: Mapping[str, str]) -> str:
    written = row["раздел"]
    if not written or written in NOTHING:
        return ""
    if plain(written) not in _SECTIONS:
        raise BadCell(f"«раздел»: «{written[:40]}» — нужен один из: {', '.join(TITLES.values())}")
    return _SECTIONS[plain(written)]


def _spoken(cell: str, before: ArticleTree) -> Tree | None:
    if not cell:
        return before.get("spoken")
    return None if cell.casefold() in NOTHING else " ".join(cell.split())


def _text(one: _Read, own: Mapping[str, ArticleTree], before: str | None) -> str:
    """The article's file; as it is where it says the same."""
    same = before is not None and _told(own[one.id]) == _told(one.tree)
    return before if same and before is not None else parts.dumped(one.tree)


def _told(tree: ArticleTree) -> dict[str, str]:
    """What an article says, however its lines are broken and indented."""
    shown = {}
    for key in FIELDS:
        value = tree.get(key, "")
        lines = [", ".join(map(str, value))] if isinstance(value, list) else str(value).strip().splitlines()
        shown[key] = "\n".join(line.strip() for line in lines)
    return shown


def _difference(own: Mapping[str, ArticleTree], read: list[_Read]) -> Difference:
    added, changed = [], []
    for one in read:
        if one.id not in own:
            added.append(f"Новая статья «{one.tree['title']}» ({one.id}).")
            continue
        before, now = _told(own[one.id]), _told(one.tree)
        if before != now:
            fields = {FIELDS[key]: shorter(before[key], now[key]) for key in FIELDS if before[key] != now[key]}
            changed.append(f"Статья «{own[one.id]['title']}»: {changes(fields)}.")
    gone = [f"Убрана статья «{own[id]['title']}» ({id})." for id in own.keys() - {one.id for one in read}]
    return Difference(added, changed, sorted(gone), len(read) - len(added) - len(changed))


def sheet(dialplan: Path, companies: Companies, company_id: str) -> Sheet:
    """The articles that there are, as the table that is read. Raises NotFound, Misconfigured."""
    topics = topics_of(companies, company_id)
    rows = []
    for id, tree in _there(dialplan / KNOWLEDGE / company_id).items():
        told = _told(tree)
        section = next((title for one, title in TITLES.items() if one == told["section"]), "")
        named = tree.get("topics", [])
        codes = [str(code) for code in named] if isinstance(named, list) else []
        names = words.names(codes, topics)
        rows.append((id, told["title"], section, names, told["words"], told["spoken"], told["text"]))
    return Sheet(("код", "статья", "раздел", "темы", "слова", "вслух", "текст"), rows)
