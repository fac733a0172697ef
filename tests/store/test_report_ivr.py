"""`gridline report ivr`: the figures of the menu on the command line, as a table, JSON and a file."""

from __future__ import annotations

import asyncio
import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gridline.db import Database
from gridline.settings import HOUSE
from ivr.voice.prompts import PromptBook
from service.cli import app
from tests.store.test_menu_figures import MAIN_2, NEW, TOLD, Stored

ASKED = ("report", "ivr", "--company", "skek", "--from", "2026-11-29", "--to", "2026-11-29")


@pytest.fixture
async def two_calls(sqlite_db: Database, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One served, one that hung up in the main menu; at noon of the company's day."""
    stored = Stored()
    stored.call(MAIN_2, TOLD, ("power", "hung-up", "", "", 40))
    stored.call(("main", "hung-up", "", "", 4, "main-menu"), at_s=60)
    await stored.into(sqlite_db)
    monkeypatch.setenv("GRIDLINE_DATABASE_URL", sqlite_url)


async def run(*more: str, code: int = 0) -> str:
    result = await asyncio.to_thread(CliRunner().invoke, app, [*ASKED, *more], terminal_width=200)
    if code:
        assert result.exception is not None
        return str(result.exception)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.usefixtures("two_calls")
async def test_the_table_says_what_became_of_the_calls_and_their_places() -> None:
    said = await run()
    assert "Звонков: 2" in said
    assert "обслужило меню: 1 (50.0 %)" in said
    assert "ушли ни с чем: 1 (50.0 %)" in said
    assert "main 2" in said


@pytest.mark.usefixtures("two_calls")
async def test_json_holds_the_figures_and_what_is_heard(tmp_path: Path) -> None:
    told = json.loads(await run("--json"))
    assert told["calls"] == 2
    assert told["ends"] == {"person": 0, "waited": 0, "served": 1, "given-up": 1, "unseen": 0}
    [main, power] = told["places"]
    assert (main["place"], main["visits"], main["given_up"], main["p90_s"]) == ("main", 2, 1, 10)
    assert main["heard"] == PromptBook.load(HOUSE / "dialplan/prompts.ru.yaml").text("main-menu", "skek")
    assert (power["place"], [way["times"] for way in power["ways"]]) == ("power", [1])
    assert told["menus"][0]["version"] == NEW
    await run("--json", "--menu", "bbbb", "--out", str(tmp_path / "menu.json"))
    assert json.loads((tmp_path / "menu.json").read_text("utf-8")) == told


@pytest.mark.usefixtures("two_calls")
async def test_a_file_has_a_row_for_each_place(tmp_path: Path) -> None:
    await run("--out", str(tmp_path / "menu.csv"))
    rows = list(csv.reader((tmp_path / "menu.csv").read_text("utf-8-sig").splitlines(), delimiter=";"))
    assert [row[0] for row in rows[2:]] == ["Место", "main", "power"]
    assert rows[3][2:9] == ["2", "0", "0", "0", "1", "4", "10"]
    assert rows[3][9] == "положили трубку: 1, 2 → power: 1"


@pytest.mark.usefixtures("two_calls")
@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--to", "2026-11-28"), "раньше"),
        (("--to", "завтра"), "2026-11-01"),
        (("--menu", "cccc"), "bbbbbbbbbbbb"),
        (("--branch", "narnia"), "narnia"),
    ],
)
async def test_what_cannot_be_asked_is_refused_with_words(more: tuple[str, ...], said: str) -> None:
    assert said in await run(*more, code=2)
