"""Words to sound: the synthesiser as a port, and RHVoice run as a program behind it."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import structlog

from gridline.errors import Unavailable

LONGEST_TEXT = 2000
"""Characters in one text; the longest real prompt has about 400."""
RHVOICE = "RHVoice-test"
RATE_PERCENT = 95
SLOW_PERCENT = 72
"""For whoever has asked twice to hear it again, and for companies whose callers prefer it."""
"""Per cent of the voice's own pace: callers must be able to write down what they hear."""
log = structlog.get_logger(__name__)


class Synthesiser(Protocol):
    """Whatever turns Russian words into a WAV."""

    @property
    def fingerprint(self) -> str:
        """Names engine, voice and rate: part of every cache key."""

    async def speak(self, text: str) -> bytes:
        """The WAV file of `text`. Raises Unavailable."""


@dataclass(frozen=True)
class Program:
    """How RHVoice is started on this machine."""

    command: tuple[str, ...]
    env: Mapping[str, str]
    voices: frozenset[str]


def find_rhvoice(package_root: Path) -> Program | None:
    """RHVoice of the machine, else the one in the private package root, else None."""
    if own := shutil.which(RHVOICE):
        return Program((own,), {}, _voices(Path("/usr/share/RHVoice")))
    root = package_root.absolute()
    for base in (root, root / "root"):
        program, data = base / "usr/bin" / RHVOICE, base / "usr/share/RHVoice"
        loaders = [*base.glob("usr/lib*/ld-linux-*.so.*"), *base.glob("lib*/ld-linux-*.so.*")]
        if program.is_file() and loaders:
            folders = sorted({f.parent for f in base.glob("usr/lib/*/libRHVoice_core.so.*")})
            folders += [f / "pulseaudio" for f in folders]  # libpulsecommon lives apart
            libraries = ":".join(str(f) for f in folders)
            env = {"RHVOICE_DATA_PATH": str(data), "RHVOICE_CONFIG_PATH": str(base / "etc/RHVoice")}
            return Program((str(loaders[0]), "--library-path", libraries, str(program)), env, _voices(data))
    return None


def _voices(data: Path) -> frozenset[str]:
    folder = data / "voices"
    return frozenset(f.name for f in folder.iterdir()) if folder.is_dir() else frozenset()


_FORBIDDEN = re.compile(r"[<>&\\`$|{}\[\]@#*_^~=]")


def clean(text: str) -> str:
    """`text` as plain words: no markup, no control or invisible characters, one space between words.

    RHVoice reads stdin as plain text (no `-s`), so markup would only be read aloud; it is removed anyway.
    """
    kept = (" " if unicodedata.category(c)[0] in "CZ" else c for c in unicodedata.normalize("NFC", text))
    return " ".join(_FORBIDDEN.sub(" ", "".join(kept)).split())[:LONGEST_TEXT]


class RHVoice:
    """Runs RHVoice, one process per text, at most two at a time (calls need the rest of the machine)."""

    def __init__(
        self, program: Program | None, voice: str, *, rate_percent: int = RATE_PERCENT, timeout_s: float = 10
    ) -> None:
        self._program, self._voice, self._rate, self._timeout_s = program, voice, rate_percent, timeout_s
        self._slots = asyncio.Semaphore(2)

    @property
    def available(self) -> bool:
        """Whether the program and the voice are there."""
        return self._program is not None and (not self._program.voices or self._voice in self._program.voices)

    @property
    def fingerprint(self) -> str:
        """Engine, voice and rate."""
        return f"rhvoice/{self._voice}/{self._rate}"

    async def speak(self, text: str) -> bytes:
        """The 24 kHz WAV of `text`. Raises Unavailable: no program, no such voice, too slow, no sound."""
        program, words = self._program, clean(text)
        if program is None:
            raise Unavailable("Нет синтезатора речи RHVoice. Выполните make setup или установите пакет rhvoice.")
        if not self.available:  # RHVoice silently falls back to another voice
            raise Unavailable(f"У RHVoice нет голоса «{self._voice}». Есть: {', '.join(sorted(program.voices))}.")
        if not words:
            raise Unavailable("Синтезатору нечего сказать: текст пуст.")
        async with self._slots:
            with tempfile.TemporaryDirectory(prefix="gridline-voice-") as folder:
                return await self._run(program, words, Path(folder) / "speech.wav")

    async def _run(self, program: Program, words: str, out: Path) -> bytes:
        said = out.with_suffix(
            ".txt"
        )  # not a pipe: uvloop's write raises RuntimeError when the program has died already
        said.write_text(words, "utf-8")
        with said.open("rb") as stdin:
            process = await asyncio.create_subprocess_exec(
                *program.command,
                *("-p", self._voice, "-r", str(self._rate), "-o", str(out)),
                stdin=stdin,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                env={**os.environ, **program.env},
            )
        try:
            async with asyncio.timeout(self._timeout_s):
                _, complaint = await process.communicate()
        except TimeoutError as error:
            raise Unavailable(f"RHVoice не ответил за {self._timeout_s:g} с.") from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0 or not out.is_file():
            detail = complaint.decode(errors="replace").strip()[-300:]
            log.warning("speech synthesis failed", code=process.returncode, detail=detail)
            raise Unavailable(f"RHVoice завершился с кодом {process.returncode}: {detail or 'без объяснений'}.")
        return out.read_bytes()
