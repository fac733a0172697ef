"""Tries a model before it is trusted: it must load, take telephone sound, and understand a sentence it is spoken."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from gridline.errors import InvalidInput
from speech import frames
from speech.error_rate import error_rate
from speech.models import SpeechModel
from speech.process import WorkerProcess

RUSSIAN: Final = "ru"
SENTENCE: Final = "Здравствуйте, я звоню по поводу отключения электричества на нашей улице."
WORST: Final = 0.5
"""Half of the words: a synthetic voice is harder than people are, but a model of another language gets none."""
WITHIN_S: Final = 120.0


async def tried(model: SpeechModel, spoken: Path | None, memory_mb: int) -> str:
    """How the model did with `spoken`, SENTENCE as an 8 kHz WAV: a Russian sentence for its label.

    None: nobody can speak here, so it is only loaded; a model of another language is not judged by its words.
    Raises NoModel when it does not load, NotHeard when it falls over the sound, InvalidInput when it does not
    understand.
    """
    worker = WorkerProcess(model, memory_mb, niceness=0)
    try:
        await worker.start()
        if spoken is None:
            return "Загружается. Голосом не проверена: синтезатора речи здесь нет."
        said = await worker.ask({"do": "transcribe", "wav": str(spoken.absolute()), "channel": 0}, WITHIN_S)
    finally:
        await worker.close()
    if model.label.language != RUSSIAN:
        return "Загружается и слушает. По-русски не проверена: язык другой."
    heard = " ".join(word.text for word in frames.words(said))
    wrong = error_rate(SENTENCE, heard)
    told = f"Сказано: «{SENTENCE}» Услышано: «{heard}»"
    if wrong > WORST:
        raise InvalidInput(f"Модель не понимает по-русски и не добавлена. {told} Для другого языка: --language КОД")
    return f"{told} (ошибок в словах: {wrong:.0%})."
