"""The thread for files: in order, also for those who do not wait, and done though its asker has gone."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path

import pytest

from recordings.disk import Disk


async def test_work_is_done_in_order_and_never_in_the_loop(tmp_path: Path) -> None:
    disk = Disk()
    said: list[str] = []
    disk.later(time.sleep, 0.05)
    disk.later(said.append, "first")
    await disk.do(lambda: said.append(threading.current_thread().name))
    assert said == ["first", "disk_0"]
    with pytest.raises(FileNotFoundError):
        await disk.do((tmp_path / "none").read_bytes)
    await disk.close()


async def test_who_is_cancelled_leaves_the_work_to_be_done(tmp_path: Path) -> None:
    disk = Disk()
    disk.later(time.sleep, 0.1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await disk.do((tmp_path / "file").write_text, "here")
    disk.later((tmp_path / "nowhere" / "file").write_text, "fails, which is logged")
    await disk.close()
    assert (tmp_path / "file").read_text() == "here"
