"""What will be said, as one sound file: studio take, cached clip, or synthesis on demand."""

from __future__ import annotations

import asyncio
import copy
import os
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from gridline.errors import GridlineError, Misconfigured
from gridline.settings import Settings
from ivr.voice import audio
from ivr.voice.clips import Clips, PromptUnavailable
from ivr.voice.prompts import COMMON, Phrase, PromptBook
from ivr.voice.studio import Studio
from ivr.voice.synthesis import RATE_PERCENT, SLOW_PERCENT, RHVoice, Synthesiser, find_rhvoice

RENDER_LIMIT_S = 6.0
"""A caller must not wait in silence: after this the utterance is given up and the calling code falls back."""
TOUCHED_S = 3600
"""Seconds within which a sound's last use is recorded."""
KEEP_DAYS = 7
_REMEMBERED = 20_000
NAMELESS = "nameless"
"""The language of a channel whose caller nobody may know: what a queue says itself is then another sound."""
IN_QUEUES = {"still-waiting": "still-waiting", "still-waiting-nameless": f"{NAMELESS}/still-waiting"}
"""What app_queue says while a recorder waits for the talk, and where. It must not find it in A-law: that counts as
sound with RTP sequence number 0, after which half of all telephones are not recorded (ivr/reception/handed_over.py)."""


@dataclass(frozen=True)
class Utterance:
    """One file to be played."""

    file: Path
    """Absolute path without extension; `.alaw` and `.wav` lie there."""
    seconds: float
    text: str
    """The words, as people read them (no stress marks)."""
    prompt_ids: tuple[str, ...]
    version: str
    """Hash of words, voice and sound: exactly what was played, as proof of the notice."""


@dataclass(frozen=True)
class Built:
    """One prompt after `build_all`: an utterance, a problem, or both (too long)."""

    company_id: str
    prompt_id: str
    utterance: Utterance | None
    problem: str
    took_s: float


