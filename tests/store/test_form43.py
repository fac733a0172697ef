"""Form 4.3: a year of service by telephone, counted by hand on a few stored calls."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from appeals.reports import source, tally
from gridline.companies import Companies, Company
from gridline.db import Database
from gridline.errors import InvalidInput
from ivr.desk.models import Left, QueueVisit
from ivr.figures import form43
from ivr.journal.models import CallLeg, CallRecord, LegDevice, LegKind
from tests.store.test_menu_figures import DAY, MAIN_2, TOLD, Stored

SPRING = datetime(2027, 3, 1, tzinfo=UTC)


@pytest.fixture
def skek(companies: Companies) -> Company:
    """The company whose calls are stored."""
    return companies.by_id("skek")


def talk(stored: Stored, call: CallRecord, seconds: int, kind: LegKind = LegKind.TALK) -> None:
    leg = CallLeg(
        call_id=call.id,
        kind=kind,
        agent="101",
        device=LegDevice.BROWSER,
        began_at=DAY,
        ended_at=DAY + timedelta(seconds=seconds),
        holds=[],
    )
    stored.rows.append(leg)


async def a_year(db: Database) -> None:
    stored = Stored()
    for waited_s, legs in ((20, (100, 80)), (40, (120,))):
        call = stored.call(("main", "pressed", "0", "operator", 5))
        stored.visit(call, Left.ANSWERED)
        visit = stored.rows[-1]
        assert isinstance(visit, QueueVisit)
        visit.waited_s = waited_s
        for number, seconds in enumerate(legs):
            talk(stored, call, seconds, LegKind.TRANSFER if number else LegKind.TALK)
    stored.visit(stored.call(("main", "pressed", "0", "operator", 5)), Left.ABANDONED)
    stored.call(MAIN_2, TOLD, ("power", "hung-up", "", "", 40))
    stored.call(MAIN_2, branch="tver")
    stored.call(MAIN_2, called_by="101")
    stored.call(MAIN_2, started_at=datetime(2026, 12, 31, 17, 30, tzinfo=UTC))  # after midnight in Novokuznetsk
    stored.call(MAIN_2, outcome="failed")
    await stored.into(db)


async def test_the_form_as_counted_by_hand(db: Database, skek: Company, tmp_path: Path) -> None:
    await a_year(db)
    async with source.opened(db, skek, SPRING) as opened:
        found = await form43.count(opened, 2026)
        next_year = await form43.count(opened, 2027)
        lost = await form43.behind(opened, 2026, (form43.LOST, form43.COLUMN))
        every = await form43.behind(opened, 2026, (form43.ALL, form43.COLUMN))
        with pytest.raises(InvalidInput, match=r"2\.1"):
            await form43.behind(opened, 2026, (form43.WAIT, form43.COLUMN))
    assert found == {
        form43.NUMBERS: ", ".join(f"+7 {did[1:4]} {did[4:7]}-{did[7:9]}-{did[9:]}" for did in skek.dids),
        form43.ALL: 6,
        form43.ANSWERED: 2,
        form43.BY_MENU: 1,
        form43.WAIT: 0.5,  # of 20 and 40 s
        form43.HANDLING: 2.5,  # of 180 and 120 s
        form43.LOST: 1,
        form43.GIVEN_UP: 1,
        form43.UNSEEN: 1,
    }
    assert (next_year[form43.ALL], next_year[form43.WAIT]) == (1, None)
    assert (len(lost), len(every)) == (1, 6)
    tally.save(form43.table(found, skek, 2026), tmp_path / "form.csv", sheet="4.3")
    tally.save(form43.table(found, skek, 2026), tmp_path / "form.xlsx", sheet="4.3")
    rows = list(csv.reader((tmp_path / "form.csv").read_text("utf-8-sig").splitlines(), delimiter=";"))
    assert [row[0] for row in rows[:3]] == [f"{skek.name}, 2026 год", form43.TITLE, form43.BY_MEMORY]
    assert rows[3] == ["N", "Показатель", "Единица измерения", "2026"]
    assert [row[-1] for row in rows[5:10]] == ["6", "2", "1", "0,5", "2,5"]
    assert (tmp_path / "form.xlsx").stat().st_size > 4000


async def test_a_branch_and_a_past_moment_have_their_own(db: Database, skek: Company) -> None:
    await a_year(db)
    async with source.opened(db, skek, SPRING, "lipetsk") as opened:
        assert (await form43.count(opened, 2026))[form43.ALL] == 5  # without the one of another branch
    async with source.opened(db, skek, DAY) as opened:
        assert (await form43.count(opened, 2026))[form43.ALL] == 0  # none was over then
