"""What is done on the command line: the page's scripts are built once, people are added, closed and let in anew."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent_console.web import scripts
from gridline.errors import Misconfigured
from service import cli
from tests.console.conftest import ConsoleApp


def test_scripts_are_built_when_something_changed_and_only_then() -> None:
    scripts.build()
    assert scripts.is_built()
    assert scripts.build() is False
    assert (scripts.DIST / "console.js").stat().st_size > 10_000


def test_without_node_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scripts, "STAMP", tmp_path / "never-built")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Misconfigured, match="apt-get install -y nodejs npm"):
        scripts.build()


def test_no_registry_is_named_in_the_lock_file() -> None:
    lock = (scripts.FRONTEND / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert '"integrity"' in lock


def test_people_on_the_command_line(console_app: ConsoleApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDLINE_DATABASE_URL", console_app.console.db.url.render_as_string())

    def run(*words: str) -> str:
        done = CliRunner().invoke(cli.app, ["users", *words])
        assert done.exit_code == 0, done.output
        return done.output

    assert "одноразовый пароль" in run("add", "new.one", "--name", "Новый Человек", "--role", "qa", "--company", "skek")
    assert "ждёт первого входа" in run("list")
    run("disable", "new.one")
    assert "закрыт" in run("list")
    run("enable", "new.one")
    assert "одноразовый пароль" in run("reset", "new.one")
