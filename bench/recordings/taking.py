"""What taking recordings in costs, beside bare ffmpeg; its memory over many files and over one of hours."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

import migrations
from bench.recordings import sounds
from bench.recordings.worker import Apart, apart
from gridline.db import Database
from gridline.errors import Unavailable

TALK_S: Final = 180
"""An ordinary talk."""
A_TURN: Final = 5
"""Talks taken in before ffmpeg has its turn."""
ROUND: Final = 500
"""Files that lie there at once, and after how many the memory is looked at first."""


@dataclass(frozen=True, slots=True)
class TakingSize:
    """How much is taken in."""

    turns: int
    files: int
    hours: float


async def measured(folder: Path, size: TakingSize, ffmpeg: str) -> dict[str, Any]:
    """Every figure of the intake. Raises Unavailable when a file was not taken in."""
    found = await _speed(folder / "speed", size.turns, ffmpeg)
    found["growth"] = await _growth(folder / "growth", size.files)
    peak = await _peak(folder / "peak", size.hours)
    return found | {"intake_peak_mb": peak["above_idle_mb"], "peak": peak}


async def _speed(var: Path, turns: int, ffmpeg: str) -> dict[str, Any]:
    sound = sounds.talk(TALK_S, seed=1)
    url, copies = await fresh(var), var / "copies"
    copies.mkdir()
    ours: list[tuple[float, float]] = []
    bare: list[float] = []
    async with apart("intake", var, url) as process:
        for turn in range(-1, turns):  # the first is to warm up, and counts nowhere
            numbers = range((turn + 1) * A_TURN, (turn + 2) * A_TURN)
            raw = sounds.lay(var / "incoming", numbers, sound)
            for file in raw:
                os.link(file, copies / file.name)
            done = await _taken(process, A_TURN)
            used = await asyncio.to_thread(_bare, ffmpeg, copies) if ffmpeg else 0.0
            if turn >= 0:
                ours.append((done[0] / A_TURN, done[1] / A_TURN))
                bare.append(used / A_TURN)
    start = await asyncio.to_thread(_cpu_of, [[ffmpeg, "-version"]] * A_TURN) / A_TURN if ffmpeg else 0.0
    cpu_s = median(one[0] for one in ours)
    found: dict[str, Any] = {
        "talks": turns * A_TURN,
        "talk_s": TALK_S,
        "intake_x_realtime": round(TALK_S / cpu_s),
        "intake_cpu_ms": round(cpu_s * 1000, 1),
        "intake_wall_ms": round(median(one[1] for one in ours) * 1000, 1),
        "intake_ratio_to_ffmpeg": None,
    }
    if ffmpeg:
        found |= {
            "intake_ratio_to_ffmpeg": round(median(own[0] / of for own, of in zip(ours, bare, strict=True)), 2),
            "ffmpeg_cpu_ms": round(median(bare) * 1000, 1),
            "ffmpeg_start_cpu_ms": round(start * 1000, 1),
        }
    return found


async def _growth(var: Path, files: int) -> dict[str, Any]:
    """Memory after the first round and after the last, of short talks."""
    sound, url = sounds.talk(1, seed=2), await fresh(var)
    after: list[float] = []
    a_round = min(ROUND, files // 2)
    async with apart("intake", var, url) as process:
        for first in range(0, files, a_round):
            numbers = range(first, min(first + a_round, files))
            sounds.lay(var / "incoming", numbers, sound)
            after.append((await _taken(process, len(numbers)))[2])
    shutil.rmtree(var, ignore_errors=True)
    return {"files": files, "first_mb": round(after[0], 1), "last_mb": round(after[-1], 1), "mb": grown(after)}


def grown(after: Sequence[float]) -> float:
    """How much more it was at the end than after the first round."""
    return round(after[-1] - after[0], 1)


async def _peak(var: Path, hours: float) -> dict[str, Any]:
    """One talk of hours, by a process that has done nothing before."""
    sound, url = sounds.talk(60, seed=3), await fresh(var)
    async with apart("intake", var, url) as process:
        idle = await process.round()
        sounds.lay(var / "incoming", range(1), sound, times=round(hours * 60))
        done = await process.round()
        if done.done != 1:
            raise Unavailable("Работа не доказана: долгий разговор не принят.")
    shutil.rmtree(var, ignore_errors=True)
    return {
        "hours": hours,
        "idle_mb": round(idle.rss_mb, 1),
        "peak_mb": round(done.peak_mb, 1),
        "above_idle_mb": round(done.peak_mb - idle.rss_mb, 1),
        "cpu_s": round(done.cpu_s, 2),
        "x_realtime": round(hours * 3600 / done.cpu_s),
    }


async def fresh(var: Path) -> str:
    """A folder with an empty SQLite of the newest shape; its address."""
    var.mkdir(parents=True)
    url = f"sqlite+aiosqlite:///{var / 'gridline.db'}"
    db = Database(url)
    await migrations.upgrade(db)
    await db.close()
    return url


async def _taken(process: Apart, files: int) -> tuple[float, float, float]:
    """CPU and wall seconds of taking so many in, and the memory then. Raises Unavailable when they were not taken."""
    done = await process.round()
    if done.done != files:
        raise Unavailable(f"Работа не доказана: принято {done.done} записей из {files}.")
    return done.cpu_s, done.wall_s, done.rss_mb


def _bare(ffmpeg: str, folder: Path) -> float:
    """CPU seconds of ffmpeg doing the same with every file there, one process a file: WAV, SHA-256, levels."""
    raw = sorted(folder.glob("*.raw"))
    used = _cpu_of([_command(ffmpeg, file) for file in raw])
    for file in raw:
        wav, sha = file.with_suffix(".wav"), file.with_suffix(".sha")
        if wav.stat().st_size < file.stat().st_size or "SHA256=" not in sha.read_text():
            raise Unavailable("Работа не доказана: ffmpeg не сделал WAV или суммы.")
        for done in (file, wav, sha):
            done.unlink()
    return used


def _command(ffmpeg: str, raw: Path) -> list[str]:
    levels = "astats=measure_perchannel=RMS_level:measure_overall=none"
    return [
        *(ffmpeg, "-nostdin", "-v", "error", "-y", "-f", "s16le", "-ar", "8000", "-ac", "2", "-i", str(raw)),
        *("-af", levels, "-c:a", "pcm_s16le", str(raw.with_suffix(".wav"))),
        *("-map", "0:a", "-c", "copy", "-f", "hash", "-hash", "sha256", str(raw.with_suffix(".sha"))),
    ]


def _cpu_of(commands: Sequence[Sequence[str]]) -> float:
    """CPU seconds of these programs, one after another. Raises Unavailable for one that fails."""
    used = 0.0
    for command in commands:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        assert process.stderr is not None
        complaint = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stderr.close()
        if status:
            raise Unavailable(f"{command[0]}: {complaint.decode(errors='replace')[-300:]}")
        used += usage.ru_utime + usage.ru_stime
    return used
