"""Background jobs of the controller: whatever one of them raises, it begins anew after a pause and the others go on.

A job belongs to each process (`keep`, `every`), or to the installation: then it runs in one process at a time (`once`).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial

import structlog

from gridline import metrics
from gridline.clock import happens
from gridline.errors import GridlineError, Unavailable
from gridline.log import incident
from gridline.processes.leases import Leases

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0

log = structlog.get_logger(__name__)


class Jobs:
    """Owns every background job. A job's failure is logged and counted here, and nowhere else.

    An expected failure (GridlineError, OSError) is one line; any other exception is logged with its traceback and an
    incident number. The pause before the next attempt doubles from `first_pause_s` to `longest_pause_s` seconds and
    falls back once an attempt has lived longer than that. Without `leases` there is one process, and it does all.
    """

    def __init__(
        self,
        leases: Leases | None = None,
        *,
        first_pause_s: float = FIRST_PAUSE_S,
        longest_pause_s: float = LONGEST_PAUSE_S,
    ) -> None:
        self._leases = leases
        self._first_pause_s = first_pause_s
        self._longest_pause_s = longest_pause_s
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.failures: Counter[str] = Counter()
        """Attempts that failed, by job."""

    def keep(self, name: str, work: Callable[[], Awaitable[object]]) -> None:
        """Run a job that lasts; begun anew after a failure, over when it returns."""
        self._start(name, work, self._longest_pause_s)

    def every(
        self, name: str, seconds: float, round: Callable[[], Awaitable[object]], *, sooner: asyncio.Event | None = None
    ) -> None:
        """Run a round now and `seconds` after each one's end; a failed round is not waited for longer than that.

        `sooner`: a round is wanted at once whenever it is set.
        """
        self._start(name, partial(_rounds, seconds, round, sooner), min(seconds, self._longest_pause_s))

    def once(self, name: str, work: Callable[[], Awaitable[object]], *, every_s: float | None = None) -> None:
        """Run a job of the installation, in one process at a time, by its lease.

        Work that lasts, as with `keep`; with `every_s` a round and its pause, as with `every`. Another process goes on
        with it within LEASE_S + RENEW_S of this one's death; what it writes after it lost its lease is not stored.
        """
        job = work if every_s is None else partial(_rounds, every_s, work, None)
        pause_s = self._longest_pause_s if every_s is None else min(every_s, self._longest_pause_s)
        self._start(name, job if self._leases is None else partial(self._leases.hold, name, job), pause_s)

    async def stop(self) -> None:
        """Cancel every job, the last one begun first, and wait until each has put away what it held."""
        for task in reversed(self._tasks.values()):
            task.cancel()
            await asyncio.wait([task])
        if self._leases is not None:
            try:
                await self._leases.give_back()
            except Unavailable as error:
                log.warning("leases-not-given-back", reason=error.message)

    def _start(self, name: str, work: Callable[[], Awaitable[object]], longest_pause_s: float) -> None:
        if name in self._tasks:
            raise ValueError(f"there is a job {name} already")
        self._tasks[name] = asyncio.create_task(self._attempts(name, work, longest_pause_s), name=name)

    async def _attempts(self, name: str, work: Callable[[], Awaitable[object]], longest_pause_s: float) -> None:
        pause_s = first_s = min(self._first_pause_s, longest_pause_s)
        while (lived_s := await self._attempt(name, work)) is not None:
            if lived_s > longest_pause_s:
                pause_s = first_s
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, longest_pause_s)

    async def _attempt(self, name: str, work: Callable[[], Awaitable[object]]) -> float | None:
        """Seconds after which the job failed; None when it came to its end."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            await work()
        except (GridlineError, OSError) as error:
            lived_s = loop.time() - began
            log.error("background-job-failed", job=name, reason=str(error))
        except asyncio.CancelledError:
            if _is_cancelled():
                raise
            lived_s = loop.time() - began
            log.error("background-job-failed", job=name, reason="cancelled from within")
        except (Exception, SystemExit):
            lived_s = loop.time() - began
            log.exception("background-job-crashed", job=name, incident=incident())
        else:
            return None
        self.failures[name] += 1
        metrics.BACKGROUND_FAILURES.labels(name).inc()
        return lived_s


async def _rounds(seconds: float, round: Callable[[], Awaitable[object]], sooner: asyncio.Event | None) -> None:
    while True:
        if sooner is not None:
            sooner.clear()
        await round()
        if sooner is None:
            await asyncio.sleep(seconds)
        else:
            await happens(sooner, within_s=seconds)


def _is_cancelled() -> bool:
    """Whether somebody ends this very task, rather than one that it waited for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
