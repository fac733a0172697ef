"""The shelf of models, `var/speech/NAME`: which there are, what each can do, and which one is used."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ValidationError

from gridline.synced import write_synced
from speech.engines.engine import EngineName, grammars
from speech.port import NoModel

LABEL = "gridline.json"
"""The small file in a model's folder that says what it is."""
ADD = "gridline speech add ФАЙЛ.zip"
WITHOUT_LIBRARY = (
    "библиотеки faster-whisper нет. Выполните: "
    ".venv/bin/pip install --no-deps --require-hashes -r requirements-whisper.lock"
)
_READ_BYTES = 1 << 20


class ModelLabel(BaseModel):
    """What stands on the label."""

    engine: EngineName
    language: str
    sha256: str
    added_at: AwareDatetime
    check: str = ""
    """How it did when it was added: a Russian sentence."""


@dataclass(frozen=True)
class SpeechModel:
    """One model on the shelf."""

    name: str
    folder: Path
    label: ModelLabel

    @property
    def engine(self) -> EngineName:
        """The engine it is for."""
        return self.label.engine

    @property
    def can(self) -> str:
        """What it can do, in Russian, for a sentence that goes on."""
        if not self.engine.streams:
            return "записи и сказанное звонящими целиком; на ходу не слушает"
        held = "можно держать в списке фраз" if grammars(self.folder) else "списка фраз не принимает"
        return f"записи и речь на ходу, {held}"


class Shelf:
    """The models that were added on this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> list[str]:
        """Every model's name; what is only being added has none yet."""
        return sorted(label.parent.name for label in self.folder.glob(f"[!.]*/{LABEL}"))

    def model(self, name: str) -> SpeechModel:
        """The model of this name. Raises NoModel: none there, or its label is spoilt."""
        folder = self.folder / name
        try:
            label = ModelLabel.model_validate_json((folder / LABEL).read_text("utf-8"))
        except FileNotFoundError as error:
            there = ", ".join(self.names()) or "ни одной"
            raise NoModel(f"Модели речи «{name}» нет (есть: {there}). Добавьте её: {ADD}") from error
        except (ValidationError, ValueError) as error:
            raise NoModel(f"Ярлык {folder / LABEL} испорчен. Добавьте модель заново: {ADD}") from error
        return SpeechModel(name, folder, label)

    def chosen(self, name: str) -> SpeechModel:
        """The model of the setting `speech_model`; with an empty one, the only model there. Raises NoModel."""
        names = self.names()
        if not name and not names:
            raise NoModel(f"Распознавание речи не настроено: модели нет. Добавьте её: {ADD}")
        if not name and len(names) > 1:
            raise NoModel(f"Моделей речи несколько ({', '.join(names)}). Выберите одну настройкой speech_model.")
        model = self.model(name or names[0])
        if not model.engine.installed:
            raise NoModel(f"Модель речи «{model.name}»: {WITHOUT_LIBRARY}")
        return model


def label_for(folder: Path, engine: EngineName, language: str, now: datetime) -> ModelLabel:
    """The label of a model that has not been tried yet. Raises OSError."""
    return ModelLabel(engine=engine, language=language, sha256=digest(folder), added_at=now)


def write_label(folder: Path, label: ModelLabel) -> None:
    """Put the label on a model that is whole, synced: from now on it counts. Raises OSError."""
    write_synced(folder / LABEL, label.model_dump_json(indent=2) + "\n")


def digest(folder: Path) -> str:
    """SHA-256 over the names and contents of all the model's files, the label left out. Raises OSError."""
    whole = hashlib.sha256()
    for file in _files(folder):
        whole.update(f"{file.relative_to(folder).as_posix()}\0{file.stat().st_size}\0".encode())
        with file.open("rb") as content:
            while part := content.read(_READ_BYTES):
                whole.update(part)
    return whole.hexdigest()


def _files(folder: Path) -> Sequence[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file() and file != folder / LABEL)
