"""`gridline report`: files made from events and from what was promised, and the appeals behind a figure."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import ModuleType
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn

from appeals import numbering
from appeals.reports import form49, promises, tally
from appeals.reports.form41 import Form41
from appeals.reports.intime import InTime
from appeals.reports.repeats import Repeats
from appeals.reports.source import Source
from appeals.reports.tally import Dimension, Tally
from appeals.taxonomy import shipped
from grid.offices import book
from grid.offices.book import OfficeBook
from gridline import settings
from gridline.companies import Companies
from gridline.errors import NotFound
from ivr.figures import form42, form43
from service.cli.report.ivr import ivr
from service.cli.report.request import ReportRequest, made, say, single, sources_of
from service.cli.report.survey import survey
from worklist import kept

CompanyOption = Annotated[str, typer.Option("--company", help="Компания (id)")]
CompaniesOption = Annotated[str, typer.Option("--company", help="Компании через запятую или all")]
YearOption = Annotated[int, typer.Option("--year", min=2000, max=2099, help="Год номера обращения")]
OutOption = Annotated[Path | None, typer.Option("--out", help="Файл .xlsx или .csv")]
AsOfOption = Annotated[
    str, typer.Option("--as-of", help="На момент (2027-01-31 или 2027-01-31T10:00, пояс компании); обычно — сейчас")
]
ByOption = Annotated[Dimension, typer.Option("--by", help="Строки отчёта")]
BehindOption = Annotated[str, typer.Option("--behind", help="Показать обращения за ячейкой: СТРОКА/СТОЛБЕЦ")]
EvidenceOption = Annotated[
    str, typer.Option("--evidence", help="Номер обращения: из каких событий взята каждая ячейка")
]


def add_to(app: typer.Typer) -> None:
    """Hang the group on `app`."""
    group = typer.Typer(name="report", help="Отчёты из журнала событий", no_args_is_help=True)
    group.command("form41")(form_41)
    group.command("form42")(form_42)
    group.command("form43")(form_43)
    group.command("form49")(form_49)
    group.command("intime")(in_time)
    group.command("repeats")(repeated)
    group.command("ivr")(ivr)
    group.command("survey")(survey)
    group.command("callbacks")(calls_back)
    group.command("promises")(kept_promises)
    app.add_typer(group)


def form_41(
    company: CompanyOption, year: YearOption, out: OutOption = None, as_of: AsOfOption = "", behind: BehindOption = ""
) -> None:
    """Форма 4.1: обращения по категориям и формам обслуживания за год и год до него."""
    asyncio.run(_tally(Form41(), "4.1", ReportRequest(company, year, out, as_of, behind)))


def form_42(
    company: CompanyOption, year: YearOption, out: OutOption = None, as_of: AsOfOption = "", behind: BehindOption = ""
) -> None:
    """Форма 4.2: офисы и приём в них за год; ячейка — код офиса и столбец: pskov/served."""
    asyncio.run(_form42(ReportRequest(company, year, out, as_of, behind)))


def form_43(
    company: CompanyOption, year: YearOption, out: OutOption = None, as_of: AsOfOption = "", behind: BehindOption = ""
) -> None:
    """Форма 4.3: обслуживание по телефону за год, по сохранённым звонкам; ячейка — 2.1/N."""
    asyncio.run(_promises(form43, "4.3", ReportRequest(company, year, out, as_of, behind)))


def in_time(
    company: CompaniesOption,
    year: YearOption,
    out: OutOption = None,
    as_of: AsOfOption = "",
    behind: BehindOption = "",
    by: ByOption = "topic",
) -> None:
    """Ответы в срок и с нарушением срока."""
    asyncio.run(_tally(InTime(by), "в срок", ReportRequest(company, year, out, as_of, behind)))


def repeated(
    company: CompaniesOption,
    year: YearOption,
    out: OutOption = None,
    as_of: AsOfOption = "",
    behind: BehindOption = "",
    by: ByOption = "topic",
) -> None:
    """Повторные обращения."""
    asyncio.run(_tally(Repeats(by), "повторные", ReportRequest(company, year, out, as_of, behind)))


def form_49(
    company: CompanyOption,
    year: YearOption,
    out: OutOption = None,
    as_of: AsOfOption = "",
    evidence: EvidenceOption = "",
) -> None:
    """Форма 4.9: 31 столбец, строка на обращение."""
    asyncio.run(_form49(ReportRequest(company, year, out, as_of, evidence)))


def kept_promises(
    company: CompanyOption, year: YearOption, out: OutOption = None, as_of: AsOfOption = "", behind: BehindOption = ""
) -> None:
    """Выполнение обещаний: приехать, ответить, перезвонить по обращению."""
    asyncio.run(_promises(promises, "обещания", ReportRequest(company, year, out, as_of, behind)))


def calls_back(
    company: CompanyOption, year: YearOption, out: OutOption = None, as_of: AsOfOption = "", behind: BehindOption = ""
) -> None:
    """Перезвоны: обещанные и тем, кто не дождался, в срок и нет, по месяцам и филиалам."""
    asyncio.run(_promises(kept, "перезвоны", ReportRequest(company, year, out, as_of, behind)))


async def _tally(report: Tally, sheet: str, request: ReportRequest) -> None:
    async with sources_of(request) as sources:
        if request.behind:
            say(await tally.behind(report, sources, request.year, request.cell))
            return
        file = request.file
        counts = await tally.count(report, sources, request.year)
        tally.save(report.table(counts, [each.company for each in sources], request.year), file, sheet=sheet)
        await made(file, sources, request.year)


async def _form49(request: ReportRequest) -> None:
    async with sources_of(request) as sources:
        of_company = single(sources)
        if request.behind:
            await _evidence(of_company, request.behind)
            return
        columns = (TextColumn("Форма 4.9: строк {task.completed}"), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("", total=None)
            rows = await form49.write(
                of_company, request.year, request.file, lambda n: progress.update(task, completed=n)
            )
        typer.echo(f"Строк: {rows}")
        await made(request.file, sources, request.year)


async def _evidence(of_company: Source, written: str) -> None:
    fact = await of_company.one(numbering.read(written).digits)
    if fact is None:
        raise NotFound(f"Обращения {written} в журнале нет")
    form = form49.Form49(of_company.company.zone, of_company.today, shipped())
    for column, events in sorted(form.evidence(fact).items()):
        typer.echo(f"{column:2} {form49.COLUMNS[column - 1]}: события {', '.join(map(str, events))}")
    if fact.joined_to and fact.answered_at:
        typer.echo("Ответ дан по обращению, к которому присоединено это.")


async def _promises(report: ModuleType, sheet: str, request: ReportRequest) -> None:
    """A report that is a module: `appeals.reports.promises`, `worklist.kept` or `ivr.figures.form43`."""
    async with sources_of(request) as sources:
        of_company = single(sources)
        if request.behind:
            say(await report.behind(of_company, request.year, request.cell))
            return
        counts = await report.count(of_company, request.year)
        tally.save(report.table(counts, of_company.company, request.year), request.file, sheet=sheet)
        await made(request.file, sources, request.year)


async def _form42(request: ReportRequest) -> None:
    async with sources_of(request) as sources:
        of_company = single(sources)
        dialplan = settings.load().dialplan
        companies = Companies.load(dialplan / "companies")
        told = OfficeBook(dialplan / book.FOLDER, companies).of(of_company.company.id)
        if request.behind:
            say(await form42.behind(of_company, request.year, request.cell, told))
            return
        counts = await form42.count(of_company, request.year, told)
        tally.save(form42.table(counts, told, of_company.company, request.year), request.file, sheet="4.2")
        await made(request.file, sources, request.year)
