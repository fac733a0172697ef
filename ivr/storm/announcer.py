"""What callers hear right after the notice: kept in memory, sounded before anybody calls, shared by the database."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np
import structlog

from gridline.clock import Clock
from gridline.db import Database, new_id
from gridline.errors import GridlineError, InvalidInput
from gridline.scope import Scope
from ivr.storm import announcements
from ivr.storm.models import Announcement
from ivr.voice import audio
from ivr.voice.clips import PromptUnavailable
from ivr.voice.prompts import Phrase, Prompt, Recorded
from ivr.voice.spoken import speakable
from ivr.voice.voice import Utterance, Voice
from recordings.disk import Disk

ROUND_S: Final = 2.0
"""Until what was published on one node is heard on the others, where news of it does not come sooner."""
ANNOUNCEMENT: Final = "announcement"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Announced:
    """One announcement, ready to be played."""

    id: str
    company_id: str
    branch: str
    starts_at: datetime
    ends_at: datetime
    phrase: Phrase


@dataclass(frozen=True, slots=True)
class Announcing:
    """What somebody wants to announce: words, or a sound (WAV) with or without them."""

    company_id: str
    branch: str
    starts_at: datetime
    ends_at: datetime
    text: str
    wav: bytes | None = None


class Announcer:
    """One node's announcements; a call asks memory. `listeners` are told a company's id when its have changed."""

    def __init__(self, db: Database, clock: Clock, voice: Voice, folder: Path, disk: Disk) -> None:
        self._db = db
        self._clock = clock
        self._voice = voice
        self._folder = folder.absolute()
        self._disk = disk
        self._known: dict[str, Announced] = {}
        self._withdrawn: set[str] = set()
        self.listeners: list[Callable[[str], None]] = []
        self.sooner = asyncio.Event()
        """Set when a round is wanted at once."""

    def current(self, company_id: str, branch: str) -> Sequence[Announced]:
        """What a caller of this company and branch hears now."""
        if not self._known:
            return ()
        now = self._clock.now()
        return [
            one
            for one in self._known.values()
            if one.company_id == company_id and one.branch in ("", branch) and one.starts_at <= now < one.ends_at
        ]

    async def sounded(self, company_id: str, text: str) -> Utterance:
        """The words as callers would hear them.

        Raises InvalidInput for no words or far too many, PromptUnavailable without a voice. Nobody waits on a line
        here: what is not ready in the time a caller has is waited for once more.
        """
        words = _worded(text)
        if len(speakable(text)) > announcements.LONGEST_SPOKEN:
            announcements.checked_length(text, math.inf)
        try:
            return await self._voice.render([words], company_id)
        except PromptUnavailable:
            return await self._voice.render([words], company_id)

    async def publish(self, wanted: Announcing, actor: str) -> str:
        """Store and announce it from now on; it is ready to be played before it is stored. The id.

        Raises InvalidInput (too long, over before it begins, not a WAV), PromptUnavailable.
        """
        sound, seconds = None, 0.0
        if wanted.wav is not None:
            pcm = audio.for_telephone(wanted.wav)
            if audio.active_rms(pcm / 32767) < 0.01:
                raise InvalidInput("В записи тишина. Проверьте микрофон и запишите ещё раз.")
            sound, seconds = audio.wav_bytes(pcm), len(pcm) / audio.RATE
        else:
            seconds = (await self.sounded(wanted.company_id, wanted.text)).seconds
        announcements.checked(wanted.text, seconds, wanted.starts_at, wanted.ends_at)
        row = Announcement(
            id=new_id(),
            company_id=wanted.company_id,
            branch=wanted.branch,
            starts_at=wanted.starts_at,
            ends_at=wanted.ends_at,
            text=wanted.text,
            sound=sound,
            seconds=seconds,
            made_by=actor,
            made_at=self._clock.now(),
        )
        async with self._db.write() as session:
            session.add(row)
        await self._learn(row)
        self.tell(row.company_id)
        return row.id

    async def withdraw(self, id: str, actor: str, *, visible_to: Scope) -> None:
        """Nobody hears it from now on. Raises NotFound, Conflict."""
        async with self._db.write() as session:
            row = await announcements.find(session, id, visible_to=visible_to)
            announcements.withdraw(row, actor, self._clock.now())
        self._withdrawn.add(id)  # a round that read before this was stored must not bring it back
        self._known.pop(id, None)
        self.tell(row.company_id)

    async def round(self) -> None:
        """Learn what other nodes published and withdrew, let go of what has ended. Raises Unavailable."""
        now = self._clock.now()
        async with self._db.glance(within_s=ROUND_S) as session:
            if await announcements.ids_in_force(session, now) == set(self._known):
                return
        async with self._db.read() as session:
            rows = await announcements.in_force(session, now)
        stored = {row.id for row in rows}
        gone = [one for id, one in self._known.items() if id not in stored]
        for one in gone:
            del self._known[one.id]
            if isinstance(one.phrase, Recorded):
                await self._disk.do(_forget, one.phrase.file)
        fresh = [row for row in rows if row.id not in self._known]
        for row in fresh:
            await self._learn(row)
        for company in {*(one.company_id for one in gone), *(row.company_id for row in fresh)}:
            self.tell(company)

    async def _learn(self, row: Announcement) -> None:
        """Make its sound, then let callers hear it; what cannot be sounded is tried again in the next round."""
        try:
            phrase = await self._phrase(row)
            await self._voice.render([phrase], row.company_id)
        except (GridlineError, OSError) as error:
            log.error("announcement-not-sounded", announcement=row.id, reason=str(error))
            return
        if row.id not in self._withdrawn:
            self._known[row.id] = Announced(row.id, row.company_id, row.branch, row.starts_at, row.ends_at, phrase)
            log.info("announcement-ready", announcement=row.id, company=row.company_id, branch=row.branch)

    async def _phrase(self, row: Announcement) -> Phrase:
        if row.sound is None:
            return _worded(row.text)
        file = self._folder / row.id
        await self._disk.do(audio.write_pair, file, np.frombuffer(row.sound[44:], "<i2").astype(np.int16))
        return Recorded(ANNOUNCEMENT, file, row.text)

    def tell(self, company_id: str) -> None:
        """Tell the pages that a company's announcements have changed, here or elsewhere."""
        for listener in self.listeners:
            listener(company_id)


def _worded(text: str) -> Prompt:
    words = " ".join(text.split())
    if not words:
        raise InvalidInput("Объявление пустое. Напишите, что услышат звонящие.")
    return Prompt(ANNOUNCEMENT, text=words[: announcements.LONGEST_TEXT + 1])


def _forget(file: Path) -> None:
    for ending in (".alaw", ".wav"):
        file.with_name(file.name + ending).unlink(missing_ok=True)
