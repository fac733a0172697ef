"""A report made in a process of its own: a year of events takes seconds of a processor the calls have need of.

The page starts `python -m agent_console.register.reporting`, hands the order in on standard input and reads the
answer; nothing of it runs on the controller's event loop.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from appeals.reports import form49, overview, promises, source, tally
from appeals.reports.form41 import Form41
from appeals.reports.intime import InTime
from appeals.reports.overview import Overview
from appeals.reports.repeats import Repeats
from appeals.reports.source import Source
from appeals.reports.tally import Dimension, ReportTable, Tally
from grid.offices import book
from grid.offices.book import OfficeBook
from gridline.calendar import days
from gridline.companies import Companies
from gridline.db import Database
from gridline.errors import GridlineError, InvalidInput, NotFound, Unavailable
from ivr.figures import form42, form43
from worklist import acceptance, kept


class Report(StrEnum):
    """The reports a page offers."""

    OVERVIEW = "overview"
    FORM41 = "form41"
    FORM42 = "form42"
    FORM43 = "form43"
    FORM49 = "form49"
    INTIME = "intime"
    REPEATS = "repeats"
    CALLBACKS = "callbacks"
    PROMISES = "promises"


TITLES: Final[dict[Report, str]] = {
    Report.OVERVIEW: "Обзор",
    Report.FORM41: "Форма 4.1",
    Report.FORM42: "Форма 4.2",
    Report.FORM43: "Форма 4.3",
    Report.FORM49: "Форма 4.9",
    Report.INTIME: "В срок и с опозданием",
    Report.REPEATS: "Повторные",
    Report.CALLBACKS: "Перезвоны",
    Report.PROMISES: "Обещания",
}
BY: Final[dict[Dimension, str]] = {
    "topic": "по темам",
    "channel": "по каналам",
    "kind": "по видам",
    "branch": "по филиалам",
}
DIMENSIONED: Final = frozenset({Report.INTIME, Report.REPEATS})
LONGEST_S: Final = 300.0
NICE: Final = 10
CHARTED_DAYS: Final = 60
_ERRORS: Final = {error.code: error for error in (InvalidInput, NotFound, Unavailable)}


@dataclass(frozen=True, slots=True)
class ReportOrder:
    """What is to be made: a table, a file when `out` is given, or what is behind a `cell` (row/column)."""

    report: Report
    company: str
    year: int
    as_of: str
    """ISO, aware."""
    by: Dimension = "topic"
    branch: str = ""
    """Only this branch's appeals."""
    cell: str = ""
    out: str = ""


async def made(order: ReportOrder, *, db_url: str, dialplan: Path) -> dict[str, Any]:
    """The report out of a process of its own. Raises what the making raised; Unavailable after five minutes."""
    given = json.dumps({"order": asdict(order), "db_url": db_url, "dialplan": str(dialplan)}).encode()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        __name__,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(LONGEST_S):
            said, complaint = await process.communicate(given)
    except TimeoutError:
        raise Unavailable("Отчёт не успел составиться за пять минут. Сделайте его командой gridline report.") from None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode != 0:
        raise RuntimeError(f"report {order.report}: {complaint.decode(errors='replace')[-2000:]}")
    answer: dict[str, Any] = json.loads(said)
    if "error" in answer:
        raise _ERRORS.get(answer["error"], GridlineError)(answer["message"])
    return answer


async def make(order: ReportOrder, db_url: str, dialplan: Path) -> dict[str, Any]:
    """The same in this process: JSON values. Raises GridlineError."""
    companies = Companies.load(dialplan / "companies")
    company = companies.by_id(order.company)
    offices = OfficeBook(dialplan / book.FOLDER, companies)
    db = Database(db_url)
    try:
        async with source.opened(db, company, datetime.fromisoformat(order.as_of), order.branch) as opened:
            found = await _of(order, opened, offices)
            head = await opened.head(order.year)
            return found | {"journal": None if head is None else [head.journal_no, head.journal_hash]}
    finally:
        await db.close()


async def _of(order: ReportOrder, opened: Source, offices: OfficeBook) -> dict[str, Any]:
    row, _, column = order.cell.partition("/")
    if order.report is Report.FORM49:
        return {"count": await form49.write(opened, order.year, Path(order.out))}
    if order.report is Report.FORM42:
        told = offices.of(opened.company.id)
        of_offices = await form42.count(opened, order.year, told)
        shown = _shown(order, form42.table(of_offices, told, opened.company, order.year, opened.branch))
        return shown | {"offices": form42.rows_of(of_offices, told, opened.branch)}
    if order.report is Report.FORM43:
        return _shown(order, form43.table(await form43.count(opened, order.year), opened.company, order.year))
    if order.report in (Report.PROMISES, Report.CALLBACKS):
        owed = promises if order.report is Report.PROMISES else kept
        if order.cell:
            return {"behind": await owed.behind(opened, order.year, (row, column))}
        counts = await owed.count(opened, order.year)
        if order.report is Report.CALLBACKS:
            return _shown(order, kept.table(counts, opened.company, order.year))
        danger = await acceptance.line(opened, order.year)
        return _shown(order, promises.table(counts, opened.company, order.year, danger))
    report = _tally(order)
    if order.cell:
        return {"behind": await tally.behind(report, [opened], order.year, (row, column))}
    counts = await tally.count(report, [opened], order.year)
    found = _shown(order, report.table(counts, [opened.company], order.year))
    if order.report is Report.OVERVIEW:
        last, zone = min(opened.today, date(order.year, 12, 31)), opened.company.zone
        found["days"] = [
            (int(days.begins(day, zone).timestamp()), good, bad, share)
            for day, good, bad, share in overview.days(counts, last, CHARTED_DAYS)
        ]
    return found


def _tally(order: ReportOrder) -> Tally:
    match order.report:
        case Report.FORM41:
            return Form41()
        case Report.INTIME:
            return InTime(order.by)
        case Report.REPEATS:
            return Repeats(order.by)
        case _:
            return Overview()


def _shown(order: ReportOrder, table: ReportTable) -> dict[str, Any]:
    if order.out:
        tally.save(table, Path(order.out), sheet=TITLES[order.report])
        return {"count": len(table.rows)}
    return {"table": asdict(table)}


def main() -> None:
    """One order from standard input to standard output."""
    with suppress(OSError):
        os.nice(NICE)
    given = json.load(sys.stdin)
    try:
        order = ReportOrder(**given["order"] | {"report": Report(given["order"]["report"])})
        answer = asyncio.run(make(order, given["db_url"], Path(given["dialplan"])))
    except GridlineError as error:
        answer = {"error": error.code, "message": error.message}
    json.dump(answer, sys.stdout, ensure_ascii=False)


if __name__ == "__main__":
    main()
