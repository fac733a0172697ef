"""Where letters go out: the port, and the outbox of files that is its default."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from appeals.history import canonical, moment
from gridline.clock import Clock
from gridline.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A letter ready to go. `letter_id` is the same on every attempt, so a retry sends nothing twice."""

    letter_id: str
    number: str
    way: str
    to: str
    subject: str
    text: str
    docx: bytes

    def __post_init__(self) -> None:
        if not (re.fullmatch(r"[0-9a-f]{32}", self.letter_id) and re.fullmatch(r"[0-9-]{9,12}", self.number)):
            raise ValueError("letter_id and number become file names: hex and digits only")


@dataclass(frozen=True, slots=True)
class ProofOfSending:
    """That a letter was sent, and when. `facts` go into the history: hashes and file names, no address, no text."""

    sent_at: datetime
    facts: Mapping[str, Any]

    def as_json(self) -> str:
        """The proof as the history keeps it."""
        return canonical(dict(self.facts))


class Sender(Protocol):
    """A way to send letters."""

    async def send(self, letter: Outgoing) -> ProofOfSending:
        """Send it, or return the proof if it was sent before.

        Raises Unavailable (try again) or InvalidInput (this address will never work).
        """


class Outbox:
    """A folder of letters and proofs: `<number>/<letter_id>.docx`, `.txt`, `.json`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def proof(self, letter: Outgoing) -> ProofOfSending | None:
        """The proof of this letter, if it has gone out before."""
        file = self._path(letter, ".json")
        if not file.exists():
            return None
        kept = json.loads(file.read_text(encoding="utf-8"))
        return ProofOfSending(datetime.fromisoformat(kept["sent_at"]), kept["facts"])

    def keep(self, letter: Outgoing, suffix: str, content: bytes) -> str:
        """Store a part of a letter atomically; returns its name inside the outbox. Raises Unavailable."""
        file = self._path(letter, suffix)
        fresh = file.with_suffix(f"{suffix}.{os.getpid()}.part")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with fresh.open("wb") as out:
                out.write(content)
                out.flush()
                os.fsync(out.fileno())
            fresh.replace(file)
        except OSError as error:
            raise Unavailable(f"Письмо не сохранено в папку исходящих: {error}") from error
        return str(file.relative_to(self._folder))

    def prove(self, letter: Outgoing, proof: ProofOfSending) -> ProofOfSending:
        """Store the proof before reporting success, so that a crash after this cannot cause a second sending."""
        kept = {"sent_at": moment(proof.sent_at), "facts": dict(proof.facts)}
        self.keep(letter, ".json", canonical(kept).encode())
        return proof

    def erase(self, number: str) -> list[str]:
        """Remove the letters on an appeal (personal data) and keep the proofs; returns what was removed."""
        letters = [file for file in sorted((self._folder / number).glob("*")) if file.suffix != ".json"]
        for file in letters:
            file.unlink()
        return [str(file.relative_to(self._folder)) for file in letters]

    def _path(self, letter: Outgoing, suffix: str) -> Path:
        return self._folder / letter.number / f"{letter.letter_id}{suffix}"


class FileSender:
    """Puts letters into the outbox, from where a person prints them or hands them over."""

    def __init__(self, outbox: Outbox, clock: Clock) -> None:
        self._outbox = outbox
        self._clock = clock

    async def send(self, letter: Outgoing) -> ProofOfSending:
        """Put the letter into the outbox, for a clerk to pick up."""
        return await asyncio.to_thread(self._put, letter)

    def _put(self, letter: Outgoing) -> ProofOfSending:
        known = self._outbox.proof(letter)
        if known is not None:
            return known
        text = f"Способ: {letter.way}\nКому: {letter.to}\n\n{letter.text}"
        files = [
            self._outbox.keep(letter, ".docx", letter.docx),
            self._outbox.keep(letter, ".txt", text.encode("utf-8")),
        ]
        facts = {"way": letter.way, "by": "outbox", "files": files, "sha256": hashlib.sha256(letter.docx).hexdigest()}
        return self._outbox.prove(letter, ProofOfSending(self._clock.now(), facts))
