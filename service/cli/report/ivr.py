"""`gridline report ivr`: how callers fare in the menu, as a table, as JSON, or as a file."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from appeals.reports.rows import Value, open_rows
from gridline import settings
from gridline.calendar import days
from gridline.companies import Companies, Company
from gridline.db import Database
from gridline.errors import InvalidInput
from gridline.scope import Scope
from ivr.figures import menu, menu_tree
from ivr.figures.callers import ENDS, CallerEnd
from ivr.figures.figures import Period
from ivr.figures.menu import CallersWay, FlowVersion, MenuFigures, MenuQuestion, PlaceFigures, WayOn
from ivr.menus.flows import Flows
from ivr.menus.model import HANG_UP, Flow
from ivr.voice.prompts import PromptBook
from service.cli.menus import vocabulary_by_book

HEADINGS: Final = (
    *("Место", "Что слышно", "Заходов", "Повторов", "Неверных", "Молчаний", "Ушли ни с чем"),
    *("Половина до, с", "Девять из десяти до, с", "Куда пошли"),
)
SHORT_HEADINGS: Final = ("Заходов", "Повт.", "Неверн.", "Молч.", "Ни с чем", "50 %, с", "90 %, с")
"""For a terminal's width."""
WIDTHS: Final = (22, 60, 10, 10, 10, 10, 14, 14, 20, 60)

CompanyOption = Annotated[str, typer.Option("--company", help="Компания (id)")]
FromOption = Annotated[str, typer.Option("--from", help="Первый день, 2026-11-01")]
ToOption = Annotated[str, typer.Option("--to", help="Последний день, входит в период")]
BranchOption = Annotated[str, typer.Option("--branch", help="Только звонки этого филиала (id)")]
MenuOption = Annotated[str, typer.Option("--menu", help="Только звонки по этой версии меню: начало хэша")]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON вместо таблицы")]
OutOption = Annotated[Path | None, typer.Option("--out", help="В файл: .xlsx и .csv — места меню, с --json — всё")]


@dataclass(frozen=True, slots=True)
class _Counted:
    company: Company
    period: str
    found: MenuFigures
    versions: list[FlowVersion]
    heard: Callable[[str], str]
    """Of a place."""


def ivr(
    company: CompanyOption,
    first: FromOption,
    last: ToOption,
    branch: BranchOption = "",
    version: MenuOption = "",
    as_json: JsonOption = False,
    out: OutOption = None,
) -> None:
    """Меню за период: чем кончились звонки, что происходит в каждом месте, какими путями идут."""
    counted = asyncio.run(_count(company, day("--from", first), day("--to", last), branch, version))
    if as_json:
        text = json.dumps(_json(counted), ensure_ascii=False, indent=2)
        if out is None:
            typer.echo(text)
            return
        out.write_text(text + "\n", "utf-8")
    elif out is None:
        _print(counted)
        return
    else:
        _save(counted, out)
    typer.echo(f"Отчёт: {out}")


async def _count(company_id: str, first: date, last: date, branch: str, version: str) -> _Counted:
    if last < first:
        raise InvalidInput(f"Период кончается раньше, чем начинается: --from {first}, --to {last}.")
    options = settings.load()
    companies = Companies.load(options.dialplan / "companies")
    company = companies.by_id(company_id)
    if branch:
        company.branch(branch)
    book = PromptBook.load(options.dialplan / "prompts.ru.yaml")
    flows = Flows(companies, options.dialplan / "menus", lambda one: vocabulary_by_book(one, book))
    period = Period(days.begins(first, company.zone), days.ends(last, company.zone))
    asked = MenuQuestion(company.id, period, branch)
    db = Database(options.db_url)
    try:
        async with db.read() as session:
            versions = await menu.versions(session, asked, visible_to=Scope())
            if version:
                asked = MenuQuestion(company.id, period, branch, _version(version, versions))
            found = await menu.figures(session, asked, visible_to=Scope())
    finally:
        await db.close()
    flow = flows.of(company)
    said = _heard(flow, flows.of(company, storm=True), book, company)
    return _Counted(company, f"{first:%d.%m.%Y}–{last:%d.%m.%Y}", found, versions, said)


