"""The command line as a whole: what the overview says is what each command says, and it comes quickly."""

from __future__ import annotations

import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from service import cli

HEAVY = ("sqlalchemy", "alembic", "numpy", "pydub", "aiohttp", "appeals", "carrier", "ivr")


def test_the_overview_says_what_each_command_says() -> None:
    commands = typer.main.get_group(cli.app)
    context = typer.Context(commands)
    names = commands.list_commands(context)
    assert sorted(cli.OVERVIEW) == names, "service.cli.OVERVIEW: одна строка на каждую команду"
    for name in names:
        command = commands.get_command(context, name)
        assert command is not None
        assert command.name == name
        assert (command.help or "").rstrip(".") == cli.OVERVIEW[name].rstrip("."), name


def test_the_overview_loads_no_command() -> None:
    code = (
        "from service.cli import app\nimport sys\ntry: app(['--help'])\nexcept SystemExit: "
        f"sys.stderr.write(' '.join(set({HEAVY!r}) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
    assert "serve" in done.stdout


def test_an_unknown_command_is_refused() -> None:
    told = CliRunner().invoke(cli.app, ["sevre"])
    assert told.exit_code == 2
    assert "sevre" in told.output


def test_an_expected_failure_is_one_line_and_code_2(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["gridline", "menus", "draw", "nobody"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert capfd.readouterr().err.startswith("Компании «nobody» нет.")
