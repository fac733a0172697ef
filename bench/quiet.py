"""How quiet the machine was while a benchmark ran: figures of a busy one are the neighbours' figures."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LOAD_BEFORE: Final = 0.5
"""The load average of the last minute at the start, for each processor: before our own work is in it."""
OTHERS: Final = 0.05
"""The share of the machine that others may use meanwhile."""
STEAL: Final = 0.01
"""The share that the host of a virtual machine may take away."""
_USER, _NICE, _SYSTEM, _IRQ, _SOFTIRQ, _STEAL = 0, 1, 2, 5, 6, 7
"""Columns of the first line of /proc/stat (proc(5))."""


@dataclass(frozen=True, slots=True)
class Quietness:
    """What else the machine did."""

    load_before: float
    load_after: float
    others: float
    """The share of all processors' time that others used."""
    steal: float
    cpus: int

    @property
    def quiet(self) -> bool:
        """Whether the figures may be quoted."""
        return self.load_before <= LOAD_BEFORE * self.cpus and self.others <= OTHERS and self.steal <= STEAL

    @property
    def sentence(self) -> str:
        """For under a table."""
        measured = (
            f"{self.cpus} processors; load average {self.load_before:.1f} before and {self.load_after:.1f} after, "
            f"others used {self.others:.0%} of the machine, steal {self.steal:.1%}."
        )
        return measured if self.quiet else f"{measured} NOT TO BE QUOTED: the machine was not quiet."


class Watch:
    """Looks from its making on."""

    def __init__(self) -> None:
        self._load = os.getloadavg()[0]
        self._busy, self._stolen = _machine_s()
        self._own, self._at = _own_s(), os.times().elapsed

    def told(self) -> Quietness:
        """What was seen up to now. Processes we started count as ours once they have ended and were waited for."""
        cpus = os.cpu_count() or 1
        busy, stolen = _machine_s()
        whole = max(0.01, (os.times().elapsed - self._at) * cpus)
        others = busy - self._busy - (_own_s() - self._own)
        return Quietness(
            self._load, os.getloadavg()[0], max(0.0, others / whole), max(0.0, (stolen - self._stolen) / whole), cpus
        )


def _machine_s() -> tuple[float, float]:
    """Seconds all processors worked, and seconds the host took away, since the machine's start."""
    ticks = [int(part) for part in Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()[1:]]
    second = os.sysconf("SC_CLK_TCK")
    worked = sum(ticks[column] for column in (_USER, _NICE, _SYSTEM, _IRQ, _SOFTIRQ))
    return worked / second, ticks[_STEAL] / second


def _own_s() -> float:
    """Seconds this process and its ended children worked."""
    return sum(os.times()[:4])