def _version(start: str, known: list[FlowVersion]) -> str:
    fitting = [one.version for one in known if one.version.startswith(start)]
    if len(fitting) != 1:
        there = ", ".join(one.version[:12] for one in known) or "ни одной"
        raise InvalidInput(f"Версия меню «{start}» одна не находится. За этот период: {there}.")
    return fitting[0]


def _heard(flow: Flow, storm: Flow, book: PromptBook, company: Company) -> Callable[[str], str]:
    places = {**storm.places, **flow.places}

    def words(id: str) -> str:
        return book.text(id, company.id).replace("+", "")  # before a stressed vowel

    return lambda name: menu_tree.heard(places[name], words) if name in places else "нет в сегодняшнем меню"


def day(name: str, text: str) -> date:
    """A day of the command line. Raises InvalidInput."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"{name} {text!r}: пишите день как 2026-11-01") from None


def _json(counted: _Counted) -> dict[str, Any]:
    found = counted.found
    return {
        "company": counted.company.id,
        "period": counted.period,
        "calls": found.calls,
        "ends": dict(found.ends),
        "to_person": found.to_person,
        "menus": [
            asdict(one) | {"first_at": one.first_at.isoformat(), "last_at": one.last_at.isoformat()}
            for one in counted.versions
        ],
        "places": [asdict(one) | {"heard": counted.heard(one.place)} for one in found.places],
        "ways": [asdict(one) for one in found.ways],
    }


def _print(counted: _Counted) -> None:
    out, found = Console(highlight=False), counted.found
    out.print(f"{counted.company.name}, меню за {counted.period}. Звонков: {found.calls}")
    for end, name in ENDS.items():
        if found.ends[end]:
            out.print(f"  {name}: {found.ends[end]} ({100 * found.ends[end] / found.calls:.1f} %)")
    for one in counted.versions:
        out.print(f"  меню {one.version[:12]}: {one.calls}", markup=False)
    places = Table(HEADINGS[0], *SHORT_HEADINGS, box=None)
    for row in map(_row, found.places):
        places.add_row(*("" if value is None else str(value) for value in row[:-1]))
    out.print(places)
    for place in found.places:
        out.print(f"{place.place}: {', '.join(map(_way, place.ways))}", markup=False, soft_wrap=True)
    ways = Table("Путь по клавишам", "Звонков", "Чем кончились", box=None)
    for way in found.ways:
        ways.add_row(
            _keys(way), str(way.calls), ", ".join(f"{ENDS[CallerEnd(end)]} {n}" for end, n in way.ends.items())
        )
    out.print(ways)


def _save(counted: _Counted, file: Path) -> None:
    with open_rows(file, sheet="Меню", widths=WIDTHS) as rows:
        rows.title(f"{counted.company.name}, меню за {counted.period}")
        rows.title(
            f"Звонков: {counted.found.calls}, " + ", ".join(f"{ENDS[e]} {n}" for e, n in counted.found.ends.items())
        )
        rows.headings(HEADINGS)
        for place in counted.found.places:
            name, *others = _row(place)
            rows.row((name, counted.heard(place.place), *others))


def _row(one: PlaceFigures) -> tuple[Value, ...]:
    figures = (one.visits, one.repeats, one.wrong_keys, one.silences, one.given_up, one.median_s, one.p90_s)
    return one.place, *figures, ", ".join(map(_way, one.ways))


def _way(way: WayOn) -> str:
    by = way.key if way.exit == "pressed" and way.key else menu_tree.EXITS.get(way.exit, way.exit)
    target = {HANG_UP: " → конец", "": ""}.get(way.leads_to, f" → {way.leads_to}")
    return f"{by}{target}: {way.times}"


def _keys(way: CallersWay) -> str:
    return " → ".join(f"{place} {key}" for place, key in way.keys) or "ничего не нажимали"
