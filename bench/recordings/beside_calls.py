"""A command of real calls while recordings are heard and while they are not, in turn."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

import psutil

from bench.calls.load import Sipp
from bench.calls.menu import MeasuredMenu
from bench.calls.rig import Rig
from bench.calls.servers import Server, running
from bench.recordings import hearing, sounds, taking
from bench.recordings.worker import apart
from gridline.db import Database
from gridline.errors import Unavailable

RATE: Final = 40.0
LONG_S: Final = 1_800
"""Sound that lasts longer than the measurement."""
LEAST_BUSY: Final = 0.05
"""Of a processor, that the engine must have used for its time to count as work; when stopped it may use less."""


@dataclass(frozen=True, slots=True)
class BesideSize:
    """How much is placed: pairs of loads, and the calls of each load."""

    pairs: int
    calls: int


async def measured(folder: Path, size: BesideSize) -> dict[str, Any]:
    """The 99th of a hundred of a command's times with the worker by that without; None where nothing hears.

    Raises Unavailable when a call failed, or the worker did not work when it should have.
    """
    models = hearing.shelf(folder / "models")
    name = hearing.chosen(models)
    if not name:
        return {"calls_p99_ratio_while_transcribing": None}
    var = folder / "job"
    url = await taking.fresh(var)
    await sounds.spoken(var / "store/long.wav", LONG_S)
    db = Database(url)
    await hearing.keeps_hearing(db, "long.wav", LONG_S)
    await db.close()
    rig = Rig(folder / "rig")
    menu = MeasuredMenu(rig)
    try:
        await rig.start(await menu.prepare())
        sipp = Sipp(rig.packages, rig.settings.sip_port, rig.var / "sipp")
        async with running(rig, ["ours"]) as servers, apart("transcription", var, url, models.folder, name) as process:
            (server,) = servers
            hearing_it = asyncio.create_task(process.round())
            engine = await hearing.wait_for_engine(process)
            pairs = await _pairs(sipp, server, engine, size)
            hearing_it.cancel()
            with suppress(asyncio.CancelledError):
                await hearing_it
    finally:
        await menu.close()
        await rig.stop()
    ratios = [busy / quiet for quiet, busy in pairs]
    return {
        "calls_p99_ratio_while_transcribing": round(median(ratios), 3),
        "model": name,
        "engine": models.model(name).engine.value,
        "ratios": [round(one, 3) for one in ratios],
        "command_p99_us": {"without": [round(one) for one, _ in pairs], "with": [round(one) for _, one in pairs]},
    }


async def _pairs(sipp: Sipp, server: Server, engine: psutil.Process, size: BesideSize) -> list[tuple[float, float]]:
    found = []
    await _p99_us(sipp, server, size.calls)
    for turn in range(size.pairs):
        both: dict[bool, float] = {}
        for works in (False, True) if turn % 2 else (True, False):
            engine.send_signal(signal.SIGCONT if works else signal.SIGSTOP)
            before, began = _cpu_s(engine), asyncio.get_running_loop().time()
            both[works] = await _p99_us(sipp, server, size.calls)
            share = (_cpu_s(engine) - before) / (asyncio.get_running_loop().time() - began)
            if (share >= LEAST_BUSY) != works:
                raise Unavailable(f"Работа не доказана: распознаватель занял {share:.0%} процессора.")
        found.append((both[False], both[True]))
    engine.send_signal(signal.SIGCONT)
    return found


async def _p99_us(sipp: Sipp, server: Server, calls: int) -> float:
    """Of the commands of so many calls. Raises Unavailable when a call failed."""
    await server.counted()
    load = await sipp.run(server.exten, calls, RATE, longest_s=5)
    if not load.whole:
        raise Unavailable(f"Не все звонки удались: {load}.")
    return (await server.proved(calls)).p99_us


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
