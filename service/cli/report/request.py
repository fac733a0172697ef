"""A report asked for at a shell: of which companies, of when, into which file; what is said once it is made."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import typer

from appeals.reports import source
from appeals.reports.source import Source
from appeals.reports.tally import Cell
from gridline import settings
from gridline.calendar import days
from gridline.clock import SystemClock
from gridline.companies import Companies, Company
from gridline.db import Database
from gridline.errors import InvalidInput


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
async def sources_of(request: ReportRequest) -> AsyncIterator[list[Source]]:
    """The journal of each company asked for, as of its moment. Raises NotFound, InvalidInput, Unavailable."""
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


def single(sources: Sequence[Source]) -> Source:
    """The only one. Raises InvalidInput."""
    if len(sources) != 1:
        raise InvalidInput("Этот отчёт — об одной компании: укажите одну")
    return sources[0]


async def made(file: Path, sources: Sequence[Source], year: int) -> None:
    """Say which file it is, and up to which record of the journal it was counted."""
    typer.echo(f"Отчёт: {file}")
    for each in sources:
        head = await each.head(year)
        journal = "журнал пуст" if head is None else f"журнал до записи {head.journal_no}, хеш {head.journal_hash}"
        typer.echo(f"{each.company.id}: на {each.as_of.astimezone(each.company.zone):%d.%m.%Y %H:%M:%S}, {journal}")


def say(lines: Sequence[str]) -> None:
    """A line each."""
    for line in lines:
        typer.echo(line)
