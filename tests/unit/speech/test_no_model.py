"""No model, or one that does not load: everything says so in words, nothing crashes, nothing is silently empty."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gridline import settings
from speech.ears import Ears, ears_of
from speech.engines.engine import EngineName
from speech.models import Shelf, label_for, write_label
from speech.port import NoModel


def labelled(folder: Path, engine: EngineName, **files: bytes) -> Shelf:
    """A shelf with one model made of these files."""
    place = folder / "speech/bad"
    place.mkdir(parents=True)
    for name, body in files.items():
        (place / name).write_bytes(body)
    write_label(place, label_for(place, engine, "ru", datetime(2026, 11, 29, tzinfo=UTC)))
    return Shelf(folder / "speech")


async def test_without_a_model_the_ears_say_so_and_what_to_do(tmp_path: Path) -> None:
    ears = ears_of(settings.load(var=tmp_path))
    assert not ears.available
    assert not ears.streams
    assert ears.says == "Распознавание речи не настроено: модели нет. Добавьте её: gridline speech add ФАЙЛ.zip"
    with pytest.raises(NoModel, match="не настроено"):
        await ears.transcribe(tmp_path / "away.wav", 0)
    with pytest.raises(NoModel, match="не настроено"):
        async with ears.stream():
            pass
    await ears.close()


async def test_a_model_that_does_not_load_is_told_with_the_engines_own_words(tmp_path: Path) -> None:
    ears = Ears(labelled(tmp_path, EngineName.VOSK, conf=b"nonsense"))
    assert ears.available
    with pytest.raises(NoModel, match=r"«bad» не загружается: .*Failed to create a model"):
        await ears.load()
    await ears.close()


async def test_a_model_that_takes_the_process_down_takes_nothing_else(tmp_path: Path) -> None:
    """Kaldi aborts over files that promise what they do not hold."""
    shelf = labelled(tmp_path, EngineName.VOSK)
    for name, body in {"am/final.mdl": b"\0B<TransitionModel>", "conf/model.conf": b"--no-such-option=1\n"}.items():
        (shelf.folder / "bad" / name).parent.mkdir(exist_ok=True)
        (shelf.folder / "bad" / name).write_bytes(body)
    ears = Ears(shelf)
    for _ in range(2):
        with pytest.raises(NoModel, match="«bad» не загружается"):
            await ears.load()
    await ears.close()


async def test_a_model_whose_library_is_missing_says_which(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EngineName, "installed", False)
    ears = Ears(labelled(tmp_path, EngineName.WHISPER))
    assert not ears.available
    assert "requirements-whisper.lock" in ears.says
