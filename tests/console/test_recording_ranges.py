"""Every kind of range, of every kind of store: what is sent, and that no sound is sent which is not written down."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from agent_console.calls.listening.models import Listening
from agent_console.people.models import Role
from carrier.settings import free_port
from gridline.settings import Settings, load
from recordings.audio import to_flac
from recordings.known_folder import KnownFolder
from recordings.models import Recording
from recordings.sealed import SealedStore
from recordings.store import Store, of_settings
from tests.console.calls import stored_call
from tests.console.conftest import ClientOf, ConsoleApp
from tests.console.test_recording import body
from tests.store.served import s3_server


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of a store in a bucket of a server of its own."""
    with s3_server(tmp_path_factory.mktemp("s3")) as endpoint:
        urllib.request.urlopen(urllib.request.Request(f"{endpoint}/sound", method="PUT"), timeout=10).close()
        yield load(
            recordings_store="s3", s3_endpoint=endpoint, s3_bucket="sound", s3_key_id="gridline", s3_secret="secret"
        )


async def laid(made: ConsoleApp, kind: str, s3: Settings) -> tuple[str, bytes]:
    """A recording in a store of this kind, which the console has from now on: its id, and the bytes to be heard."""
    console = made.console
    call = await stored_call(console, console.clock.now())
    file, root = call.file, console.recordings
    if kind == "flac":
        file = call.file.with_suffix(".flac")
        to_flac(call.file, file)
    name, whole = file.relative_to(root).as_posix(), file.read_bytes()
    async with console.db.write() as session:
        await session.execute(update(Recording).where(Recording.id == call.recording).values(file=name))
    if kind in ("sealed", "s3"):
        store = SealedStore(Store.in_folder(root), "a secret") if kind == "sealed" else of_settings(s3)
        await store.put(file, name)
        vars(console)["store"] = store
    return call.recording, whole


@pytest.mark.parametrize("kind", ["wav", "flac", "sealed", "s3"])
async def test_whatever_range_is_asked_for_it_is_sent_or_refused_and_written_down(
    console_app: ConsoleApp, client_of: ClientOf, s3: Settings, kind: str
) -> None:
    id, whole = await laid(console_app, kind, s3)
    client, size = await client_of(Role.QA), len(whole)
    for asked, status, first, end in (
        ("", 200, 0, size),
        ("bytes=0-", 206, 0, size),
        ("bytes=7-", 206, 7, size),
        ("bytes=0-0", 206, 0, 1),
        ("bytes=100-199", 206, 100, 200),
        (f"bytes={size - 9}-{size * 2}", 206, size - 9, size),
        ("bytes=-500", 206, size - 500, size),
        (f"bytes=-{size * 2}", 206, 0, size),
        (f"bytes={size}-", 416, 0, 0),
        # what is no single range is none at all: the whole
        ("bytes=0-9,20-29", 200, 0, size),
        ("bytes=9-3", 200, 0, size),
        ("bytes=x-", 200, 0, size),
        ("bytes=", 200, 0, size),
        ("minutes=0-1", 200, 0, size),
    ):
        answer = await client.get(f"/recordings/{id}", headers={"Range": asked} if asked else {})
        assert answer.status == status, asked
        assert answer.headers.get("Content-Range") == {
            200: None,
            206: f"bytes {first}-{end - 1}/{size}",
            416: f"bytes */{size}",
        }.get(status), asked
        if status != 416:
            assert await body(answer) == whole[first:end], asked
            since_s, until_s = (round(12 * byte / size, 1) for byte in (first, end))
            assert await last_sent(console_app) == ([[since_s, until_s]] if since_s < until_s else []), asked
    for version in ('"another"', "Thu, 01 Jan 1970 00:00:00 GMT", "Thu, 01 Jan 2099 00:00:00 GMT"):
        answer = await client.get(f"/recordings/{id}", headers={"Range": "bytes=5-9", "If-Range": version})
        assert (answer.status, await body(answer)) == (200, whole), version
        assert await last_sent(console_app) == [[0, 12]], version


@pytest.mark.parametrize("kind", ["folder", "sealed", "s3"])
async def test_while_the_store_is_away_nobody_is_told_that_a_recording_is_missing(
    console_app: ConsoleApp, client_of: ClientOf, s3: Settings, kind: str, tmp_path: Path
) -> None:
    id, _ = await laid(console_app, kind, s3)
    client, root = await client_of(Role.QA), console_app.console.recordings
    known = KnownFolder(root, tmp_path / "store.id")
    known.settle()
    store = Store.in_known(known)
    if kind == "s3":
        store = of_settings(s3.model_copy(update={"s3_endpoint": f"http://127.0.0.1:{free_port()}"}))
    vars(console_app.console)["store"] = SealedStore(store, "a secret") if kind == "sealed" else store
    root.rename(tmp_path / "elsewhere")
    root.mkdir()
    for asked in ("", "/levels"):
        answer = await client.get(f"/recordings/{id}{asked}")
        assert answer.status == 503, asked
        assert "Хранилище записей сейчас недоступно" in await answer.text()
    async with console_app.console.db.read() as session:
        assert not (await session.scalars(select(Listening))).all()


async def last_sent(made: ConsoleApp) -> list[list[float]]:
    """The stretches of the latest listening; none where it was too short to count."""
    async with made.console.db.read() as session:
        kept = await session.scalar(select(Listening).order_by(Listening.begun_at.desc()).limit(1))
    assert kept is not None
    return kept.sent
