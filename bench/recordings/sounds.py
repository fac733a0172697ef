"""Sound for the benchmark: talks of two people as Asterisk writes them, and words that an engine can hear."""

from __future__ import annotations

import json
import os
import time
import wave
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np

from bench.recordings.past import call_of, id_of
from gridline import settings
from ivr.voice.audio import for_telephone
from ivr.voice.synthesis import RHVoice, find_rhvoice
from recordings.audio import SAMPLE_RATE, Samples
from recordings.incoming import Label

OLD_S: Final = 3_600
"""How long ago the samples were last written to: nobody writes them any more."""
TURN_S: Final = 4
SENTENCES: Final = (
    "Здравствуйте, у нас на улице Ленина с утра нет света, и никто не отвечает.",
    "Соседи говорят, что оборвался провод возле магазина, и он искрит.",
    "Скажите, пожалуйста, когда приедет бригада и когда включат электричество.",
    "Я хочу подать заявку на замену счётчика, старый показывает неверно.",
    "Мне обещали перезвонить ещё вчера, но никто так и не позвонил.",
)


def talk(seconds: int, seed: int) -> bytes:
    """Raw samples of two people by turns over a line's noise, two channels."""
    chance = np.random.default_rng(seed)
    frames = seconds * SAMPLE_RATE
    sound = chance.normal(0, 40, (frames, 2))
    at = np.arange(frames) / SAMPLE_RATE
    for side in (0, 1):
        speaks = (at / TURN_S).astype(int) % 2 == side
        syllables = np.abs(np.sin(2 * np.pi * (2.1 + side * 0.4) * at))
        sound[:, side] += speaks * syllables * 6000 * np.sin(2 * np.pi * (140 + 60 * side) * at)
    samples: Samples = sound.clip(-32768, 32767).astype("<i2")
    return samples.tobytes()


def lay(folder: Path, numbers: range, samples: bytes, *, times: int = 1) -> list[Path]:
    """Labels and samples as Asterisk and the controller leave them after a call; the files of the samples.

    `times`: so often the samples are written one after another, for a talk of hours.
    """
    folder.mkdir(parents=True, exist_ok=True)
    laid = []
    for number in numbers:
        id, began = id_of("taken", number), datetime.now(UTC).isoformat()
        label = Label(id, call_of(number), "talk", began, ended=True, company_id="skek")
        raw = folder / f"{id}.raw"
        with raw.open("wb") as out:
            for _ in range(times):
                out.write(samples)
        os.utime(raw, (time.time() - OLD_S,) * 2)
        (folder / f"{id}.json").write_text(json.dumps(asdict(label)), encoding="utf-8")
        laid.append(raw)
    return laid


async def spoken(file: Path, seconds: float) -> float:
    """A WAV of one channel in which somebody speaks Russian for about so long; the seconds it lasts.

    Raises Unavailable without a synthesiser.
    """
    config = settings.load()
    voice = RHVoice(find_rhvoice(config.package_root), config.voice)
    pause = np.zeros(SAMPLE_RATE // 2, np.int16)
    said = [for_telephone(await voice.speak(sentence)) for sentence in SENTENCES]
    one = np.concatenate([part for sentence in said for part in (sentence, pause)])
    whole = np.concatenate([one] * max(1, round(seconds * SAMPLE_RATE / len(one))))
    if seconds * SAMPLE_RATE < len(one):
        whole = one[: int(seconds * SAMPLE_RATE)]
    write_wav(file, whole.astype("<i2").tobytes(), channels=1)
    return len(whole) / SAMPLE_RATE


def write_wav(file: Path, samples: bytes, *, channels: int) -> None:
    """A WAV file of these samples."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(file), "wb") as out:
        out.setparams((channels, 2, SAMPLE_RATE, 0, "NONE", ""))
        out.writeframes(samples)
