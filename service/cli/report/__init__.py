"""`gridline report`: files made from events and from what was promised, and the appeals behind a figure."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from types import ModuleType
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn

from appeals import numbering
from appeals.reports import form49, promises, source, tally
from appeals.reports.form41 import Form41
from appeals.reports.intime import InTime
from appeals.reports.repeats import Repeats
from appeals.reports.source import Source
from appeals.reports.tally import Cell, Dimension, Tally
from appeals.taxonomy import shipped
from grid.offices import book
from grid.offices.book import OfficeBook
from gridline import settings
from gridline.calendar import days
from gridline.clock import SystemClock
from gridline.companies import Companies, Company
from gridline.db import Database
from gridline.errors import InvalidInput, NotFound
from ivr.figures import form42, form43
from service.cli.report.ivr import ivr
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


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """The report asked for on the command line: into the file `out`, or what is `behind` one cell of it."""

    company: str
    year: int
    out: Path | None
    as_of: str
    behind: str

    @property
    def file(self) -> Path:
        """The file to write. Raises InvalidInput when none was given."""
        if self.out is None:
            raise InvalidInput("Укажите файл отчёта (--out) или ячейку (--behind, --evidence)")
        return self.out

    @property
    def cell(self) -> Cell:
        """The cell (row, column) of `behind`. Raises InvalidInput when it is not written as row/column."""
        row, slash, column = self.behind.partition("/")
        if not (row and slash and column):
            raise InvalidInput(f"Ячейка {self.behind!r}: пишите СТРОКА/СТОЛБЕЦ, например 2.1.1/phone:N")
        return row, column

    def moment(self, company: Company, now: datetime) -> datetime:
        """The moment the report is for; a bare day means its end. Raises InvalidInput."""
        if not self.as_of:
            return now
        try:
            if len(self.as_of) == len("2027-01-31"):
                return days.last_moment(date.fromisoformat(self.as_of), company.zone).astimezone(UTC)
            local = datetime.fromisoformat(self.as_of)
        except (ValueError, OverflowError):
            raise InvalidInput(f"--as-of {self.as_of!r}: пишите 2027-01-31 или 2027-01-31T10:00") from None
        return (local if local.tzinfo else local.replace(tzinfo=company.zone)).astimezone(UTC)


@asynccontextmanager
async def _sources(request: ReportRequest) -> AsyncIterator[list[Source]]:
    options = settings.load()
    known = Companies.load(options.dialplan / "companies")
    chosen = (
        list(known)
        if request.company == "all"
        else [known.by_id(company_id) for company_id in request.company.split(",")]
    )
    now = SystemClock().now()
    db = Database(options.db_url)
    try:
        async with AsyncExitStack() as stack:
            yield [
                await stack.enter_async_context(source.opened(db, company, request.moment(company, now)))
                for company in chosen
            ]
    finally:
        await db.close()


async def _tally(report: Tally, sheet: str, request: ReportRequest) -> None:
    async with _sources(request) as sources:
        if request.behind:
            _say(await tally.behind(report, sources, request.year, request.cell))
            return
        file = request.file
        counts = await tally.count(report, sources, request.year)
        tally.save(report.table(counts, [each.company for each in sources], request.year), file, sheet=sheet)
        await _made(file, sources, request.year)


async def _form49(request: ReportRequest) -> None:
    async with _sources(request) as sources:
        of_company = _single(sources)
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
        await _made(request.file, sources, request.year)


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
    async with _sources(request) as sources:
        of_company = _single(sources)
        if request.behind:
            _say(await report.behind(of_company, request.year, request.cell))
            return
        counts = await report.count(of_company, request.year)
        tally.save(report.table(counts, of_company.company, request.year), request.file, sheet=sheet)
        await _made(request.file, sources, request.year)


async def _form42(request: ReportRequest) -> None:
    async with _sources(request) as sources:
        of_company = _single(sources)
        dialplan = settings.load().dialplan
        companies = Companies.load(dialplan / "companies")
        told = OfficeBook(dialplan / book.FOLDER, companies).of(of_company.company.id)
        if request.behind:
            _say(await form42.behind(of_company, request.year, request.cell, told))
            return
        counts = await form42.count(of_company, request.year, told)
        tally.save(form42.table(counts, told, of_company.company, request.year), request.file, sheet="4.2")
        await _made(request.file, sources, request.year)


def _single(sources: Sequence[Source]) -> Source:
    if len(sources) != 1:
        raise InvalidInput("Этот отчёт — об одной компании: укажите одну")
    return sources[0]


async def _made(file: Path, sources: Sequence[Source], year: int) -> None:
    typer.echo(f"Отчёт: {file}")
    for each in sources:
        head = await each.head(year)
        journal = "журнал пуст" if head is None else f"журнал до записи {head.journal_no}, хеш {head.journal_hash}"
        typer.echo(f"{each.company.id}: на {each.as_of.astimezone(each.company.zone):%d.%m.%Y %H:%M:%S}, {journal}")


def _say(lines: Sequence[str]) -> None:
    for line in lines:
        typer.echo(line)
