"""The recordings' store: one behaviour in a folder, in a real S3 server of this machine, and sealed in either."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gridline.errors import Misconfigured
from gridline.settings import Settings, load
from recordings import store as stores
from recordings.known_folder import StoreAway
from recordings.sealed import PLAIN, SUFFIX, NotSealed, SealedStore
from recordings.store import BLOCK, Store
from service.doctor import store as doctor
from tests.store.served import bucket, refusing_s3, s3_server

NAME = "2026/11/29/one.wav"
SOUND = os.urandom(BLOCK + 1000)


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of a store in a bucket of a server of its own."""
    with s3_server(tmp_path_factory.mktemp("s3")) as endpoint:
        bucket(endpoint, "sound")
        yield load(
            recordings_store="s3", s3_endpoint=endpoint, s3_bucket="sound", s3_key_id="gridline", s3_secret="secret"
        )


@pytest.fixture(params=["folder", "s3", "folder sealed", "s3 sealed"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """An empty store of each kind in turn."""
    if str(request.param).startswith("s3"):
        plain = stores.of_settings(request.getfixturevalue("s3"))
        async for part in plain.names():
            for one in part:
                await plain.delete(one.name)
    else:
        plain = Store.in_folder(tmp_path / "store")
    return SealedStore(plain, "a secret") if str(request.param).endswith("sealed") else plain


def made(tmp_path: Path, content: bytes = SOUND) -> Path:
    file = tmp_path / "made.wav"
    file.write_bytes(content)
    return file


async def read(store: Store, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([block async for block in store.open_range(NAME, start, end)])


async def test_what_was_put_is_read_whole_and_in_parts_and_goes(store: Store, tmp_path: Path) -> None:
    file = made(tmp_path)
    await store.put(file, NAME)
    assert not file.exists()
    assert await store.size(NAME) == len(SOUND)
    assert await read(store) == SOUND
    for start, end in ((0, 1), (5, 5), (PLAIN - 1, PLAIN + 1), (BLOCK - 3, len(SOUND)), (len(SOUND) - 1, None)):
        assert await read(store, start, end) == SOUND[start:end], (start, end)
    assert [(one.name, one.size) async for part in store.names() for one in part] == [(NAME, len(SOUND))]
    async with store.as_file(NAME) as copy:
        assert copy.read_bytes() == SOUND
    await store.delete(NAME)
    await store.delete(NAME)
    with pytest.raises(FileNotFoundError):
        await store.size(NAME)


async def test_what_was_sealed_says_nothing_and_cannot_be_meddled_with(tmp_path: Path) -> None:
    plain = Store.in_folder(tmp_path / "store")
    sealed = SealedStore(plain, "a secret")
    await sealed.put(made(tmp_path), NAME)
    lying = tmp_path / "store" / (NAME + SUFFIX)
    whole = lying.read_bytes()
    assert SOUND[:64] not in whole
    block = PLAIN + 16
    for wrong in (
        whole[:-1] + bytes([whole[-1] ^ 1]),
        whole[: 20 + 2 * block],  # cut at the end of a block
        whole[:20] + whole[20 + block : 20 + 2 * block] + whole[20 : 20 + block] + whole[20 + 2 * block :],
        b"RIFF" + whole[4:],
    ):
        lying.write_bytes(wrong)
        with pytest.raises(NotSealed):
            await read(sealed)
    lying.write_bytes(whole)
    with pytest.raises(NotSealed):
        await read(SealedStore(plain, "another secret"))
    lying.rename(lying.with_name("two.wav" + SUFFIX))
    with pytest.raises(NotSealed):
        await sealed.checksum("2026/11/29/two.wav")


async def test_what_was_stored_before_sealing_and_after_it_is_heard(tmp_path: Path) -> None:
    plain = Store.in_folder(tmp_path / "store")
    await plain.put(made(tmp_path), NAME)
    sealed = SealedStore(plain, "a secret")
    assert (await read(sealed), await sealed.size(NAME)) == (SOUND, len(SOUND))
    await sealed.put(made(tmp_path), "two.wav")
    off = SealedStore(plain, "a secret", seals=False)
    assert await off.checksum("two.wav") == await sealed.checksum(NAME)
    await off.put(made(tmp_path), "three.wav")
    assert (tmp_path / "store/three.wav").read_bytes() == SOUND


async def test_a_service_that_is_away_is_an_error_that_passes(s3: Settings, tmp_path: Path) -> None:
    away = stores.of_settings(s3.model_copy(update={"s3_bucket": "none"}))
    file = made(tmp_path)
    with pytest.raises(OSError, match="none"):
        await away.put(file, NAME)
    assert file.exists()
    [wrong] = await doctor.recordings(s3.model_copy(update={"s3_bucket": "none"}))
    [fine] = await doctor.recordings(s3)
    [folder] = await doctor.recordings(load())
    assert (wrong.level, fine.level, folder.level) == ("wrong", "fine", "fine")
    assert "\n" not in wrong.what


@pytest.mark.parametrize("lists", [True, False])
async def test_one_file_that_is_refused_is_not_the_whole_service(lists: bool, s3: Settings) -> None:
    with refusing_s3(lists=lists) as endpoint:
        store = stores.of_settings(s3.model_copy(update={"s3_endpoint": endpoint}))
        for asked in (store, SealedStore(store, "a secret")):
            with pytest.raises(OSError, match="privileges") as refused:
                await asked.size(NAME)
            assert isinstance(refused.value, StoreAway) is not lists


def test_settings_of_a_store_are_whole() -> None:
    with pytest.raises(Misconfigured, match="s3_endpoint, s3_bucket, s3_key_id"):
        load(recordings_store="s3")


def test_a_process_that_used_the_store_ends_well(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys\nfrom pathlib import Path\nfrom recordings.store import Store\n"
        "async def used():\n"
        "    store, file = Store.in_folder(Path(sys.argv[1])), Path(sys.argv[1]) / 'a'\n"
        "    file.write_bytes(b'x')\n"
        "    await store.put(file, 'b')\n"
        "    return [block async for block in store.open_range('b')], [part async for part in store.names()]\n"
        "asyncio.run(used())\n"
    )
    for _ in range(3):
        subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, timeout=30)
