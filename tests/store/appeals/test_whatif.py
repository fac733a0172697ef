"""What changed rules would do to unanswered appeals, before the rules are in force."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from appeals.deadlines import rules
from appeals.deadlines.whatif import Change
from appeals.register import Register
from appeals.taxonomy import shipped
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import SetClock
from gridline.companies import Companies
from gridline.db import Database
from gridline.errors import Misconfigured
from service.cli.company import rules as commands
from tests.store.appeals.made import intake

TEN_DAYS = """
rules:
  - {id: 186.written, standing: rule, act: приказ Минэнерго № 186, since: 2014-08-17, until: 2026-11-30,
     profiles: ["186"], channels: [post], value: 30, unit: calendar-days, shift: true}
  - {id: 186.written.2, standing: rule, act: приказ Минэнерго № 186 в новой редакции, since: 2026-12-01,
     profiles: ["186"], channels: [post], value: 10, unit: working-days}
"""


@pytest.fixture
def change(tmp_path: Path, companies: Companies, calendar: ProductionCalendar) -> Change:
    file = tmp_path / "new.yaml"
    file.write_text(TEN_DAYS, encoding="utf-8")
    new = rules.shipped().with_rows(rules.read_rows(file))
    return Change(companies.by_id("skek"), rules.shipped(), new, calendar)


async def _past(register: Register, clock: SetClock) -> None:
    for day, channel in ((20, "post"), (25, "web_form")):
        clock.set(datetime(2026, 11, day, tzinfo=UTC))
        await register.register(intake(channel=channel, post_address="Кемерово", email="a@b.ru"))
    clock.set(datetime(2026, 12, 1, tzinfo=UTC))
    await register.register(intake(channel="post", post_address="Кемерово"))


async def test_only_appeals_of_the_new_edition_change(
    db: Database, register: Register, clock: SetClock, change: Change
) -> None:
    await _past(register, clock)
    async with db.read() as session:
        (touched,) = await change.open_appeals(session)
    assert (touched.before.day, touched.after.day) == (date(2027, 1, 11), date(2026, 12, 15))
    assert touched.stored == date(2027, 1, 11)
    assert touched.overdue_at_once(date(2026, 12, 16))
    assert not touched.overdue_at_once(date(2026, 12, 15))
    assert {each.channel for each in change.new_intakes(date(2026, 12, 1), shipped())} == {"post"}
    # the old edition is closed without renaming: its appeals keep day and rule, so none is listed
    assert all(each.before.day == each.after.day for each in change.new_intakes(date(2026, 11, 1), shipped()))


async def test_the_command_tells_and_changes_nothing(
    db_url: str, db: Database, register: Register, clock: SetClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _past(register, clock)
    file = tmp_path / "new.yaml"
    file.write_text(TEN_DAYS, encoding="utf-8")
    monkeypatch.setenv("GRIDLINE_DATABASE_URL", db_url)
    monkeypatch.setenv("GRIDLINE_VAR", str(tmp_path))
    app = typer.Typer()
    commands.add_to(app)

    async def said(*arguments: str) -> str:
        result = await asyncio.to_thread(CliRunner().invoke, app, ["rules", *arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.output

    told = await said("whatif", str(file), "--company", "skek", "--on", "2026-12-03")
    assert "будет: 10 рабочих дней, приказ Минэнерго № 186 в новой редакции, с 03.12.2026" in told
    assert "срок или правило другие у 1, сразу просрочены 0" in told
    assert "26-000003-5: в реестре 11.01.2027; по правилам 11.01.2027 (186.written) -> 15.12.2026" in told
    assert await said("whatif", str(file), "--company", "skek", "--on", "2026-12-03") == told
    listed = await said("list", "--on", "2026-12-03")
    assert "не норма права" in listed
    assert "186.on-call" in listed


async def test_rules_that_leave_a_gap_are_refused(
    db: Database, register: Register, clock: SetClock, companies: Companies, calendar: ProductionCalendar
) -> None:
    await _past(register, clock)
    hole = Change(companies.by_id("skek"), rules.shipped(), rules.RuleBook([]), calendar)
    with pytest.raises(Misconfigured, match="С новыми правилами"):
        async with db.read() as session:
            await hole.open_appeals(session)
