"""`gridline appeals ...` and `gridline import appeals` as a person at a terminal sees them."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import typer
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope
from typer.testing import CliRunner, Result

from agent_console.api.clients import CLIENTS, Clients
from appeals import numbering
from appeals.history import sha256
from carrier.settings import free_port
from gridline.errors import GridlineError, InvalidInput
from service.cli import appeals, import_
from service.cli.upkeep import migrate

FILE = "канал;вид;тема;текст;телефон;лицевой счёт\nофис;обращение;other;Где вы находитесь?;89131234567;42\n"


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own with a migrated database that holds one imported appeal."""
    monkeypatch.setenv("GRIDLINE_SETTINGS", str(tmp_path / "none.toml"))
    monkeypatch.setenv("GRIDLINE_VAR", str(tmp_path / "var"))
    monkeypatch.delenv("GRIDLINE_DATABASE_URL", raising=False)
    assert gridline("migrate").exit_code == 0
    file = tmp_path / "in.csv"
    file.write_text(FILE.replace("офис", "office"), encoding="utf-8")
    assert "Зарегистрировано: 1" in gridline("import", "appeals", file, "--company", "skek").output
    return tmp_path / "var"


@pytest.fixture
def number(var: Path) -> str:
    with sqlite3.connect(var / "gridline.db") as db:
        found = db.execute("SELECT number FROM appeals").fetchone()[0]
    db.close()
    return numbering.written(found)


def gridline(*arguments: str | Path, said: str | None = None) -> Result:
    app = typer.Typer()
    for command in (migrate, import_, appeals):
        command.add_to(app)
    return CliRunner().invoke(app, [str(argument) for argument in arguments], input=said)


def refusal(result: Result) -> str:
    assert isinstance(result.exception, GridlineError)
    return result.exception.message


def test_verify_tells_a_whole_register_from_a_rewritten_one(var: Path, tmp_path: Path) -> None:
    heads = tmp_path / "heads.jsonl"
    whole = gridline("appeals", "verify", "--keep-heads", heads)
    assert (whole.exit_code, "обращений: 1, событий: 1" in whole.output) == (0, True)
    assert json.loads(heads.read_text())["journal_no"] == 1
    assert gridline("appeals", "verify", "--heads", heads).exit_code == 0
    with sqlite3.connect(var / "gridline.db") as db:
        db.execute("DROP TRIGGER appeal_events_no_update")
        db.execute("UPDATE appeal_events SET actor = 'x'")
    db.close()
    broken = gridline("appeals", "verify", "--company", "skek")
    assert (broken.exit_code, "изменено событие 1" in broken.output) == (1, True)
    heads.write_text("{}\n")
    assert "heads.jsonl" in refusal(gridline("appeals", "verify", "--heads", heads))


def test_an_exported_bundle_checks_itself(var: Path, number: str, tmp_path: Path) -> None:
    out = tmp_path / "bundle.zip"
    assert "SHA-256" in gridline("appeals", "export", number, "--company", "skek", "--out", out).output
    with zipfile.ZipFile(out) as bundle:
        bundle.extract("verify.py", tmp_path)
    told = gridline("appeals", "key").output
    assert sha256((tmp_path / "verify.py").read_text("utf-8")) in told
    key = re.findall(r"\b[0-9a-f]{64}\b", told)[0]
    command = [sys.executable, "-I", "-S", "verify.py", out.name, "--key", key]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False)
    assert (ran.returncode, ran.stdout.splitlines()[1]) == (0, "Всё сходится.")
    assert "кто составил" not in ran.stdout
    assert (var / "secrets/evidence").stat().st_mode & 0o777 == 0o600
    assert gridline("appeals", "verify").exit_code == 0
    wrong = gridline("appeals", "export", "26-000777-7", "--company", "skek", "--out", out)
    assert isinstance(wrong.exception, GridlineError)


def test_due_names_what_is_owed(var: Path, number: str) -> None:
    told = gridline("appeals", "due", "--company", "skek").output
    assert "ответ на обращение" in told
    assert number in told
    assert number not in gridline("appeals", "due", "--company", "skek", "--owner", "nobody").output


def test_kept_tells_a_person_what_is_kept(var: Path, number: str, tmp_path: Path) -> None:
    out = tmp_path / "kept.json"
    told = gridline("appeals", "kept", "+7 913 123-45-67", "--company", "skek", "--out", out)
    assert told.output.endswith("обращений 1, черновиков 0\n")
    assert json.loads(out.read_text(encoding="utf-8"))["appeals"][0]["number"] == number


def test_erase_shows_first_and_keeps_what_is_open(var: Path, number: str) -> None:
    order = ["appeals", "erase", number, "--company", "skek", "--reason", "срок", "--witness", "second"]
    for extra in ([], ["--go"]):
        assert f"{number} остаётся: ещё рассматривается" in gridline(*order, *extra).output


