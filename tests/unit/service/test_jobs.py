"""Background jobs that fail in every way: each begins anew, none takes another or the controller with it."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from asterisk_conf.packages import PackageRoot
from carrier.settings import free_port
from gridline import settings
from gridline.errors import Unavailable
from gridline.settings import HOUSE, Settings
from ivr.journal.models import call_id
from ivr.telephony.events import Channel
from ivr.telephony.state import LiveChannel, Snapshot
from service.controller import Controller
from service.jobs import Jobs
from tests.unit.eventually import eventually

BOOT, NOW = "2026-11-29T04:00:00", datetime(2026, 11, 29, 5, 0, tzinfo=UTC)
WAYS = (
    RuntimeError("a bug"),
    KeyError("phone"),
    sqlite3.OperationalError("a driver's own"),
    OSError("disk"),
    Unavailable("database"),
    asyncio.CancelledError(),
    TimeoutError(),
    MemoryError(),
    RecursionError(),
    SystemExit(3),
    ExceptionGroup("two at once", [ValueError("one"), OSError("two")]),
)


@pytest_asyncio.fixture
async def jobs() -> AsyncIterator[Jobs]:
    made = Jobs(first_pause_s=0.01, longest_pause_s=0.05)
    yield made
    await made.stop()


def failing_first(*errors: BaseException) -> tuple[Callable[[], Awaitable[None]], list[int]]:
    """A job that fails in these ways, one an attempt, and then lives; with the attempts so far."""
    attempts: list[int] = []

    async def work() -> None:
        attempts.append(len(attempts))
        if len(attempts) <= len(errors):
            raise errors[len(attempts) - 1]
        await asyncio.Event().wait()

    return work, attempts


async def test_a_job_that_lasts_begins_anew_whatever_it_raises(jobs: Jobs) -> None:
    work, attempts = failing_first(*WAYS)
    other, others_attempts = failing_first()
    with capture_logs() as told:
        jobs.keep("broken", work)
        jobs.keep("sound", other)
        await eventually(lambda: len(attempts) == len(WAYS) + 1)
    assert jobs.failures == {"broken": len(WAYS)}
    assert len(others_attempts) == 1
    crashes = [line for line in told if line["event"] == "background-job-crashed"]
    assert len({line["incident"] for line in crashes}) == len(crashes) > 5
    assert all(line["job"] == "broken" for line in told)


async def test_a_round_that_fails_is_followed_by_the_next(jobs: Jobs) -> None:
    rounds = 0

    async def round() -> None:
        nonlocal rounds
        rounds += 1
        if rounds <= len(WAYS):
            raise WAYS[rounds - 1]

    jobs.every("rounds", 0.01, round)
    await eventually(lambda: rounds > len(WAYS) + 3)
    assert jobs.failures["rounds"] == len(WAYS)


async def test_a_job_that_is_done_is_not_begun_again(jobs: Jobs) -> None:
    done: list[None] = []

    async def work() -> None:
        done.append(None)

    jobs.keep("once", work)
    await eventually(lambda: bool(done))
    await asyncio.sleep(0.05)
    assert len(done) == 1


async def test_a_job_that_only_fails_is_tried_ever_more_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs, pauses = Jobs(first_pause_s=0.001, longest_pause_s=0.008), []
    sleep = asyncio.sleep

    async def noted(seconds: float) -> None:
        pauses.append(seconds)
        await sleep(seconds)

    async def work() -> None:
        raise Unavailable("always")

    monkeypatch.setattr("service.jobs.asyncio.sleep", noted)
    jobs.keep("hopeless", work)
    while len(pauses) < 6:
        await sleep(0.001)
    await jobs.stop()
    assert pauses[:6] == [0.001, 0.002, 0.004, 0.008, 0.008, 0.008]


async def test_stopping_lets_each_put_away_what_it_holds_the_first_begun_last() -> None:
    jobs, put_away = Jobs(), []

    def holding(name: str) -> Callable[[], Awaitable[None]]:
        async def work() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                put_away.append(name)

        return work

    for name in ("journal", "desk"):
        jobs.keep(name, holding(name))
    await asyncio.sleep(0)
    await jobs.stop()
    assert put_away == ["desk", "journal"]


def elsewhere(folder: Path, **own: object) -> Settings:
    """An installation on ports that nobody holds, without an Asterisk."""
    (folder / "prompts").symlink_to(HOUSE / "var/prompts")
    ports = {name: free_port() for name in ("http_port", "agi_port", "ami_port")}
    return settings.load(var=folder, package_root=PackageRoot(HOUSE / ".packages").path, **ports, **own)


async def test_health_names_the_disk_that_is_full(tmp_path: Path) -> None:
    controller = Controller(elsewhere(tmp_path, least_free_mb=2**40))
    assert (await controller.health())["disk"] is False
    await controller.db.close()


async def test_what_goes_on_in_asterisk_is_not_taken_in_whoever_has_begun_it(tmp_path: Path) -> None:
    """Before the board was first read, and of a call that an agent made: what the dialplan records alone is at rest."""
    controller = Controller(elsewhere(tmp_path))
    olga, boris = Channel("2.1", "2.1", "PJSIP/101-00000006", ""), Channel("2.2", "2.1", "PJSIP/trunk-00000007", "")
    names = (f"{call_id('node1', BOOT, olga.uniqueid)}_{boris.uniqueid}~1", f"_{boris.uniqueid}")
    alone = [controller.console.incoming.folder / f"without-{name}.raw" for name in names]
    for file in alone:
        file.write_bytes(bytes(32_000))
        os.utime(file, (0, 0))
    assert await controller.intake.sweep() == 0
    controller.ami.connected, controller.ami.boot = True, BOOT
    there = tuple(LiveChannel(channel, "b1", NOW) for channel in (olga, boris))
    controller.board.rebuild(Snapshot(NOW, BOOT, there))
    assert await controller.intake.sweep() == 0
    assert all(file.exists() for file in alone)
    controller.board.rebuild(Snapshot(NOW, BOOT))
    with pytest.raises(Unavailable):  # there is no database here
        await controller.intake.sweep()
    assert not any(file.exists() for file in alone)
    await controller.db.close()


NAMES = ("journal", "prompts", "ami", "desk", "reconnect", "recording-pause", "visits", "whispers", "recordings")


async def test_no_job_of_the_controller_can_end_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every job of the true controller fails in ways that nobody expects: it serves on, and stops well."""
    config = elsewhere(tmp_path)
    broken: dict[str, int] = {}
    real = Jobs._attempt

    async def sabotaged(self: Jobs, name: str, work: Callable[[], Awaitable[object]]) -> float | None:
        async def raises() -> None:
            broken[name] = broken.get(name, 0) + 1
            raise WAYS[broken[name] % len(WAYS)]

        return await real(self, name, raises if broken.get(name, 0) < 3 else work)

    monkeypatch.setattr(Jobs, "_attempt", sabotaged)
    monkeypatch.setattr(Jobs.__init__, "__kwdefaults__", {"first_pause_s": 0.01, "longest_pause_s": 0.05})
    stop = asyncio.Event()
    run = asyncio.create_task(Controller(config).run(stop))
    await eventually(lambda: run.done() or (len(broken) >= len(NAMES) and min(broken.values()) == 3), 60)
    assert not run.done(), run.exception()
    assert set(NAMES) < set(broken)
    async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{config.http_port}/healthz") as answer:
        assert (await answer.json())["parts"]["database"] is True
    stop.set()
    await asyncio.wait_for(run, 60)
