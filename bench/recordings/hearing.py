"""What hearing costs: each engine that is there, its time for a second of sound, its memory over many short files."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psutil

from bench.recordings import sounds, taking
from bench.recordings.past import id_of
from bench.recordings.worker import apart, engine_of
from gridline import settings
from gridline.db import Database
from gridline.errors import Unavailable
from recordings.models import Recording, RecordingKind, RecordingState
from speech.ears import Ears, shelf_of
from speech.engines.engine import EngineName
from speech.models import Shelf, label_for, write_label
from speech.port import NotHeard

FOR_TESTS: Final = {"whisper-base": (EngineName.WHISPER, "ru"), "vosk-ko": (EngineName.VOSK, "ko")}
"""What `gridline setup --tests` fetches; the Korean model hears Russian wrongly and takes the time it takes."""
SHORT_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class HearingSize:
    """How much is heard: seconds of sound for the time, short files for the memory."""

    seconds: float
    files: int


def shelf(folder: Path) -> Shelf:
    """The installation's models and those of the tests that are there and have their library, by links."""
    config = settings.load()
    own = shelf_of(config)
    for name in own.names():
        model = own.model(name)
        _linked(model.folder, folder / name, model.engine, model.label.language)
    for name, (engine, language) in FOR_TESTS.items():
        if (fetched := config.package_root / "speech" / name).is_dir():
            _linked(fetched, folder / name, engine, language)
    return Shelf(folder)


def _linked(model: Path, place: Path, engine: EngineName, language: str) -> None:
    if not engine.installed or place.exists():
        return
    for file in model.rglob("*"):
        if file.is_file():
            link = place / file.relative_to(model)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(file.absolute())
    write_label(place, label_for(place, engine, language, datetime.now(UTC)))


async def measured(folder: Path, size: HearingSize) -> dict[str, Any]:
    """By model: engine, time for a second of sound, memory. Empty where nothing hears, or nothing speaks."""
    models = shelf(folder / "models")
    if not models.names():
        return {}
    wav, short = folder / "talk.wav", folder / "short.wav"
    sound_s = await sounds.spoken(wav, size.seconds)
    await sounds.spoken(short, SHORT_S)
    found: dict[str, Any] = {}
    for name in models.names():
        label = models.model(name).label
        found[name] = {"engine": label.engine.value, "language": label.language}
        try:
            found[name] |= await _speed(models, name, wav, sound_s)
            found[name]["growth"] = await _growth(folder / f"growth-{name}", models, name, short, size.files)
        except NotHeard as error:  # on a busy machine a niced worker is too late: the others are measured all the same
            found[name]["problem"] = error.message
    return found


async def _speed(models: Shelf, name: str, wav: Path, sound_s: float) -> dict[str, Any]:
    """Of the whole worker: by the clock, and by its processor's."""
    ears = Ears(models, name)
    try:
        await ears.load()
        engine = engine_of(psutil.Process())
        assert engine is not None
        before, begins = _cpu_s(engine), time.perf_counter()
        heard = await ears.transcribe(wav, 0)
        wall_s, cpu_s = time.perf_counter() - begins, _cpu_s(engine) - before
    finally:
        await ears.close()
    return {
        "sound_s": round(sound_s, 1),
        "words": len(heard.words),
        "transcript_rtf": round(wall_s / sound_s, 3),
        "transcript_cpu_rtf": round(cpu_s / sound_s, 3),
    }


def _cpu_s(process: Any) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


async def _growth(var: Path, models: Shelf, name: str, short: Path, files: int) -> dict[str, Any]:
    """Of the job's process and of the engine's, from the first part of the files to the last."""
    url = await taking.fresh(var)
    (var / "store").mkdir()
    (var / "store/short.wav").write_bytes(short.read_bytes())
    a_round = max(1, files // 20)
    own, engine = [], []
    db = Database(url)
    try:
        async with apart("transcription", var, url, models.folder, name) as process:
            for numbers in _parts(files, a_round):
                await _to_hear(db, numbers, "short.wav", SHORT_S)
                done = await process.round()
                if done.done != len(numbers):
                    raise Unavailable(f"Работа не доказана: {name} расслышал {done.done} файлов из {len(numbers)}.")
                own.append(done.rss_mb)
                engine.append(done.engine_mb)
    finally:
        await db.close()
    return {
        "files": files,
        "job_mb": taking.grown(own),
        "engine_mb": taking.grown(engine),
        "engine_first_mb": round(engine[0], 1),
        "engine_last_mb": round(engine[-1], 1),
    }


def _parts(files: int, a_round: int) -> Iterator[range]:
    for first in range(0, files, a_round):
        yield range(first, min(first + a_round, files))


async def _to_hear(db: Database, numbers: range, file: str, seconds: float) -> None:
    """Rows of recordings that all have one file."""
    now = datetime.now(UTC) - timedelta(minutes=5)
    async with db.write() as session:
        for number in numbers:
            session.add(
                Recording(
                    id=id_of("heard", number),
                    call_id=id_of("call", number),
                    kind=RecordingKind.MESSAGE,
                    state=RecordingState.STORED,
                    started_at=now,
                    ended_at=now,
                    file=file,
                    seconds=seconds,
                    channels=1,
                )
            )


async def keeps_hearing(db: Database, file: str, seconds: float) -> None:
    """Give the job one recording of so many seconds."""
    await _to_hear(db, range(1), file, seconds)


def chosen(models: Shelf) -> str:
    """The model that a company would have: one of Russian, else any; empty without one."""
    names = sorted(models.names(), key=lambda name: models.model(name).label.language != "ru")
    return names[0] if names else ""


async def wait_for_engine(process: Any, within_s: float = 60) -> Any:
    """The engine's process once it uses its processor. Raises Unavailable."""
    loop = asyncio.get_running_loop()
    until = loop.time() + within_s
    while loop.time() < until:
        engine = process.engine
        if engine is not None and _cpu_s(engine) > 0:
            return engine
        await asyncio.sleep(0.1)
    raise Unavailable("Работа не доказана: распознаватель не начал слушать.")
