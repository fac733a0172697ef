"""A process that does one job of recordings and nothing else: `python -m bench.recordings.worker`.

Told a line on its standard input it does one round and answers with a line of JSON: what it did, its processor time,
the clock's, and memory: its own, its most in this round, and that of the engine's process.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Final, Literal

import psutil
import uvloop

from gridline.clock import SystemClock
from gridline.db import Database
from gridline.errors import Unavailable
from quality.transcripts.transcription import Transcription
from recordings.incoming import Incoming
from recordings.intake import RecordingIntake
from recordings.store import Store
from speech.ears import Ears
from speech.models import Shelf

Job = Literal["intake", "transcription"]
_LIMIT: Final = 1 << 20
_ALL_S: Final = 3_600.0


@dataclass(frozen=True, slots=True)
class Round:
    """What one round did."""

    done: int
    cpu_s: float
    """Of this process, without the engine's."""
    wall_s: float
    rss_mb: float
    """When it was over."""
    peak_mb: float
    """The most within it."""
    engine_mb: float
    """Of the engine's process when it was over; 0 without one."""
    engine_cpu_s: float
    """All it has used so far."""


class Apart:
    """The process as the benchmark sees it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def round(self) -> Round:
        """Have one round done. Raises Unavailable when the process ends over it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(b"\n")
        async with asyncio.timeout(_ALL_S):
            line = await self._process.stdout.readline()
        if not line:
            raise Unavailable("Процесс замера записей завершился.")
        return Round(**json.loads(line))

    @property
    def engine(self) -> psutil.Process | None:
        """The engine's process."""
        return engine_of(psutil.Process(self._process.pid))


@asynccontextmanager
async def apart(job: Job, var: Path, url: str, models: Path | None = None, model: str = "") -> AsyncIterator[Apart]:
    """The process, up inside the block. `models` is the shelf, `model` the one on it that hears."""
    with (var / "worker.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", __name__, job, str(var), url, str(models or ""), model),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            limit=_LIMIT,
        )
    try:
        assert process.stdout is not None
        if not await process.stdout.readline():
            raise Unavailable((var / "worker.log").read_text()[-1500:])
        yield Apart(process)
    finally:
        if (engine := engine_of(psutil.Process(process.pid))) is not None:
            with suppress(psutil.NoSuchProcess):
                engine.kill()
        process.kill()
        await process.wait()


def engine_of(process: psutil.Process) -> psutil.Process | None:
    """The process that hears for this one."""
    with suppress(psutil.NoSuchProcess):
        for child in process.children():
            with suppress(psutil.NoSuchProcess):
                if "speech.worker" in child.cmdline():
                    return child
    return None


async def _serve(job: Job, var: Path, url: str, models: str, model: str, answers: IO[str]) -> None:
    def tell(said: dict[str, object]) -> None:
        answers.write(f"{json.dumps(said)}\n")
        answers.flush()

    db, clock, store = Database(url), SystemClock(), Store.in_folder(var / "store")
    work: Callable[[], Awaitable[int]]
    if job == "intake":
        work = RecordingIntake(db, Incoming(var / "incoming", clock, least_free=0), store).sweep
    else:
        ears = Ears(Shelf(Path(models)), model)
        work = Transcription(db, clock, ears, store, node="bench", is_quiet=lambda: True, days=30).run_once
    async with db.read():
        pass
    asked: asyncio.Queue[str] = asyncio.Queue()
    asyncio.get_running_loop().add_reader(sys.stdin, lambda: asked.put_nowait(sys.stdin.readline()))
    tell({"ready": True})
    while await asked.get():
        tell(asdict(await _measured(work)))


async def _measured(work: Callable[[], Awaitable[int]]) -> Round:
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak begins anew (proc(5))
    cpu_s, begins = time.process_time(), time.perf_counter()
    done = await work()
    cpu_s, wall_s = time.process_time() - cpu_s, time.perf_counter() - begins
    engine, mb, used = engine_of(psutil.Process()), 0.0, 0.0
    if engine is not None:
        times = engine.cpu_times()
        mb, used = engine.memory_info().rss / 2**20, times.user + times.system
    return Round(done, cpu_s, wall_s, _status_mb("VmRSS"), _status_mb("VmHWM"), mb, used)


def _status_mb(what: str) -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition(f"{what}:")[2].split()[0]) / 1024


def _own_line() -> IO[str]:
    """Standard output for the answers alone; the log goes to standard error from now on."""
    line = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return line


if __name__ == "__main__":
    _job, _var, _url, _models, _model = sys.argv[1:]
    _known: Job = "intake" if _job == "intake" else "transcription"
    uvloop.run(_serve(_known, Path(_var), _url, _models, _model, _own_line()))
