"""The commands `migrate` and `import` as a person at a terminal meets them."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from gridline.errors import InvalidInput, Unavailable
from gridline.settings import HOUSE
from service.cli import import_
from service.cli.upkeep import migrate

SAMPLES = HOUSE / "grid" / "samples"


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own for everything that changes."""
    monkeypatch.setenv("GRIDLINE_SETTINGS", str(tmp_path / "none.toml"))
    monkeypatch.setenv("GRIDLINE_VAR", str(tmp_path / "var"))
    monkeypatch.delenv("GRIDLINE_DATABASE_URL", raising=False)
    return tmp_path / "var"


def gridline(*arguments: str | Path) -> Result:
    app = typer.Typer()
    migrate.add_to(app)
    import_.add_to(app)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_from_nothing_to_a_loaded_database(var: Path) -> None:
    assert gridline("migrate").output.startswith("База данных на версии 00")
    assert (var / "gridline.db").exists()
    told = [gridline("import", "premises", SAMPLES / "premises.csv").output for _ in range(2)]
    assert told == [
        "Добавлено: 13, изменено: 0, без изменений: 0.\n",
        "Изменений нет: записей в файле 13, все уже такие.\n",
    ]
    relative = gridline("import", "outages", SAMPLES / "outages.csv", "--relative-to", "now")
    assert relative.output == "Добавлено: 9, изменено: 0, без изменений: 0.\n"


@pytest.mark.usefixtures("var")
def test_what_goes_wrong_is_one_clear_error() -> None:
    early = gridline("import", "premises", SAMPLES / "premises.csv").exception
    assert isinstance(early, Unavailable)
    assert "gridline migrate" in early.message
    gridline("migrate")
    refused = gridline("import", "outages", SAMPLES / "outages.csv").exception
    assert isinstance(refused, InvalidInput)
    assert "строка 2:" in refused.message
