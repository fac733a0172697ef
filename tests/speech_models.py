"""The models that `gridline setup --tests` fetches, on a shelf of the test's own; a skip that says so without them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gridline import settings
from service.cli.setup.speech_models import KOREAN, WHISPER_BASE, ModelForTests, folder_of
from speech.models import Shelf, label_for, write_label

ADDED_AT = datetime(2026, 11, 29, tzinfo=UTC)


def shelf_with(model: ModelForTests, folder: Path) -> Shelf:
    """A shelf whose only model is this one, by links: nothing is copied. Skips where it is not there."""
    fetched = folder_of(model, settings.load().package_root)
    if not fetched.is_dir():
        pytest.skip(f"нет модели речи {model.name}: gridline setup --tests")
    if not model.engine.installed:
        pytest.skip("нет библиотеки faster-whisper: gridline setup --tests")
    place = folder / "speech" / model.name
    place.mkdir(parents=True)
    for file in fetched.rglob("*"):
        if file.is_file():
            link = place / file.relative_to(fetched)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(file)
    write_label(place, label_for(place, model.engine, model.language, ADDED_AT))
    return Shelf(folder / "speech")


def whisper_base(folder: Path) -> Shelf:
    """Whisper base: it understands Russian."""
    return shelf_with(WHISPER_BASE, folder)


def korean(folder: Path) -> Shelf:
    """A small Korean model of vosk: it understands no Russian, but everything else is as with a Russian one."""
    return shelf_with(KOREAN, folder)
