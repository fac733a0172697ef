"""How long each callback held the event loop, what other processes did meanwhile taken away."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

_SCHEDSTAT = "/proc/thread-self/schedstat"
"""Nanoseconds: run, waited for a processor; then turns (Documentation/scheduler/sched-stats.rst)."""


class Stalls:
    """The longest turn of the loop since `begin`, in seconds of its own."""

    def __init__(self) -> None:
        self.worst_s = 0.0
        self.worst = ""
        self.over = False
        """Nothing is measured any more: the turn that ends the block ends after it."""

    def begin(self) -> None:
        """Forget what was."""
        self.worst_s, self.worst = 0.0, ""

    def ended(self, handle: asyncio.Handle, seconds: float) -> None:
        """Take a turn in."""
        if seconds > self.worst_s:
            self.worst_s, self.worst = seconds, repr(handle)[:300]


@contextmanager
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stalls]:
    """Measure every callback of this thread's loop inside the block: its time, less what it waited for a processor."""
    run, stalls = asyncio.Handle._run, Stalls()
    stat = os.open(_SCHEDSTAT, os.O_RDONLY)

    def waited_s() -> float:
        return int(os.pread(stat, 100, 0).split()[1]) / 1e9

    def timed(handle: asyncio.Handle) -> None:
        begun, waited = time.perf_counter(), waited_s()
        try:
            run(handle)
        finally:
            if not stalls.over:
                stalls.ended(handle, time.perf_counter() - begun - (waited_s() - waited))

    with monkeypatch.context() as patched:
        patched.setattr(asyncio.Handle, "_run", timed)
        yield stalls
    stalls.over = True
    os.close(stat)
