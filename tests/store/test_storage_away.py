"""The recordings' store full, read-only or gone, by real disks: what is whole waits, is taken in once, and is told."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from carrier.settings import free_port
from gridline.settings import load
from recordings.audio import Sound, to_wav
from recordings.intake import QUIET_ENDED_S, QUIET_UNENDED_S, RecordingIntake
from recordings.known_folder import StoreAway
from recordings.sealed import SealedStore
from recordings.store import folder_of, of_settings
from recordings.verification import verify
from service.doctor import store as doctor
from service.process import lock
from tests.disks import TROUBLES, full, gone, in_trouble, read_only, small_disk
from tests.store.away import CALL, REFUSED, Away, laid
from tests.store.served import bucket, s3_server


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_what_cannot_be_taken_in_waits_and_is_taken_in_once(trouble: str, away: Away) -> None:
    label = away.talk()
    folder = away.folder
    with in_trouble(folder, trouble):
        for _ in range(2):
            with pytest.raises(OSError, match=REFUSED):
                await away.intake.sweep()
        assert away.intake.stuck
        assert await away.rows() == []
        assert away.incoming.samples(label).exists()
        assert away.left_over() == []
        assert trouble != "gone" or list(folder.iterdir()) == [], "nothing goes under where the disk will be"
        found = await away.told()
        assert (found.level, bool(found.cure)) == ("wrong", True)
    assert [await away.intake.sweep(), await away.intake.sweep()] == [1, 0]
    assert not away.intake.stuck
    assert [row.id for row in await away.rows()] == [label.id]
    assert await away.links() == 1
    assert list(away.incoming.folder.iterdir()) == []
    assert await away.agrees()
    assert (await away.told()).level == "fine"


async def test_each_trouble_has_words_of_its_own_and_what_waits_for_long_is_counted(away: Away) -> None:
    folder = away.folder
    said = []
    for trouble in (full, read_only, gone):
        with trouble(folder):
            said.append(await away.told())
    assert ["свободно 0 МБ" in said[0].what, "нельзя писать" in said[1].what, "не подключён" in said[2].what] == [
        True
    ] * 3
    assert "remount,rw" in said[1].cure
    assert str(away.known.known) in said[2].cure
    assert "диск подключён, но метки store.id на нём нет" in said[2].cure
    samples = away.incoming.samples(away.talk())
    past = time.time() - doctor.STUCK_S - 65
    os.utime(samples, (past, past))
    (away.incoming.folder / "without-_1.1.raw").touch()
    os.utime(away.incoming.folder / "without-_1.1.raw", (past, past))
    _, waiting = await doctor.recordings(away.config)
    assert (waiting.level, waiting.what) == ("wrong", "Не принято в хранилище записей: 1; самая давняя ждёт 11 мин.")
    assert "Запустите gridline serve" in waiting.cure
    with lock.held(away.config.var):
        _, waiting = await doctor.recordings(away.config)
    assert "Запустите gridline serve" not in waiting.cure


async def test_a_full_disk_under_the_labels_keeps_no_pieces_and_takes_in_what_the_dialplan_wrote(away: Away) -> None:
    folder = away.incoming.folder
    with small_disk(folder):
        alone = laid(folder / f"without-{CALL}_1.7~1.raw", quiet_s=QUIET_ENDED_S)
        with full(folder):
            with pytest.raises(OSError, match=REFUSED):
                await away.intake.sweep()
            with pytest.raises(OSError, match=REFUSED):
                away.incoming.announce(CALL, "talk")
            assert away.left_over() == []
            assert alone.exists()
        assert await away.intake.sweep() == 1
        assert [(row.call_id, row.seconds) for row in await away.rows()] == [(CALL, 2.0)]
        assert list(folder.iterdir()) == []


async def test_a_file_at_rest_of_a_call_that_asterisk_has_is_left_alone_till_it_is_over(away: Away) -> None:
    """Neither side sent a sound, or the machine stood still: the file will be written again."""
    live = {CALL}
    intake = RecordingIntake(away.db, away.incoming, away.store, on_the_line=lambda: live)
    laid(away.incoming.samples(away.incoming.announce(CALL, "talk")), quiet_s=QUIET_UNENDED_S)
    alone = laid(away.incoming.folder / f"without-{CALL}_1.7~1.raw", quiet_s=QUIET_ENDED_S)
    assert await intake.sweep() == 0
    assert alone.exists()
    live.clear()
    assert await intake.sweep() == 2


async def test_while_nobody_can_say_which_calls_asterisk_has_only_what_has_ended_is_taken_in(away: Away) -> None:
    intake = RecordingIntake(away.db, away.incoming, away.store, on_the_line=lambda: None)
    laid(away.incoming.samples(away.incoming.announce(CALL, "talk")), quiet_s=QUIET_UNENDED_S)
    alone = laid(away.incoming.folder / "without-_1.7.raw", quiet_s=QUIET_ENDED_S)
    ended = away.talk()
    assert [await intake.sweep(), await intake.sweep()] == [1, 0]
    assert alone.exists()
    assert [row.id for row in await away.rows()] == [ended.id]
    assert await away.intake.sweep() == 2


@pytest.mark.parametrize("sealed", [False, True])
async def test_a_service_that_is_stopped_keeps_nothing_and_takes_in_once_when_it_is_back(
    sealed: bool, away: Away, tmp_path: Path
) -> None:
    port = free_port()
    address = {"s3_endpoint": f"http://127.0.0.1:{port}", "s3_bucket": "sound"}
    config = load(var=tmp_path, recordings_store="s3", **address, s3_key_id="gridline", s3_secret="secret")
    store = SealedStore(of_settings(config), "a secret") if sealed else of_settings(config)
    intake = RecordingIntake(away.db, away.incoming, store)
    label = away.talk()
    with pytest.raises(StoreAway):
        await intake.sweep()
    assert intake.stuck
    assert {file.name for file in away.incoming.folder.iterdir()} == {f"{label.id}.raw", f"{label.id}.json"}
    assert "не отвечает" in (await doctor.recordings(config))[0].what
    with s3_server(tmp_path, port) as endpoint:
        await asyncio.to_thread(bucket, endpoint, "sound")
        assert [await intake.sweep(), await intake.sweep()] == [1, 0]
        assert (await verify(away.db, store)).found == ()
    assert list(away.incoming.folder.iterdir()) == []


@pytest.mark.parametrize(("kind", "most"), [("folder sealed", 0), ("service", 1), ("service sealed", 1)])
async def test_no_sound_is_made_over_and_over_for_a_store_that_is_away(
    kind: str, most: int, away: Away, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []

    def noted(raw: Path, channels: int, wav: Path) -> Sound:
        made.append(raw)
        return to_wav(raw, channels, wav)

    monkeypatch.setattr("recordings.intake.to_wav", noted)
    address = {"s3_endpoint": f"http://127.0.0.1:{free_port()}", "s3_bucket": "sound", "s3_key_id": "gridline"}
    service = load(var=tmp_path, recordings_store="s3", **address, s3_secret="secret")
    plain = away.store if kind.startswith("folder") else of_settings(service)
    store = SealedStore(plain, "a secret") if kind.endswith("sealed") else plain
    intake = RecordingIntake(away.db, away.incoming, store)
    for _ in range(3):
        away.talk()
    with gone(away.folder), pytest.raises(StoreAway):
        await intake.sweep()
    assert intake.stuck
    assert len(made) == most
    assert len(list(away.incoming.folder.iterdir())) == 6


def test_a_folder_is_marked_once_and_a_new_one_only_when_told(tmp_path: Path) -> None:
    config = load(var=tmp_path)
    known = folder_of(config)
    known.must_be_there()
    with capture_logs() as told:
        known.settle()
    mark = known.known.read_text()
    with capture_logs() as again:
        known.settle()
    assert [(line["event"], line["folder"]) for line in told] == [("store-marked", str(known.path))]
    assert (again, known.known.read_text()) == ([], mark)
    known.path.rename(tmp_path / "elsewhere")
    known.settle()
    assert not known.path.exists(), "a folder that went is not begun anew"
    known.path.write_text("a file")
    with pytest.raises(StoreAway):
        known.must_be_there()
    known.path.unlink()
    (tmp_path / "elsewhere").rename(known.path)
    known.must_be_there()
    known.known.unlink()
    known.settle()
    assert known.known.read_text() == mark
