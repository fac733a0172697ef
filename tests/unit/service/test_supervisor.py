"""The supervisor with real processes: hearts that beat, fall silent, stop, and never begin."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import psutil

from service.process.supervisor import Supervisor
from tests.unit.eventually import eventually

BEATING = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
while True:
    os.write(int(os.environ["GRIDLINE_HEARTBEAT_FD"]), b".")
    time.sleep(0.05)
"""
DEAF = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
while True:
    os.write(int(os.environ["GRIDLINE_HEARTBEAT_FD"]), b".")
    time.sleep(0.05)
"""


def supervising(program: str, *, hung_after_s: float = 0.6, drain_s: float = 5) -> Supervisor:
    return Supervisor([sys.executable, "-c", program], drain_s=drain_s, hung_after_s=hung_after_s)


async def test_asked_to_stop_it_asks_the_controller_and_gives_its_code() -> None:
    supervisor = supervising(BEATING)
    run = asyncio.create_task(supervisor.run())
    await supervisor.started.wait()
    pid = supervisor.pid
    assert pid is not None
    supervisor.stop()
    assert await run == 0
    assert supervisor.pid is None
    assert not psutil.pid_exists(pid)
    assert supervisor.restarts == 0


async def test_a_controller_that_falls_silent_is_killed_and_replaced() -> None:
    supervisor = supervising(BEATING)
    run = asyncio.create_task(supervisor.run())
    await supervisor.started.wait()
    first = supervisor.pid
    assert first is not None
    psutil.Process(first).send_signal(signal.SIGSTOP)
    await eventually(lambda: supervisor.restarts == 1 and supervisor.pid not in (None, first))
    assert not psutil.pid_exists(first)
    supervisor.stop()
    await run


async def test_a_controller_that_dies_is_replaced() -> None:
    supervisor = supervising(BEATING)
    run = asyncio.create_task(supervisor.run())
    await supervisor.started.wait()
    first = supervisor.pid
    assert first is not None
    psutil.Process(first).kill()
    await eventually(lambda: supervisor.pid not in (None, first))
    supervisor.stop()
    await run


async def test_wrong_settings_end_it_at_once() -> None:
    supervisor = supervising("raise SystemExit(2)")
    assert await asyncio.wait_for(supervisor.run(), 10) == 2
    assert supervisor.restarts == 0


async def test_failures_at_the_start_are_tried_again_ever_more_slowly(tmp_path: Path) -> None:
    births = tmp_path / "births"
    supervisor = supervising(f"open({str(births)!r}, 'a').write('x'); raise SystemExit(1)")
    run = asyncio.create_task(supervisor.run())
    await eventually(lambda: supervisor.restarts == 2)
    supervisor.stop()
    assert await run == 1, "stopped in its pause"
    assert births.read_text() == "xx"


async def test_cancelled_it_leaves_no_controller_behind() -> None:
    supervisor = supervising(DEAF)
    run = asyncio.create_task(supervisor.run())
    await supervisor.started.wait()
    pid = supervisor.pid
    assert pid is not None
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)
    assert not psutil.pid_exists(pid)
