"""The days on and off, changed in the browser: what everything counts by, two managers, a file changed by hand."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from gridline.calendar.calendar_file import NAME, WARNED, MovedDay, unknown_years
from gridline.calendar.workdays import MOVED_DAYS_KNOWN_TO, ProductionCalendar
from gridline.clock import SystemClock
from gridline.db import Database
from gridline.errors import InvalidInput, NotFound, Unavailable
from ivr.menus.editions.calendar_days import CalendarDays, CalendarMoved
from ivr.menus.editions.models import EditionVersion

OLGA, IGOR = "Ольга Смирнова", "Игорь Петров"
OFF, ON = date(2026, 7, 1), date(2026, 7, 4)
ORDER = MovedDay(OFF, working=False, why="приказ 7")


def nobody(session: AsyncSession, version: EditionVersion, before: str, after: str) -> None:
    """No audit here."""


@pytest.fixture
def calendar() -> ProductionCalendar:
    return ProductionCalendar()


@pytest.fixture
def table(db: Database, tmp_path: Path, calendar: ProductionCalendar) -> CalendarDays:
    return CalendarDays(db, SystemClock(), tmp_path, calendar)


async def test_a_day_counts_at_once_and_an_earlier_version_is_had_back(
    table: CalendarDays, calendar: ProductionCalendar, tmp_path: Path
) -> None:
    assert calendar.is_working(OFF)
    _, revision = await table.now()
    await table.save(revision, [ORDER], "01.07.2026 — приказ 7", OLGA, nobody)
    assert not calendar.is_working(OFF)
    assert "2026-07-01;выходной;приказ 7" in (tmp_path / NAME).read_text("utf-8")
    assert [(one.number, one.published_by) for one in await table.versions(9)] == [(2, OLGA), (1, "")]
    own, revision = await table.now()
    await table.save(revision, await table.days_of(1), "возвращена версия 1", IGOR, nobody)
    assert own == [ORDER]
    assert calendar.is_working(OFF)
    assert not (tmp_path / NAME).exists()
    with pytest.raises(NotFound):
        await table.days_of(9)


async def test_the_second_is_told_who_was_first_and_nothing_of_theirs_is_lost(table: CalendarDays) -> None:
    _, revision = await table.now()
    both = await asyncio.gather(
        table.save(revision, [ORDER], "день Ольги", OLGA, nobody),
        table.save(revision, [MovedDay(ON, working=True, why="приказ 8")], "день Игоря", IGOR, nobody),
        return_exceptions=True,
    )
    [refused] = [one for one in both if one is not None]
    assert isinstance(refused, CalendarMoved)
    first = (await table.versions(1))[0]
    assert f"{first.published_by}: {first.note}" in refused.message
    assert (await table.now())[0] == await table.days_of(first.number)


async def test_a_file_changed_by_hand_is_taken_over_and_a_broken_one_is_not(
    table: CalendarDays, calendar: ProductionCalendar, tmp_path: Path
) -> None:
    _, revision = await table.now()
    (tmp_path / NAME).write_text("дата;день;основание\n2026-07-01;выходной;приказ\n", "utf-8")
    await table.look()
    assert not calendar.is_working(OFF)
    with pytest.raises(CalendarMoved, match="в самом файле"):
        await table.save(revision, [], "", OLGA, nobody)
    (tmp_path / NAME).write_text("дата;день;основание\n2026-07-01;какой-то;приказ\n", "utf-8")
    await table.look()
    assert not calendar.is_working(OFF), "the old days serve"
    with pytest.raises(InvalidInput):
        await table.now()


async def test_a_commit_that_fails_leaves_the_table_as_it_was(
    table: CalendarDays, calendar: ProductionCalendar, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, revision = await table.now()

    async def gone(session: AsyncSession) -> None:
        assert (tmp_path / NAME).exists(), "it is written by now"
        raise Unavailable("База данных недоступна")

    monkeypatch.setattr(AsyncSession, "commit", gone)
    with pytest.raises(Unavailable):
        await table.save(revision, [ORDER], "день", OLGA, nobody)
    assert not (tmp_path / NAME).exists()
    assert calendar.is_working(OFF)


def test_a_year_that_nobody_has_told_is_warned_of_from_september_on() -> None:
    year = MOVED_DAYS_KNOWN_TO
    assert unknown_years(date(year, 8, 1), [], WARNED) == []
    assert unknown_years(date(year, 9, 5), [], WARNED) == [year + 1]
    told = [MovedDay(date(year + 1, 1, 9), working=False, why="постановление")]
    assert unknown_years(date(year, 9, 5), told, WARNED) == []
