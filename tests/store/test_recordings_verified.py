"""Files, rows and the chain of recordings compared, on both databases: each way in which they can disagree is found."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from prometheus_client import REGISTRY
from sqlalchemy import delete, update
from structlog.testing import capture_logs
from typer.testing import CliRunner

from gridline.clock import SetClock
from gridline.db import Database
from recordings import chain
from recordings.erasure import erase
from recordings.models import ChainDeed, Recording, RecordingChain, RecordingLink
from recordings.reconciliation import Reconciliation
from recordings.store import Store
from recordings.verification import DiscrepancyKind, verify
from service.cli import recordings as command
from tests.store.taken import NODE, aged, taken_in

NOW = datetime(2026, 11, 29, 5, 0, tzinfo=UTC)
CALLS = ["a" * 32, "b" * 32, "c" * 32]


async def found(db: Database, tmp_path: Path) -> list[tuple[DiscrepancyKind, str]]:
    looked = await verify(db, Store.in_folder(tmp_path / "store"))
    return [(one.kind, one.subject) for one in looked.found]


async def test_what_was_taken_in_and_erased_in_order_agrees(db: Database, tmp_path: Path) -> None:
    rows = await taken_in(db, tmp_path, CALLS)
    assert await erase(db, Store.in_folder(tmp_path / "store"), [rows[0].id], node=NODE, at=NOW) == [rows[0].id]
    looked = await verify(db, Store.in_folder(tmp_path / "store"))
    assert (looked.recordings, looked.files, looked.links, looked.found) == (3, 2, 4, ())
    async with db.read() as session:
        links = [link async for link in chain.links(session, NODE)]
    assert [link.deed for link in links] == [ChainDeed.STORED] * 3 + [ChainDeed.ERASED]
    assert links[-1].sha256 == rows[0].sha256


async def test_every_file_that_disagrees_is_named(db: Database, tmp_path: Path) -> None:
    missing, cut, changed = await taken_in(db, tmp_path, CALLS)
    store = tmp_path / "store"
    (store / missing.file).unlink()
    (store / cut.file).write_bytes((store / cut.file).read_bytes()[:100])
    content = bytearray((store / changed.file).read_bytes())
    content[-1] ^= 1
    (store / changed.file).write_bytes(content)
    for name in ("2020/01/01/stranger.wav", "2020/01/01/half.new", "young.wav"):
        (store / name).parent.mkdir(parents=True, exist_ok=True)
        (store / name).write_bytes(b"RIFF")
    aged(store / "2020/01/01/stranger.wav")
    aged(store / "2020/01/01/half.new")
    assert sorted(await found(db, tmp_path)) == sorted(
        [
            (DiscrepancyKind.MISSING, missing.id),
            (DiscrepancyKind.CUT, cut.id),
            (DiscrepancyKind.CHANGED, changed.id),
            (DiscrepancyKind.ORPHAN, "2020/01/01/stranger.wav"),
            (DiscrepancyKind.UNFINISHED, "2020/01/01/half.new"),
        ]
    )


async def test_an_erased_recording_whose_file_came_back_is_named(db: Database, tmp_path: Path) -> None:
    [row] = await taken_in(db, tmp_path, CALLS[:1])
    content = (tmp_path / "store" / row.file).read_bytes()
    await erase(db, Store.in_folder(tmp_path / "store"), [row.id], node=NODE, at=NOW)
    (tmp_path / "store" / row.file).write_bytes(content)
    assert await found(db, tmp_path) == [(DiscrepancyKind.STILL_THERE, row.id)]


FORGED = {
    "a changed link": update(RecordingLink).where(RecordingLink.no == 2).values(at=NOW - timedelta(days=1)),
    "a removed link": delete(RecordingLink).where(RecordingLink.no == 2),
    "a removed last link": delete(RecordingLink).where(RecordingLink.no == 3),
    "another end": update(RecordingChain).values(last_hash="0" * 64),
}


@pytest.mark.parametrize("forged", FORGED)
async def test_a_chain_that_was_meddled_with_is_broken(db: Database, tmp_path: Path, forged: str) -> None:
    await taken_in(db, tmp_path, CALLS)
    async with db.write() as session:
        await session.execute(FORGED[forged])
    assert (DiscrepancyKind.CHAIN, NODE) in await found(db, tmp_path)


async def test_a_row_and_file_exchanged_together_are_caught_by_the_chain(db: Database, tmp_path: Path) -> None:
    first, second, _ = await taken_in(db, tmp_path, CALLS)
    (tmp_path / "store" / first.file).write_bytes((tmp_path / "store" / second.file).read_bytes())
    async with db.write() as session:
        await session.execute(update(Recording).where(Recording.id == first.id).values(sha256=second.sha256))
    assert await found(db, tmp_path) == [(DiscrepancyKind.CHANGED, first.id)]


async def test_the_night_tells_once_and_counts(sqlite_db: Database, tmp_path: Path) -> None:
    [row] = await taken_in(sqlite_db, tmp_path, CALLS[:1])
    clock = SetClock(NOW)
    nightly = Reconciliation(sqlite_db, clock, Store.in_folder(tmp_path / "store"))
    (tmp_path / "store" / row.file).unlink()
    assert await nightly.run_once() is None
    clock.advance(timedelta(hours=16))  # midnight in Moscow
    with capture_logs() as told:
        looked = await nightly.run_once()
        assert await nightly.run_once() is None
    assert looked is not None
    assert [(one["kind"], one["subject"]) for one in told if one["event"] == "recording-adrift"] == [
        ("missing", row.id)
    ]
    assert REGISTRY.get_sample_value("gridline_recordings_adrift", {"kind": "missing"}) == 1
    clock.advance(timedelta(days=1))
    assert await nightly.run_once()


def test_the_command_names_what_disagrees_and_ends_with_code_1(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRIDLINE_SETTINGS", str(tmp_path / "none.toml"))
    monkeypatch.setenv("GRIDLINE_VAR", str(tmp_path))
    monkeypatch.setenv("GRIDLINE_DATABASE_URL", sqlite_url)

    async def prepared() -> Recording:
        db = Database(sqlite_url)
        [row] = await taken_in(db, tmp_path / "recordings", CALLS[:1])
        await db.close()
        return row

    row = asyncio.run(prepared())
    app = typer.Typer()
    app.callback()(lambda: None)
    command.add_to(app)
    good = CliRunner().invoke(app, ["recordings", "verify"])
    assert (good.exit_code, good.output) == (
        0,
        "Проверено записей: 1, файлов: 1, звеньев цепочки: 1.\nВсё сходится.\n",
    )
    (tmp_path / "recordings/store" / row.file).unlink()
    bad = CliRunner().invoke(app, ["recordings", "verify", "--quick"])
    assert bad.exit_code == 1
    assert f"У записи {row.id} нет файла {row.file}." in bad.output
