"""Many calls at once with RTP both ways: how many a machine holds whole, through the menu and in bare Playback."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass

import psutil

from bench.calls.load import Load, Sipp
from bench.calls.rig import Rig, cpu_s, resident_mb

RATE = 40.0
"""Calls a second that come, at the least: they all must be there before the first one has heard its text."""
GATHERED_WITHIN_S = 10.0
STEP = 1.25
PLAYBACK = "20001"
"""The same text by Playback alone, and no key."""
TEXT_S = 13.6
"""The long text of the menu `crowd`: six tones and the pauses between."""
BEFORE_TEXT_S = 1.1
"""Answer and notice."""
KEY_AFTER_S = BEFORE_TEXT_S + TEXT_S + 1.5
LONGEST_S = 40.0


@dataclass(frozen=True)
class Crowd:
    """What was seen at the fullest moment and at the end."""

    at_once: int
    two_way: int
    """Channels that had both sent and received RTP by then."""
    sent: int
    received: int
    ok: int
    failed: int
    memory_mb: float
    """Asterisk and controller, more than before."""
    cores: float
    """CPU seconds a second, both together, over the whole run."""

    @property
    def whole(self) -> int:
        """How many calls at once went as they should: 0 when one failed."""
        return min(self.at_once, self.two_way) if not self.failed and self.ok >= self.at_once else 0


@dataclass(frozen=True)
class Limit:
    """The most calls at once that were all whole (0: not even the first try), and how that try went."""

    calls: int
    seen: Crowd


async def limit(rig: Rig, sipp: Sipp, controller: psutil.Process, exten: str, first: int, steps: int) -> Limit:
    """Gather `first` calls and a quarter more each time, until one of them fails or a caller is not heard.

    A try that failed is made once more: another's burst on the machine must not end the climb.
    """
    held: Limit | None = None
    calls = first
    for _ in range(steps):
        for _ in range(2):
            seen = await gather(rig, sipp, controller, exten, calls)
            if seen.whole >= calls:
                break
        if seen.whole < calls:
            return held or Limit(0, seen)
        held = Limit(calls, seen)
        calls = round(calls * STEP)
    assert held is not None
    return held


async def gather(rig: Rig, sipp: Sipp, controller: psutil.Process, exten: str, calls: int) -> Crowd:
    """Bring `calls` calls there at once, look at their RTP, and let them end."""
    rate = max(RATE, calls / GATHERED_WITHIN_S)
    key_after_s = KEY_AFTER_S if exten != PLAYBACK else 0
    asterisk = psutil.Process(rig.phone.pid)
    both = (asterisk, controller)
    memory = sum(resident_mb(process) for process in both)
    used = sum(cpu_s(process) for process in both)
    running = asyncio.create_task(sipp.run(exten, calls, rate, key_after_s=key_after_s, longest_s=LONGEST_S, echo=True))
    await asyncio.sleep(calls / rate + BEFORE_TEXT_S + 1)  # the last call has begun, the first still hears the text
    full_memory = sum(resident_mb(process) for process in both)
    sent_received = _streams(await rig.phone.rx("pjsip show channelstats"))
    load: Load = await running
    spent = sum(cpu_s(process) for process in both) - used
    return Crowd(
        at_once=len(sent_received),
        two_way=sum(1 for sent, received in sent_received if sent and received),
        sent=sum(sent for sent, _ in sent_received),
        received=sum(received for _, received in sent_received),
        ok=load.ok,
        failed=load.failed + load.asked - load.ok - load.failed,
        memory_mb=full_memory - memory,
        cores=spent / load.seconds,
    )


def _streams(table: str) -> list[tuple[int, int]]:
    """(packets sent, packets received) of every channel in `pjsip show channelstats`."""
    row = re.compile(r"^\s*\S*\s+\S+\s+\d\d:\d\d:\d\d\s+\S+\s+(\d+)\s+\d+\s+\d+\s+\S+\s+(\d+)\s", re.MULTILINE)
    return [(int(sent), int(received)) for received, sent in row.findall(table)]
