"""The load: sipp places calls at a rate, and says how many ended as they should."""

from __future__ import annotations

import asyncio
import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from asterisk_conf.packages import PackageRoot
from carrier.settings import free_port
from gridline.errors import Unavailable

TRUNK = "127.0.0.2"
"""Where the load comes from: the carrier's address by default, which no agent's telephone has."""
SCENARIOS = Path(__file__).parent / "scenarios"
CALLERS = 50
"""Different callers, all known: an answer of its own for each."""
LATE_S = 1.0
"""How much later than without load the last call may end for a rate to count as held: more is a growing queue."""


def caller(number: int) -> str:
    """A caller's number as SIP and E.164 without the plus say it."""
    return f"7913000{number % CALLERS:04d}"


@dataclass(frozen=True)
class Load:
    """What sipp saw of one run."""

    rate: float
    asked: int
    ok: int
    failed: int
    retransmissions: int
    seconds: float
    """From the first INVITE to the end of the last call."""

    @property
    def whole(self) -> bool:
        """Whether every call ended as it should."""
        return self.ok == self.asked and not self.failed

    def held(self, call_s: float) -> bool:
        """Whether the rate was held: no call failed, and none waited for the others. `call_s` is one call alone."""
        return self.whole and self.seconds <= self.asked / self.rate + call_s + LATE_S


class Sipp:
    """Runs sipp out of the package root against one Asterisk."""

    def __init__(
        self, packages: PackageRoot, sip_port: int, folder: Path, callers: Sequence[str] | None = None
    ) -> None:
        self._packages = packages
        self._sip_port = sip_port
        self._folder = folder
        folder.mkdir()
        numbers = "\n".join(callers or [caller(number) for number in range(CALLERS)])
        (folder / "callers.csv").write_text(f"SEQUENTIAL\n{numbers}\n")
        self._runs = 0

    async def run(
        self,
        exten: str,
        calls: int,
        rate: float,
        *,
        key_after_s: float = 0,
        longest_s: float = 10,
        stays_s: float = 0,
        echo: bool = False,
        keys: Sequence[tuple[float, str]] = (),
    ) -> Load:
        """Place `calls` calls to `exten`, `rate` a second; the caller presses 2 after `key_after_s` if it is given.

        He hangs up after `stays_s` if that is given; else we must, and `longest_s` is the longest one call may last.
        `echo` sends the caller's RTP back. `keys` are pressed each so many seconds after the answer, instead of 2.
        Raises Unavailable when sipp itself could not work.
        """
        self._runs += 1
        folder = self._folder / f"{self._runs:03d}-{exten}"
        folder.mkdir()
        pressed = keys or ([(key_after_s, "2")] if key_after_s else ())
        (folder / "call.xml").write_text(_scenario(pressed, longest_s, stays_s))
        limit_s = calls / rate + longest_s + 15
        statistics = folder / "statistics.csv"
        rtp_port = free_port() & ~1
        whole, times = (1, 1) if rate == int(rate) else (10, 10)
        process = await asyncio.create_subprocess_exec(
            *self._packages.command("usr/bin/sipp", f"127.0.0.1:{self._sip_port}", "-sf", str(folder / "call.xml")),
            *("-s", exten, "-inf", str(self._folder / "callers.csv"), "-i", TRUNK, "-p", str(free_port())),
            *("-mi", "127.0.0.1", "-mp", str(rtp_port), *(["-rtp_echo"] if echo else [])),
            *("-m", str(calls), "-r", str(round(rate * times)), "-rp", str(1000 * whole), "-l", str(calls)),
            *("-timeout", f"{math.ceil(limit_s)}s", "-timeout_error", "-nostdin", "-skip_rlimit"),
            *("-trace_stat", "-stf", str(statistics), "-fd", "1", "-trace_err", "-error_file", str(folder / "errors")),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(limit_s + 30):
                await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return _read(statistics, calls, rate, folder)


def _scenario(keys: Sequence[tuple[float, str]], longest_s: float, stays_s: float) -> str:
    """The scenario as sipp reads it: keys by their seconds since the answer, then the end."""
    one, pressed, at_s = (SCENARIOS / "key.xml").read_text(), "", 0.0
    for number, (after_s, key) in enumerate(keys, start=2):
        own = one.replace("KEY_AFTER_MS", str(int((after_s - at_s) * 1000)))
        pressed += own.replace("CSEQ", str(number)).replace("SIGNAL", key)
        at_s = after_s
    ended = (SCENARIOS / "ended.xml").read_text().replace("BYE_WITHIN_MS", str(int(longest_s * 1000)))
    hangs_up = (SCENARIOS / "hangs_up.xml").read_text().replace("STAYS_MS", str(int(stays_s * 1000)))
    hangs_up = hangs_up.replace("CSEQ", str(len(keys) + 2))
    call = (SCENARIOS / "call.xml").read_text().replace("  KEY\n", pressed)
    return call.replace("  END\n", hangs_up if stays_s else ended)


def _read(statistics: Path, calls: int, rate: float, folder: Path) -> Load:
    if not statistics.exists():
        raise Unavailable(f"sipp не начал работу: {folder}")
    with statistics.open() as lines:
        rows = list(csv.DictReader(lines, delimiter=";"))
    if not rows:
        raise Unavailable(f"sipp не сосчитал ни одного звонка: {folder}")
    last = rows[-1]
    hours, minutes, seconds = last["ElapsedTime(C)"].split(":")[:3]
    return Load(
        rate=rate,
        asked=calls,
        ok=int(last["SuccessfulCall(C)"]),
        failed=int(last["FailedCall(C)"]),
        retransmissions=int(last["Retransmissions(C)"]),
        seconds=int(hours) * 3600 + int(minutes) * 60 + float(seconds),
    )
