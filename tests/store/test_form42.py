"""Form 4.2: a year of an office counted by hand on a few visits, each figure with its visits, and the file itself."""

from __future__ import annotations

import asyncio
import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from appeals.reports import source, tally
from grid.offices import numbers, offices
from grid.offices.models import Appointment, VisitState
from grid.offices.offices import Offices
from gridline.companies import Companies, Company
from gridline.db import Database, new_id
from gridline.errors import InvalidInput
from gridline.settings import HOUSE
from ivr.figures import form42
from service.cli import app

SPRING = datetime(2027, 3, 1, tzinfo=UTC)


@pytest.fixture
def pskov(companies: Companies) -> Company:
    return companies.by_id("pskovenergo")


@pytest.fixture
def told(pskov: Company) -> Offices:
    return offices.load(HOUSE / "dialplan" / "offices" / "pskovenergo.yaml", pskov)


def visit(
    starts_at: datetime, state: VisitState, *minutes: int, office: str = "pskov", branch: str = "", window: int = 1
) -> Appointment:
    """`minutes` after its time: arrived, called, served."""
    moments = [starts_at + timedelta(minutes=one) for one in minutes]
    arrived, called, served = [*moments, None, None, None][:3]
    return Appointment(
        id=new_id(),
        company_id="pskovenergo",
        branch=branch,
        office_id=office,
        number=numbers.fresh(),
        topic="service",
        starts_at=starts_at,
        minutes=30,
        window_no=window,
        state=state,
        phone="",
        name="",
        booked_at=starts_at,
        booked_by="ivr",
        arrived_at=arrived,
        called_at=called,
        served_at=served,
    )


async def a_year(db: Database, zone_first: datetime) -> dict[str, str]:
    """The numbers of some of them, by what they are."""
    day = datetime(2026, 6, 1, 6, 0, tzinfo=UTC)
    rows = {
        "prompt": visit(day, VisitState.SERVED, -10, 4, 14),  # came early: the wait is counted from their time
        "late": visit(day + timedelta(hours=1), VisitState.SERVED, 5, 30, 40),
        "unmarked": visit(day + timedelta(hours=2), VisitState.BOOKED),
        "missed": visit(day + timedelta(hours=3), VisitState.MISSED),
        "cancelled": visit(day + timedelta(hours=4), VisitState.CANCELLED),
        "moved": visit(day + timedelta(hours=5), VisitState.SUPERSEDED),
        "elsewhere": visit(day, VisitState.SERVED, 0, 0, 30, office="opochka"),
        "closed": visit(day, VisitState.SERVED, 0, 1, 2, office="ostrov"),
        "new-year": visit(zone_first, VisitState.SERVED, 0, 1, 2),
    }
    async with db.write() as session:
        session.add_all(rows.values())
    return {what: numbers.written(row.number) for what, row in rows.items()}


async def test_a_year_of_visits(db: Database, pskov: Company, told: Offices, tmp_path: Path) -> None:
    """The year is the company's own: what began at midnight in Pskov is of the next one."""
    known = await a_year(db, datetime(2026, 12, 31, 21, 0, tzinfo=UTC))
    async with source.opened(db, pskov, SPRING) as opened:
        found = await form42.count(opened, 2026, told)
        late = await form42.behind(opened, 2026, ("pskov", form42.LATE), told)
        booked = await form42.behind(opened, 2026, ("pskov", form42.BOOKED), told)
        assert await form42.behind(opened, 2027, ("pskov", form42.SERVED), told) == [known["new-year"]]
        assert await form42.behind(opened, 2026, ("bezhanitsy", form42.SERVED), told) == []
        with pytest.raises(InvalidInput, match="За столбцом «8» записей нет"):
            await form42.behind(opened, 2026, ("pskov", "8"), told)
    assert late == [known["late"]]
    assert booked == [known[one] for one in ("prompt", "late", "unmarked", "missed")]
    table = form42.table(found, told, pskov, 2026)
    rows = {row[1]: row for row in table.rows}
    assert list(rows) == ["Псков", "Бежаницы", "Опочка", "Великие Луки", "ostrov"]
    assert rows["Псков"][:3] == ["1", "Псков", "категория 1"]
    assert rows["Псков"][7:] == [2, 10.0, 14.5, "", 4, 1, 1, 1]  # at the window 10 and 10, waited 4 and 25 minutes
    assert rows["Бежаницы"][7:] == [0, None, None, "", 0, 0, 0, 0]
    assert rows["ostrov"][2] == "в файле офисов нет"
    tally.save(table, tmp_path / "form42.csv", sheet="4.2")
    text = (tmp_path / "form42.csv").read_text("utf-8-sig")
    assert "по памяти" in text
    (line,) = [row for row in csv.reader(text.splitlines(), delimiter=";") if row[1:2] == ["Псков"]]
    assert line[3] == "г. Псков, ул. Советская, 47а"


async def test_a_moment_ago_has_its_own_form(db: Database, pskov: Company, told: Offices) -> None:
    await a_year(db, SPRING)
    async with source.opened(db, pskov, datetime(2026, 6, 1, 7, 30, tzinfo=UTC)) as opened:
        found = await form42.count(opened, 2026, told)
    assert len(found["pskov"].numbers[form42.BOOKED]) == 2


async def test_the_command_writes_it(sqlite_db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = await a_year(sqlite_db, SPRING)
    monkeypatch.setenv("GRIDLINE_DATABASE_URL", sqlite_db.url.render_as_string())
    monkeypatch.setenv("GRIDLINE_VAR", str(tmp_path / "var"))
    asked = ["report", "form42", "--company", "pskovenergo", "--year", "2026"]
    out = tmp_path / "form42.xlsx"
    run = CliRunner()
    made = await _invoked(run, [*asked, "--out", str(out)])
    assert "Отчёт:" in made
    assert out.read_bytes()[:2] == b"PK"
    assert known["late"] in await _invoked(run, [*asked, "--behind", "pskov/late"])


async def _invoked(run: CliRunner, argv: list[str]) -> str:
    """The command has a loop of its own, so it runs in a thread."""
    done = await asyncio.to_thread(run.invoke, app, argv)
    assert done.exit_code == 0, done.output
    return done.output
