"""`gridline asterisk render`: what the administrator of an external Asterisk gets."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from service.cli.upkeep import asterisk


def test_the_files_are_written_and_the_start_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin/asterisk"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho Asterisk 22.10.1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setenv("GRIDLINE_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("GRIDLINE_ASTERISK", "external")
    app = typer.Typer()
    asterisk.add_to(app)
    app.callback()(lambda: None)
    done = CliRunner().invoke(app, ["asterisk", "render"])
    assert done.exit_code == 0, done.output
    etc = tmp_path / "var/asterisk/etc"
    assert f"Запуск: {program} -C {etc}/asterisk.conf -f -n" in done.stdout
    dialplan = etc / "extensions.conf"
    assert "exten => 78005009494,1,Set(GRIDLINE_COMPANY=skek)" in dialplan.read_text()
    assert dialplan.stat().st_mode & 0o077 == 0