def test_an_appeal_is_answered_closed_and_erased_without_a_browser(var: Path, number: str, tmp_path: Path) -> None:
    at = (number, "--company", "skek")
    assert "не назначен ответственный" in refusal(gridline("appeals", "take", *at))
    assert "Назначено" in gridline("appeals", "assign", *at, "--owner", "clerk").output
    assert "В работе" in gridline("appeals", "take", *at).output
    text = tmp_path / "answer.txt"
    text.write_text("Мы на улице Ленина, 1.", encoding="utf-8")
    sign = ("--signer", "Петров П. П.", "--position", "Начальник отдела")
    told = gridline("appeals", "answer", *at, *sign, "--text", text, "--way", "by-number").output
    assert "Отправлено" in told
    letters = var / "answers" / number
    assert sorted(file.suffix for file in letters.iterdir()) == [".docx", ".json", ".txt"]
    assert "Мы на улице Ленина, 1." in next(letters.glob("*.txt")).read_text(encoding="utf-8")
    assert "Закрыто" in gridline("appeals", "close", *at).output

    sound = var / "recordings/store/2026/one.wav"
    sound.parent.mkdir(parents=True)
    sound.write_bytes(b"RIFF")
    with sqlite3.connect(var / "gridline.db") as db:
        db.execute("UPDATE appeals SET recording_id = ?", ("a" * 32,))
        db.execute(
            "INSERT INTO recordings (id, call_id, kind, state, started_at, file, channels) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            ("a" * 32, "b" * 32, "talk", "stored", "2026-01-01 00:00:00", "2026/one.wav", 2),
        )
    db.close()
    order = ["appeals", "erase", *at, "--reason", "срок", "--witness", "second"]
    assert "Записей разговоров было бы уничтожено: 1" in gridline(*order).output
    assert sound.exists()
    told = gridline(*order, "--go").output
    assert f"{number} уничтожено" in told
    assert "файлов писем: 2, записей разговоров: 1" in told
    assert not sound.exists()
    assert [file.suffix for file in letters.iterdir()] == [".json"]
    with sqlite3.connect(var / "gridline.db") as db:
        assert db.execute("SELECT state FROM recordings").fetchone() == ("erased",)
    db.close()
    (letters / "left-by-a-crash.txt").write_text("x")
    assert "файлов писем: 1, записей разговоров: 0" in gridline(*order, "--go").output


class Mailbox:
    """The mail server's side of a session."""

    def __init__(self) -> None:
        self.letters: list[Envelope] = []

    async def handle_DATA(self, server: object, session: object, envelope: Envelope) -> str:
        self.letters.append(envelope)
        return "250 2.0.0 Ok: queued as 4F2"


def test_with_a_mail_server_in_the_settings_an_answer_leaves_by_it(
    var: Path, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite3.connect(var / "gridline.db") as db:
        db.execute("UPDATE appeal_contents SET email = 'maria@example.ru'")
    db.close()
    mailbox = Mailbox()
    server = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    server.start()
    given = {"HOST": "127.0.0.1", "PORT": str(server.port), "TLS": "none", "FROM": "answers@skek.ru"}
    for name, value in given.items():
        monkeypatch.setenv(f"GRIDLINE_SMTP_{name}", value)
    at = (number, "--company", "skek")
    gridline("appeals", "assign", *at, "--owner", "clerk")
    gridline("appeals", "take", *at)
    sign = ("--signer", "Петров П. П.", "--position", "Начальник отдела", "--way", "email", "--text", "-")
    try:
        told = gridline("appeals", "answer", *at, *sign, said="На улице Ленина, 1.").output
    finally:
        server.stop()
    assert "250 2.0.0 Ok: queued as 4F2" in told
    assert [one.rcpt_tos for one in mailbox.letters] == [["maria@example.ru"]]
    with sqlite3.connect(var / "gridline.db") as db:
        text, proof = db.execute("SELECT text, proof FROM appeal_answers").fetchone()
    db.close()
    assert "На улице Ленина, 1." in text
    assert "queued as 4F2" in proof


def test_a_step_that_is_not_due_names_what_is_missing(var: Path, number: str, tmp_path: Path) -> None:
    at = (number, "--company", "skek")
    assert "обращение в состоянии «зарегистрировано»" in refusal(gridline("appeals", "close", *at))
    gridline("appeals", "assign", *at, "--owner", "clerk")
    ground = ("--ground", "already-answered", "--link", number)
    assert "ответ не дан" in refusal(gridline("appeals", "propose-refusal", *at, *ground))
    assert "поступившему раньше" in refusal(gridline("appeals", "join", *at, "--to", number))
    assert "Отозвано" in gridline("appeals", "withdraw", *at, "--reason", "письмо заявителя").output


def test_a_client_of_the_api_is_let_in_once(var: Path) -> None:
    token = gridline("appeals", "client", "site", "--company", "skek").output.strip()
    found = Clients.load(var / CLIENTS).of_token(token)
    assert found is not None
    assert found.companies == {"skek"}
    assert isinstance(gridline("appeals", "client", "a b", "--company", "skek").exception, InvalidInput)
    assert "nobody" in refusal(gridline("appeals", "client", "x", "--company", "nobody"))
