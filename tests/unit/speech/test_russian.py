"""Russian through a telephone: what is said by the synthesiser and goes through A-law comes back in words."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from gridline.settings import HOUSE
from ivr.voice import audio
from ivr.voice.synthesis import RHVoice, find_rhvoice
from service.cli.sound import speech as command
from speech.ears import Ears
from speech.error_rate import error_rate
from tests.prompts_heard import over_the_telephone
from tests.speech_models import whisper_base

SAID = (
    "Здравствуйте. На улице Весенней с утра нет электричества, дом пять, квартира десять. "
    "Мастер обещал приехать к двум часам, но никто не приехал. Скажите, пожалуйста, когда включат свет?"
)


@pytest.fixture(scope="module")
def call(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A caller's sentence as Asterisk would record it."""
    rhvoice = RHVoice(find_rhvoice(HOUSE / ".packages"), "anna")
    if not rhvoice.available:
        pytest.skip("RHVoice не установлен: make setup")
    spoken = audio.for_telephone(asyncio.run(rhvoice.speak(SAID)))
    file = tmp_path_factory.mktemp("call") / "call.wav"
    file.write_bytes(audio.wav_bytes(over_the_telephone(spoken)))
    return file


@pytest.fixture
async def ears(tmp_path: Path) -> AsyncIterator[Ears]:
    ears = Ears(whisper_base(tmp_path))
    yield ears
    await ears.close()


async def test_a_sentence_comes_back_from_the_telephone_in_words(ears: Ears, call: Path) -> None:
    heard = await ears.transcribe(call, 0)
    assert error_rate(SAID, heard.text) <= 0.15, heard.text
    assert (heard.engine, heard.model) == ("whisper", "whisper-base")
    assert not any(letter.isdigit() for letter in heard.text), "numbers are words, as vosk gives them"
    assert heard.text == heard.text.lower()
    starts = [word.start_s for word in heard.words]
    assert starts == sorted(starts)
    assert heard.words[-1].end_s <= heard.seconds
    assert not ears.streams
    assert "сказанное звонящими целиком; на ходу не слушает" in ears.says


async def test_silence_and_noise_are_no_words(ears: Ears, tmp_path: Path) -> None:
    noise = np.random.default_rng(1).normal(0, 60, 6 * audio.RATE).astype(np.int16)
    (tmp_path / "noise.wav").write_bytes(audio.wav_bytes(noise))
    assert (await ears.transcribe(tmp_path / "noise.wav", 0)).words == ()


def test_a_model_is_added_after_it_understood_a_sentence_and_then_tried(
    tmp_path: Path, call: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stick = (whisper_base(tmp_path).model("whisper-base").folder / "model.bin").resolve().parent
    monkeypatch.setenv("GRIDLINE_VAR", str(tmp_path / "var"))
    app = typer.Typer()
    command.add_to(app)
    app.callback()(lambda: None)
    added = CliRunner().invoke(app, ["speech", "add", str(stick)], env={"COLUMNS": "1000"})
    assert added.exit_code == 0, added.output
    assert "Модель «whisper-base» добавлена: whisper, язык ru." in added.output
    assert "Услышано: «" in added.output
    tried = CliRunner().invoke(app, ["speech", "try", str(call)], env={"COLUMNS": "1000"})
    assert tried.exit_code == 0, tried.output
    assert "Канал 1" in tried.output
    assert "электричества" in tried.output
    shutil.rmtree(tmp_path / "var")  # pytest would keep the model three runs long
