"""`gridline menus` as the administrator runs it."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gridline.errors import NotFound
from gridline.settings import HOUSE
from service.cli.menus import menus

RUNNER = CliRunner()
SHIPPED = HOUSE / "dialplan" / "menus"


def test_the_shipped_menus_are_in_order() -> None:
    result = RUNNER.invoke(menus, ["check"])
    assert result.exit_code == 0, result.output
    assert result.stdout.count("в порядке") == 6
    assert "skek.yaml: в порядке (ООО «СКЭК»), мест " in result.stdout


def test_a_broken_file_is_told_and_the_code_is_1(tmp_path: Path) -> None:
    file = tmp_path / "skek.yaml"
    shutil.copy(SHIPPED / "common.yaml", tmp_path)
    text = (SHIPPED / "skek.yaml").read_text("utf-8")
    file.write_text(text.replace("1: danger", "1: dangr"), "utf-8")
    result = RUNNER.invoke(menus, ["check", str(file), str(SHIPPED / "mrsk-centra.yaml")])
    assert result.exit_code == 1
    line = text[: text.index("1: danger")].count("\n") + 1
    assert f"{file}:{line}: Места «dangr» нет. Возможно, danger?" in result.stderr
    assert "mrsk-centra.yaml: в порядке" in result.stdout


def test_a_mistake_in_the_common_menu_is_told_there_for_each_company(tmp_path: Path) -> None:
    shutil.copytree(SHIPPED, tmp_path, dirs_exist_ok=True)
    common = tmp_path / "common.yaml"
    text = common.read_text("utf-8")
    common.write_text(text.replace("2: appeal-status", "2: apeal-status"), "utf-8")
    result = RUNNER.invoke(menus, ["check", str(common)])
    assert result.exit_code == 1
    line = text[: text.index("2: appeal-status")].count("\n") + 1
    assert result.stderr.count(f"{common}:{line}: Места «apeal-status» нет. Возможно, appeal-status?") >= 2


def test_a_file_of_no_company_is_told(tmp_path: Path) -> None:
    result = RUNNER.invoke(menus, ["check", str(tmp_path / "other.yaml")])
    assert result.exit_code == 1
    assert "Это меню ни одной компании. Назовите файл" in result.stderr
    assert "mrsk-centra.yaml, pskovenergo.yaml, skek.yaml" in result.stderr


def test_a_menu_is_drawn() -> None:
    result = RUNNER.invoke(menus, ["draw", "skek"])
    assert result.exit_code == 0
    assert result.stdout.startswith("flowchart TD\n")
    assert 'p_main -->|"1 оборван провод / провод / опасность / искрит"| p_danger' in result.stdout


def test_a_company_that_is_not_there_is_told() -> None:
    with pytest.raises(NotFound, match="Компании «nobody» нет"):
        RUNNER.invoke(menus, ["draw", "nobody"], catch_exceptions=False)