class Voice:
    """Renders phrases. The cache under `folder` is shared by processes and safe to delete."""

    def __init__(
        self, book: PromptBook, synthesiser: Synthesiser, folder: Path, studio: Path, slow: Voice | None = None
    ) -> None:
        self.book = book
        self.slow = slow
        """The same words, said slower; a studio recording stays as it is."""
        self.studio = Studio(studio)
        self._clips = Clips(book, synthesiser, folder.absolute(), self.studio)
        self._known: OrderedDict[tuple[str, tuple[Phrase, ...]], Utterance] = OrderedDict()

    def reread(self) -> tuple[PromptBook, Studio]:
        """The words and recordings as they lie on the disk now; blocks. Raises Misconfigured."""
        return PromptBook.load(self.book.file), Studio(self.studio.folder)

    def take(self, book: PromptBook, studio: Studio) -> None:
        """Say these words, and play these recordings, from now on."""
        self.book, self.studio = book, studio
        self._clips = self._clips.of_words(book, studio)
        self._known = OrderedDict()
        if self.slow is not None:
            self.slow.take(book, studio)

    def as_now(self) -> Voice:
        """The same voice, which keeps the words of this moment: a call's keys are those that it was told."""
        now = copy.copy(self)
        now.slow = copy.copy(self.slow)
        return now

    @classmethod
    def of(cls, settings: Settings, *, rate_percent: int = RATE_PERCENT) -> Voice:
        """The voice of this installation. Raises Misconfigured for a wrong prompt book."""
        book = PromptBook.load(settings.dialplan / "prompts.ru.yaml")
        program, folders = find_rhvoice(settings.package_root), (settings.var / "prompts", settings.dialplan / "studio")
        slow = cls(book, RHVoice(program, settings.voice, rate_percent=SLOW_PERCENT), *folders)
        return cls(book, RHVoice(program, settings.voice, rate_percent=rate_percent), *folders, slow)

    def pace(self, *, slow: bool) -> Voice:
        """Itself, or the slower one where there is one."""
        return self.slow if slow and self.slow is not None else self

    async def render(self, phrases: Sequence[Phrase], company_id: str = COMMON) -> Utterance:
        """The utterance of `phrases`, ready to be played.

        Something said before costs one dict look-up and one `utime`. Raises PromptUnavailable when no
        recording is there and synthesis fails or takes over 6 s; Misconfigured for an unknown id or a
        placeholder left open.
        """
        if (known := self.known(phrases, company_id)) is not None:
            return known
        key = (company_id, tuple(phrases))
        try:
            async with asyncio.timeout(RENDER_LIMIT_S):
                made = await self._make(key[1], company_id)
        except TimeoutError as error:
            ids = ", ".join(_ids(phrases))
            raise PromptUnavailable(f"Подсказка не готова за {RENDER_LIMIT_S:g} с: {ids}.") from error
        self._known[key] = made
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return made

    def known(self, phrases: Sequence[Phrase], company_id: str = COMMON) -> Utterance | None:
        """The utterance of `phrases` if it was said before and its file is still there."""
        key = (company_id, tuple(phrases))
        known = self._known.get(key)
        if known is None:
            return None
        try:
            sound = f"{known.file}.alaw"
            if os.stat(sound).st_mtime < time.time() - TOUCHED_S:  # noqa: PTH116 -- a Path costs more than it
                os.utime(sound)  # it is in use: `prune` goes by this time
        except OSError:
            del self._known[key]
            return None
        self._known.move_to_end(key)
        return known

    async def _make(self, phrases: tuple[Phrase, ...], company_id: str) -> Utterance:
        if not phrases:
            raise Misconfigured("Нечего сказать: в реплике нет ни одной фразы.")
        clips = [self._clips.find(phrase, company_id) for phrase in phrases]
        await asyncio.gather(*(self._clips.ready(clip) for clip in clips))
        file, seconds = await self._clips.joined(clips)
        words = " ".join(clip.text for clip in clips if clip.text).replace("+", "")
        return Utterance(file, seconds, words, _ids(phrases), file.name)

    def lengths(self, company_id: str = COMMON) -> dict[str, float]:
        """Seconds of every prompt: measured if made, else estimated by letters (for the menu check)."""
        return {id: self._made_s(id, company_id) or entry.estimate_s(company_id) for id, entry in self.book.items()}

    def missing(self) -> list[str]:
        """`company/id` of each prompt without placeholders not made yet: the check at start (F32)."""
        return [f"{company}/{id}" for company, id in self.beforehand() if self._made_s(id, company) is None]

    def beforehand(self, companies: Sequence[str] = ()) -> list[tuple[str, str]]:
        """(company, id) of what can be made before any call: the common text, and each company's."""
        places = sorted({*self.book.companies, *self.studio.companies, *companies} - {COMMON})
        fixed = [id for id, entry in self.book.items() if not entry.placeholders]
        return [(company, id) for company in (COMMON, *places) for id in fixed]

    async def build_all(
        self,
        progress: Callable[[Built], None] = lambda built: None,
        companies: Sequence[str] = (),
        slow: Collection[str] = (),
    ) -> list[Built]:
        """Make every prompt without placeholders; `progress` is called for each as it is done.

        Those of `slow`, companies whose callers hear the slower voice, are made in it as well.
        Also links `by-id/COMPANY/ID.{alaw,wav}` to the clips: fixed names for the dialplan, which must
        be able to speak without this program; and of `IN_QUEUES` the one ending they are to be played from. A failing
        prompt does not stop the others: `Built.problem`.
        """
        two = asyncio.Semaphore(2)  # a caller's phrase, needed now, must not queue behind all of these

        async def one(company_id: str, id: str) -> Built:
            async with two:
                built = await self._build(company_id, id, slow=company_id in slow)
            progress(built)
            return built

        return list(await asyncio.gather(*(one(company, id) for company, id in self.beforehand(companies))))

    async def _build(self, company_id: str, id: str, *, slow: bool) -> Built:
        started, utterance, problem, limit_s = time.monotonic(), None, "", self.book[id].limit_s
        try:
            utterance = await self._make((id,), company_id)
            named = self._clips.folder / "by-id" / company_id
            _link(named / id, utterance.file)
            if id in IN_QUEUES:
                _link(named / "in-queues" / IN_QUEUES[id], utterance.file, (".wav",))
            if slow and self.slow is not None:
                await self.slow._make((id,), company_id)
        except GridlineError as error:
            problem = error.message
        if utterance and utterance.seconds > limit_s:
            problem = f"звучит {utterance.seconds:.1f} с при пределе {limit_s:g} с: сократите текст"
        return Built(company_id, id, utterance, problem, time.monotonic() - started)

    def prune(self, now: float | None = None) -> int:
        """Delete utterances (spoken addresses among them) not played for seven days; returns how many."""
        before = (time.time() if now is None else now) - KEEP_DAYS * 86_400
        paces = [self._clips] if self.slow is None else [self._clips, self.slow._clips]
        keep = {clips.find(id, company).file for clips in paces for company, id in self.beforehand()}
        gone = 0
        for coded in self._clips.folder.glob("[cj]*/*.alaw"):
            file = coded.with_suffix("")
            if file not in keep and coded.stat().st_mtime < before:
                coded.unlink()
                file.with_suffix(".wav").unlink(missing_ok=True)
                gone += 1
        return gone

    async def close(self) -> None:
        """Cancel what is still being made."""
        await self._clips.close()
        if self.slow is not None:
            await self.slow.close()

    def _made_s(self, id: str, company_id: str) -> float | None:
        if self.book[id].placeholders:
            return None
        return audio.ready_seconds(self._clips.find(id, company_id).file)


def _ids(phrases: Sequence[Phrase]) -> tuple[str, ...]:
    return tuple(phrase if isinstance(phrase, str) else phrase.id for phrase in phrases)


def _link(name: Path, file: Path, endings: Sequence[str] = (".alaw", ".wav")) -> None:
    name.parent.mkdir(parents=True, exist_ok=True)
    for ending in endings:
        link, target = name.with_name(name.name + ending), os.path.relpath(f"{file}{ending}", name.parent)
        if not link.is_symlink() or link.readlink() != Path(target):
            temporary = name.with_name(f".{name.name}.{os.getpid()}{ending}")
            temporary.symlink_to(target)
            temporary.replace(link)
