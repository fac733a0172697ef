"""Stored calls through a draft of their menu: read from both databases, and by the command."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gridline.companies import Companies
from gridline.db import Database
from gridline.scope import Scope
from gridline.settings import HOUSE
from ivr.figures.menu import MenuQuestion
from ivr.figures.replays import replay_period
from ivr.menus.flows import load_checked
from ivr.menus.model import Flow
from ivr.menus.replay import ReplayEnd, ReplayHow
from ivr.voice.prompts import PromptBook
from service.cli import app
from service.cli.menus import vocabulary_by_book
from tests.store.test_menu_figures import PERIOD, TOLD, Stored

MENU = HOUSE / "dialplan/menus/skek.yaml"
KEYS = "press: {1: danger, 2: service, 3: connection, 4: reference, 5: complaint, 0: operator}"


def a_week() -> Stored:
    """Two press 2 and are told, one of them in a storm; one asks for a person; all of МРСК's is somebody else's."""
    stored = Stored()
    two = ("main", "pressed", "2", "service", 10, "main-menu")
    power = ("service", "pressed", "1", "power", 5, "power-service")
    left = ("power", "hung-up", "", "", 40)
    start = [("notice", "done", "", "news", 5), ("news", "none", "", "matters", 0), ("matters", "none", "", "main", 0)]
    stored.call(*start, two, power, TOLD, left)
    stored.call(*start, ("main", "pressed", "2", "power", 10, "storm-menu-water"), left, at_s=60)
    stored.call(*start, ("main", "pressed", "0", "operator", 3), ("operator", "hung-up", "", "", 90), at_s=120)
    stored.call(*start, two, power, left, at_s=180, company_id="mrsk-centra")
    return stored


def flow_of(file: Path) -> Flow:
    book = PromptBook.load(HOUSE / "dialplan/prompts.ru.yaml")
    company = Companies.load(HOUSE / "dialplan/companies").by_id("skek")
    return load_checked(file, vocabulary_by_book(company, book), MENU.with_name("common.yaml"))


def draft(folder: Path) -> Path:
    text = MENU.read_text("utf-8")
    assert KEYS in text
    file = folder / "draft.yaml"
    swapped = KEYS.replace("2: service", "2: complaint").replace("5: complaint", "5: service")
    file.write_text(text.replace(KEYS, swapped), "utf-8")
    return file


async def test_calls_of_the_company_are_led_through_its_draft_and_those_of_a_storm_left_out(
    db: Database, tmp_path: Path
) -> None:
    await a_week().into(db)
    was = flow_of(MENU)
    text = (
        MENU.read_text("utf-8")
        .replace("2: service, ", "6: service, ")
        .replace("    2: [нет света", "    6: [нет света")
    )
    (tmp_path / "six.yaml").write_text(text, "utf-8")
    asked = MenuQuestion("skek", PERIOD)
    async with db.read() as session:
        same = await replay_period(session, was, asked, was=was, visible_to=Scope())
        new = await replay_period(session, flow_of(tmp_path / "six.yaml"), asked, was=was, visible_to=Scope())
        nobodys = await replay_period(session, was, asked, was=was, visible_to=Scope("mrsk-centra"))
    assert not any(one.changed for one in same.replayed.calls)
    assert (len(same.replayed.calls), same.in_storm, len(nobodys.replayed.calls)) == (2, 1, 0)
    assert [one.new for one in new.replayed.calls] == [
        ReplayEnd("main", ReplayHow.NO_SUCH_KEY, "2"),
        ReplayEnd("operator", ReplayHow.HUNG_UP),
    ]


async def test_the_command_tells_who_would_have_ended_where(
    sqlite_db: Database, sqlite_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await a_week().into(sqlite_db)
    monkeypatch.setenv("GRIDLINE_DATABASE_URL", sqlite_url)
    asked = ["menus", "replay", "skek", "--file", str(draft(tmp_path)), "--from", "2026-11-29", "--to", "2026-11-29"]
    said = await asyncio.to_thread(CliRunner().invoke, app, asked)
    assert said.exit_code == 0, said.output
    assert "Звонков 2: так же кончились бы 1, иначе 1." in said.output
    assert "complaint: дальше неизвестно" in said.output
    told = json.loads((await asyncio.to_thread(CliRunner().invoke, app, [*asked, "--json"])).output)
    assert (told["calls"], told["changed"], told["not_known"], told["in_storm"]) == (2, 1, 1, 1)
    assert len(told["each"]) == 2
