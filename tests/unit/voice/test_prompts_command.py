"""`gridline prompts`: what the person who changes a text sees."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from gridline.settings import HOUSE
from ivr.actions.reference import beforehand
from service.cli.sound import prompts

BOOK = "beep:\n  kind: tone\n  seconds: 0.4\nnumber:\n  text: Номер {number}\n"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("GRIDLINE_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("GRIDLINE_DIALPLAN", str(tmp_path))
    monkeypatch.setenv("GRIDLINE_PACKAGE_ROOT", str(tmp_path / "packages"))
    monkeypatch.setenv("COLUMNS", "160")
    (tmp_path / "prompts.ru.yaml").write_text(BOOK, "utf-8")
    (tmp_path / "companies").mkdir()
    (tmp_path / "companies/skek.yaml").write_bytes((HOUSE / "dialplan/companies/skek.yaml").read_bytes())
    return CliRunner()


def gridline(run: CliRunner, *words: str) -> Result:
    app = typer.Typer()
    prompts.add_to(app)
    app.callback()(lambda: None)
    return run.invoke(app, ["prompts", *words])


def test_build_makes_what_can_be_made_and_counts_it(
    run: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beforehand, "phrases", lambda told, company: iter(()))  # articles need a synthesiser
    for _ in range(2):
        result = gridline(run, "build")
        assert result.exit_code == 0, result.output
        assert "Готово файлов: 1" in result.output
    assert (tmp_path / "var/prompts/by-id/common/beep.alaw").resolve().stat().st_size == 3200


def test_build_names_what_failed_and_a_recording_nobody_plays(run: CliRunner, tmp_path: Path) -> None:
    (tmp_path / "prompts.ru.yaml").write_text(BOOK + "hello:\n  text: Здравствуйте\n", "utf-8")
    (tmp_path / "studio/common").mkdir(parents=True)
    (tmp_path / "studio/common/hello.wav").write_bytes(b"ID3")
    (tmp_path / "studio/common/helo.wav").write_bytes(b"ID3")
    result = gridline(run, "build")
    assert result.exit_code == 1
    assert "common/hello: " in result.output
    assert "не WAV" in result.output
    assert "helo.wav" in result.output


def test_list_shows_the_words(run: CliRunner) -> None:
    result = gridline(run, "list", "skek")
    assert result.exit_code == 0
    assert "Номер {number}" in result.output
    assert "1000 Гц" in result.output
