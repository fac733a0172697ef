"""The benchmark measures a real register: its generated past passes verification."""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path

import typer
from typer.testing import CliRunner

from appeals.proof.verify import verify
from appeals.reports import source
from bench.appeals import past
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import SystemClock
from gridline.companies import Companies
from gridline.db import Database
from service.cli import bench


async def test_the_past_it_makes_is_whole_and_unforged(
    db: Database, companies: Companies, calendar: ProductionCalendar
) -> None:
    skek = companies.by_id("skek")
    for batch in past.year_of_appeals(skek, 2025, 300, calendar, random.Random(1)):
        await past.store(db, batch)
    async with db.read() as session:
        assert not (await verify(session)).faults
    async with source.opened(db, skek, SystemClock().now()) as opened:
        facts = [fact async for chunk in opened.facts(2025) for fact in chunk]
        replies = {fact.reply(skek.zone, opened.today) for fact in facts}
    assert len(facts) == 300
    assert replies == {"in-time", "late", "none"}


async def test_the_command_gives_every_figure(tmp_path: Path) -> None:
    app = typer.Typer()
    bench.add_to(app)
    file = tmp_path / "bench.json"
    asked = ["bench", "appeals", "--rows", "1000", "--seconds", "0.2", "--only", "sqlite", "--json", str(file)]
    result = await asyncio.to_thread(CliRunner().invoke, app, asked)
    assert result.exit_code == 0, result.output
    found = json.loads(file.read_text(encoding="utf-8"))
    for key in ("register_ratio_to_bare_insert", "list_p95_ms", "search_p95_ms", "form49_s"):
        assert found[key] > 0
    assert found["form49_mb"] >= 0  # what an earlier test has left free is taken first
    assert found["sqlite"]["form49"]["rows"] == 500
    assert {"1", "8", "50"} == set(found["sqlite"]["registrations"])
