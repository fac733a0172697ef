"""`gridline speech add|list|try`: models of speech recognition: brought in, shown, tried on a sound."""

from __future__ import annotations

import asyncio
import tempfile
import time
import wave
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from gridline import settings
from gridline.clock import SystemClock
from gridline.errors import InvalidInput, Unavailable
from gridline.settings import Settings
from ivr.voice import audio
from ivr.voice.synthesis import RHVoice, find_rhvoice
from speech.ears import ears_of, shelf_of
from speech.engines.engine import engine_of
from speech.intake import name_for, put, unpacked
from speech.models import WITHOUT_LIBRARY, SpeechModel, label_for, write_label
from speech.port import Heard, NoModel
from speech.trial import RUSSIAN, SENTENCE, tried


def add_to(app: typer.Typer) -> None:
    """Hang the group on `app`."""
    group = typer.Typer(name="speech", help="Распознавание речи: модели.", no_args_is_help=True)
    group.command("add")(add)
    group.command("list")(list_)
    group.command("try")(try_)
    app.add_typer(group)


def add(
    source: Annotated[Path, typer.Argument(metavar="ФАЙЛ.zip|ПАПКА", help="Модель vosk или Whisper", exists=True)],
    name: Annotated[str, typer.Option("--name", help="Имя модели; без него — по имени файла")] = "",
    language: Annotated[str, typer.Option("--language", help="Язык модели: ru, kk, ...")] = RUSSIAN,
) -> None:
    """Добавить модель: распаковать, загрузить, проверить произнесённой фразой."""
    config = settings.load()
    out = Console(highlight=False)
    with out.status("Проверяю модель…"):
        model = asyncio.run(_add(config, source, name, language))
    out.print(f"Модель «{model.name}» добавлена: {model.engine}, язык {model.label.language}.", markup=False)
    out.print(model.label.check, markup=False)
    out.print(f"Умеет: {model.can}.", markup=False)
    out.print(ears_of(config).says, markup=False)


def list_() -> None:
    """Показать модели и то, чем слушает линия."""
    config = settings.load()
    out, shelf = Console(highlight=False), shelf_of(config)
    for name in shelf.names():
        model = shelf.model(name)
        out.print(
            f"{name}: {model.engine}, язык {model.label.language}, {model.can}. {model.label.check}", markup=False
        )
    out.print(ears_of(config).says, markup=False)


def try_(
    file: Annotated[Path, typer.Argument(metavar="ФАЙЛ.wav", help="Звук: WAV, 8 кГц, 16 бит", exists=True)],
) -> None:
    """Распознать звук выбранной моделью: слова каждого канала и скорость."""
    out = Console(highlight=False)
    started = time.monotonic()
    for channel, heard in enumerate(asyncio.run(_try(settings.load(), file)), 1):
        out.print(f"Канал {channel} ({heard.seconds:.1f} с): {heard.text or 'речи нет'}", markup=False)
    took_s = time.monotonic() - started
    out.print(f"{heard.engine}, модель «{heard.model}», {took_s:.1f} с вместе с загрузкой модели.", markup=False)


async def _add(config: Settings, source: Path, wanted: str, language: str) -> SpeechModel:
    shelf = shelf_of(config)
    name = name_for(source, wanted, shelf)
    with unpacked(source, shelf) as folder, tempfile.TemporaryDirectory(prefix="gridline-speech-") as beside:
        engine = engine_of(folder)
        assert engine is not None
        if not engine.installed:
            raise NoModel(f"Модель не проверить: {WITHOUT_LIBRARY}")
        draft = SpeechModel(name, folder, label_for(folder, engine, language, SystemClock().now()))
        check = await tried(draft, await _spoken(config, Path(beside)), config.speech_memory_mb)
        write_label(folder, draft.label.model_copy(update={"check": check}))
        put(folder, shelf, name)
    return shelf.model(name)


async def _spoken(config: Settings, folder: Path) -> Path | None:
    """The sentence as a caller would say it on the telephone; None where nothing can speak."""
    try:
        wav = await RHVoice(find_rhvoice(config.package_root), config.voice).speak(SENTENCE)
    except Unavailable:
        return None
    file = folder / "sentence.wav"
    file.write_bytes(audio.wav_bytes(audio.for_telephone(wav)))
    return file


async def _try(config: Settings, file: Path) -> list[Heard]:
    try:
        with wave.open(str(file), "rb") as sound:
            channels = sound.getnchannels()
    except (wave.Error, EOFError) as error:
        raise InvalidInput(f"{file.name}: это не WAV ({error}).") from error
    ears = ears_of(config)
    try:
        return [await ears.transcribe(file, channel) for channel in range(channels)]
    finally:
        await ears.close()
