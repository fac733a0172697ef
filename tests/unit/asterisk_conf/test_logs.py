"""Asterisk's logs: nothing is lost before its time, and never more is kept than was allowed."""

from __future__ import annotations

from pathlib import Path

from asterisk_conf.logs import PARTS, Logs

SHARE = 1024 * 1024 // PARTS + 1


def test_what_has_grown_is_put_aside_and_the_oldest_goes(tmp_path: Path) -> None:
    logs = Logs(tmp_path, most_mb=1)
    for number in range(PARTS + 3):
        logs.messages.write_bytes(f"{number:03d}".encode() + b"x" * SHARE)
        assert logs.put_aside()
    kept = sorted(tmp_path.glob("messages.log*"))
    assert len(kept) == PARTS - 1
    assert [file.read_bytes()[:3] for file in kept] == [f"{PARTS + 2 - age:03d}".encode() for age in range(PARTS - 1)]
    assert sum(file.stat().st_size for file in kept) <= 1024 * 1024
    assert not logs.put_aside()


def test_every_log_is_bounded_and_what_is_small_stays(tmp_path: Path) -> None:
    logs = Logs(tmp_path, most_mb=1)
    for file in logs.files:
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"x" * SHARE)
    logs.console.write_text("its last words")
    assert logs.put_aside()
    assert [file for file in logs.files if file.exists()] == [logs.console]
    assert len(list(tmp_path.rglob("*.1"))) == len(logs.files) - 1


def test_errors_are_those_since_the_last_start(tmp_path: Path) -> None:
    logs = Logs(tmp_path, most_mb=1)
    assert logs.errors() == []
    start, error = "[2026] Asterisk 22.10.1 built by nobody @ x on a y\n", "[2026] ERROR[1] x.c: %s\n"
    logs.messages.write_text(start + error % "before" + start + error % "one" + "[2026] NOTICE[1] y\n" + error % "two")
    assert logs.errors() == ["[2026] ERROR[1] x.c: one", "[2026] ERROR[1] x.c: two"]
