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
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Final, Literal, get_args

from appeals.reports import form49, overview, promises, source, tally
from appeals.reports.form41 import Form41
from appeals.reports.intime import InTime
from appeals.reports.overview import Overview
from appeals.reports.repeats import Repeats
from appeals.reports.source import Source
from appeals.reports.tally import Dimension, Table, Tally
from gridline.companies import Companies
from gridline.db import Database
from gridline.errors import GridlineError, InvalidInput, NotFound, Unavailable

Report = Literal["overview", "form41", "form49", "intime", "repeats", "promises"]
TITLES: Final[dict[Report, str]] = {
    "overview": "Обзор",
    "form41": "Форма 4.1",
    "form49": "Форма 4.9",
    "intime": "В срок и с опозданием",
    "repeats": "Повторные",
    "promises": "Обещания",
}
BY: Final[dict[Dimension, str]] = {
    "topic": "по темам",
    "channel": "по каналам",
    "kind": "по видам",
    "branch": "по филиалам",
}
DIMENSIONED: Final = frozenset({"intime", "repeats"})
LONGEST_S: Final = 300.0
NICE: Final = 10
CHARTED_DAYS: Final = 60
_ERRORS: Final = {error.code: error for error in (InvalidInput, NotFound, Unavailable)}


@dataclass(frozen=True, slots=True)
class Order:
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


async def made(order: Order, *, db_url: str, dialplan: Path) -> dict[str, Any]:
    """The report out of a process of its own. Raises what the making raised; Unavailable after five minutes."""
    given = json.dumps({"order": asdict(order), "db_url": db_url, "dialplan": str(dialplan)}).encode()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
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


async def make(order: Order, db_url: str, dialplan: Path) -> dict[str, Any]:
    """The same in this process: JSON values. Raises GridlineError."""
    company = Companies.load(dialplan / "companies").by_id(order.company)
    db = Database(db_url)
    try:
        async with source.opened(db, company, datetime.fromisoformat(order.as_of), order.branch) as opened:
            found = await _of(order, opened)
            head = await opened.head(order.year)
            return found | {"journal": None if head is None else [head.journal_no, head.journal_hash]}
    finally:
        await db.close()


async def _of(order: Order, opened: Source) -> dict[str, Any]:
    row, _, column = order.cell.partition("/")
    if order.report == "form49":
        return {"count": await form49.write(opened, order.year, Path(order.out))}
    if order.report == "promises":
        if order.cell:
            return {"behind": await promises.behind(opened, order.year, (row, column))}
        return _shown(order, promises.table(await promises.count(opened, order.year), opened.company, order.year))
    report = _tally(order)
    if order.cell:
        return {"behind": await tally.behind(report, [opened], order.year, (row, column))}
    counts = await tally.count(report, [opened], order.year)
    found = _shown(order, report.table(counts, [opened.company], order.year))
    if order.report == "overview":
        last, zone = min(opened.today, date(order.year, 12, 31)), opened.company.zone
        found["days"] = [
            (int(datetime.combine(day, time(), zone).timestamp()), good, bad, share)
            for day, good, bad, share in overview.days(counts, last, CHARTED_DAYS)
        ]
    return found


def _tally(order: Order) -> Tally:
    match order.report:
        case "form41":
            return Form41()
        case "intime":
            return InTime(order.by)
        case "repeats":
            return Repeats(order.by)
        case _:
            return Overview()


def _shown(order: Order, table: Table) -> dict[str, Any]:
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
        answer = asyncio.run(make(Order(**given["order"]), given["db_url"], Path(given["dialplan"])))
    except GridlineError as error:
        answer = {"error": error.code, "message": error.message}
    json.dump(answer, sys.stdout, ensure_ascii=False)


REPORTS: Final = get_args(Report)

if __name__ == "__main__":
    main()
