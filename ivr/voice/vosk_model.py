"""Loads a speech recognition model from its folder, in a process of its own: a bad model aborts the process (Kaldi)."""

from __future__ import annotations

import sys
from pathlib import Path

from vosk import KaldiRecognizer, Model, SetLogLevel

TELEPHONE_HZ = 8000


def load(folder: Path) -> Model:
    """The model of `folder`; never by a language's name, which would download it. Raises ValueError."""
    SetLogLevel(-1)
    try:
        return Model(model_path=str(folder))
    except Exception as error:  # vosk raises nothing more exact
        raise ValueError(f"vosk: {error}") from error


def main() -> None:
    """`python -m ivr.voice.vosk_model FOLDER`: exit code 0 when the model hears telephone sound."""
    try:
        model = load(Path(sys.argv[1]))
    except ValueError as error:
        sys.exit(str(error))
    KaldiRecognizer(model, TELEPHONE_HZ).AcceptWaveform(bytes(TELEPHONE_HZ))


if __name__ == "__main__":
    main()
