"""`gridline import offices` where the table lacks an office that people are booked at; on both databases."""

from __future__ import annotations

import asyncio
import shutil
from datetime import datetime
from pathlib import Path

import pytest
import typer
from sqlalchemy import select
from typer.testing import CliRunner, Result

from grid.offices import booking, offices, slots
from grid.offices.booking import VisitOrder
from grid.offices.models import Appointment
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import SystemClock
from gridline.companies import Companies, Company
from gridline.db import Database, new_id
from gridline.errors import Conflict
from gridline.settings import HOUSE
from service.cli import export, import_

ISTRA = "istra"


@pytest.fixture
def dialplan(tmp_path: Path, db: Database, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dialplan of its own, beside this database."""
    folder = tmp_path / "dialplan"
    shutil.copytree(HOUSE / "dialplan", folder)
    monkeypatch.setenv("GRIDLINE_SETTINGS", str(tmp_path / "none.toml"))
    monkeypatch.setenv("GRIDLINE_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("GRIDLINE_DIALPLAN", str(folder))
    monkeypatch.setenv("GRIDLINE_DATABASE_URL", db.url.render_as_string(hide_password=False))
    return folder


@pytest.fixture
def moesk(dialplan: Path) -> Company:
    return Companies.load(dialplan / "companies").by_id("moesk")


@pytest.fixture
async def last(db: Database, dialplan: Path, moesk: Company) -> datetime:
    """When the last of two visits to Истра begins, in the company's zone."""
    told, now = offices.load(dialplan / "offices/moesk.yaml", moesk), SystemClock().now()
    times = slots.of_office(told, told.by_id[ISTRA], moesk.zone, ProductionCalendar())
    at = [at for day in times.days(now) for at in times.of_day(day, now)]
    async with db.write() as session:
        for begins in (at[0], at[-1]):
            order = VisitOrder(new_id(), "moesk", "connection", begins, "+79161203401", "ivr")
            await booking.book(session, times, order, now=now)
    return at[-1]


def gridline(*arguments: str | Path) -> Result:
    app = typer.Typer()
    import_.add_to(app)
    export.add_to(app)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def without_istra(folder: Path) -> Path:
    """The company's own table, less that office."""
    table = folder / "offices.csv"
    gridline("export", "offices", table, "--company", "moesk")
    lines = table.read_text("utf-8-sig").splitlines()
    table.write_text("\n".join(line for line in lines if "Истра" not in line.split(";")[1]), "utf-8")
    return table


async def test_an_office_that_people_are_booked_at_goes_only_when_it_is_said(
    db: Database, dialplan: Path, moesk: Company, last: datetime, tmp_path: Path
) -> None:
    file, table = dialplan / "offices/moesk.yaml", without_istra(tmp_path)
    before, said = file.read_text("utf-8"), f"записано приёмов: 2, последний — {last:%d.%m.%Y в %H:%M}."
    refused = await asked("import", "offices", table, "--company", "moesk")
    assert isinstance(refused.exception, Conflict)
    assert f"На офис «Истра» {said}" in refused.exception.message
    assert "--with-visits" in refused.exception.message
    shown = await asked("import", "offices", table, "--company", "moesk", "--dry-run")
    assert f"Убран офис «Истра»: г. Истра, ул. Образцовая, 5. На офис «Истра» {said} Предупредите их." in shown.output
    assert file.read_text("utf-8") == before
    done = await asked("import", "offices", table, "--company", "moesk", "--with-visits")
    assert said in done.output
    assert ISTRA not in offices.load(file, moesk).by_id
    async with db.read() as session:
        assert [one.office_id for one in await session.scalars(select(Appointment))] == [ISTRA] * 2


async def test_without_visits_it_goes_as_before(dialplan: Path, moesk: Company, tmp_path: Path) -> None:
    done = await asked("import", "offices", without_istra(tmp_path), "--company", "moesk")
    assert "Туда никто не записан." in done.output
    assert ISTRA not in offices.load(dialplan / "offices/moesk.yaml", moesk).by_id


async def asked(*arguments: str | Path) -> Result:
    """The command as at a terminal: in a thread of its own, for it has a loop of its own."""
    return await asyncio.to_thread(gridline, *arguments)
