"""The spool: a receipt is promised only for what is on disk, once, whatever happens in between."""

from __future__ import annotations

import json
import multiprocessing
from pathlib import Path

import pytest

from appeals import numbering
from gridline.errors import Unavailable
from ivr.promised.spool import CallFacts, Spool

INTAKE: dict[str, object] = {
    "company_id": "skek",
    "topic": "outages",
    "phone": "+79131203401",
    "call_id": "c" * 32,
    "recording_id": "a" * 32,
}
CALL = CallFacts("node1", "node1-1.1", "78005009494", "+7913", "2026-11-22T05:00:00+00:00", "2026-11-22T05:01:00+00:00")


def test_what_is_kept_waits_with_its_receipt_until_it_is_done(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", 7)
    first, second = spool.keep(INTAKE), spool.keep(INTAKE | {"topic": "quality"}, CALL)
    assert first.receipt.startswith("07")
    assert isinstance(numbering.read(first.receipt), numbering.Receipt)
    again = Spool(tmp_path / "spool", 7)
    assert list(again.waiting()) == [first, second]
    assert again.find(second.receipt) == second
    again.done(first)
    again.done(first)
    assert list(spool.waiting()) == [second]
    assert spool.find(first.receipt) is None


def test_what_the_register_refuses_is_kept_apart_and_still_found(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 1)
    kept = spool.keep(INTAKE)
    spool.reject(kept)
    assert list(spool.waiting()) == []
    assert spool.find(kept.receipt) == kept


def test_half_a_file_of_a_crash_is_not_taken_for_a_promise(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 1)
    kept = spool.keep(INTAKE)
    (tmp_path / "0100000026.new").write_text('{"receipt": "01000')
    assert list(spool.waiting()) == [kept]


def test_the_file_says_in_full_what_was_promised(tmp_path: Path) -> None:
    kept = Spool(tmp_path, 1).keep(INTAKE, CALL)
    told = json.loads((tmp_path / f"{kept.receipt}.json").read_text())
    assert told["intake"] == INTAKE
    assert told["call"]["channel"] == "node1-1.1"


def test_nothing_is_promised_on_a_disk_that_cannot_be_written(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", 1)
    (tmp_path / "spool").rmdir()
    with pytest.raises(Unavailable):
        spool.keep(INTAKE)


def test_nothing_is_promised_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.promised.spool.FULL_BYTES", 2**62)
    with pytest.raises(Unavailable):
        Spool(tmp_path, 1).keep(INTAKE)
    assert list(tmp_path.glob("[0-9]*")) == []


def _keep_many(folder: Path) -> list[str]:
    spool = Spool(folder, 1)
    return [spool.keep(INTAKE).receipt for _ in range(20)]


def test_two_processes_never_give_one_receipt_twice(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        given = [receipt for receipts in pool.map(_keep_many, [tmp_path] * 4) for receipt in receipts]
    assert len(set(given)) == 80
    assert sorted(given) == [kept.receipt for kept in Spool(tmp_path, 1).waiting()]
