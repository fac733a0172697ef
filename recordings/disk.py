"""Work on files, done in order by one thread: the event loop never waits for a disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

import structlog

from gridline.metrics import BACKGROUND_FAILURES

P = ParamSpec("P")
T = TypeVar("T")

log = structlog.get_logger(__name__)


class Disk:
    """A process's thread for small files. What was handed in first is done first, also for those who do not wait."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "disk")

    async def do(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do `work` and return what it gives; raises what it raises.

        Whoever is cancelled while waiting leaves it to be done all the same.
        """
        return await asyncio.shield(asyncio.wrap_future(self._thread.submit(partial(work, *args, **kwargs))))

    def later(self, work: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Have `work` done without waiting for it; what it raises is logged and counted."""
        self._thread.submit(partial(work, *args, **kwargs)).add_done_callback(_complain)

    async def close(self) -> None:
        """Return when all that was handed in is done; nothing can be handed in any more."""
        await asyncio.to_thread(self._thread.shutdown)


def _complain(done: Future[object]) -> None:
    if (error := done.exception()) is not None:
        BACKGROUND_FAILURES.labels("disk").inc()
        log.error("disk-work-failed", reason=str(error))
