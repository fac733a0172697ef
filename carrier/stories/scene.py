"""A call as a story: what the caller did, what they heard at which second, what was stored."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from carrier.hearing.matching import ClipHeard
from carrier.hearing.sound import Sound
from carrier.leg import Leg, LegEnded
from carrier.stories.installation import Installation
from ivr.voice import audio
from ivr.voice.prompts import Phrase
from ivr.voice.synthesis import RHVoice, find_rhvoice

Kind = Literal["does", "hears", "stored", "fails"]


@dataclass(frozen=True)
class StoryLine:
    """One line of the story."""

    at_s: float | None
    """Seconds since the call was answered; None for what lies outside of it."""
    kind: Kind
    text: str


@dataclass
class ToldStory:
    """A whole story as it was told."""

    company: str
    story: str
    lines: list[StoryLine] = field(default_factory=list)
    first_prompt_s: float | None = None
    appeal: str | None = None
    ok: bool = True


class Caller:
    """One caller of a story: acts on a Leg, and every act becomes a line."""

    def __init__(self, leg: Leg, scene: Scene) -> None:
        self.leg = leg
        self._scene = scene
        self.slow = False
        """They have asked to hear it slower."""

    async def hears(self, *phrases: Phrase, within_s: float = 12, whole: bool = False) -> ClipHeard:
        """Wait until these words begin in the ear (`whole`: until they were heard to the end)."""
        company = self._scene.house.companies.by_id(self._scene.company)
        voice = self._scene.house.voice.pace(slow=self.slow or company.slow_speech)
        utterance = await voice.render(phrases, company.id)
        heard = await self.leg.hears(utterance, within_s, to_the_end=whole)
        told = self._scene.told
        if told.first_prompt_s is None:
            told.first_prompt_s = round(heard.at_s, 3)
        self._scene.tell(heard.at_s, "hears", utterance.text or "(сигнал)")
        return heard

    async def press(self, keys: str) -> None:
        """Press keys."""
        self._scene.tell(self.leg.now_s, "does", f"нажимает {' '.join(keys)}")
        await self.leg.press(keys)

    async def says(self, words: str, voice: str = "aleksandr") -> None:
        """Speak these words into the telephone, with a voice that is not ours."""
        sound = await self._scene.spoken(words, voice)
        self._scene.tell(self.leg.now_s, "does", f"говорит: «{words}»")
        await self.leg.speak(sound)

    async def hangs_up(self) -> None:
        """Hang up."""
        self._scene.tell(self.leg.now_s, "does", "кладёт трубку")
        await self.leg.hang_up()

    async def is_hung_up(self, within_s: float) -> LegEnded:
        """Wait for our side to end the call."""
        ended = await self.leg.waits_for_hangup(within_s)
        self._scene.tell(ended.at_s, "hears", "отбой")
        return ended


class Scene:
    """Where one story plays: the installation, the company called, and who listens to the story."""

    def __init__(self, house: Installation, company: str, story: str, on_line: Callable[[StoryLine], None]) -> None:
        self.house = house
        self.company = company
        self.told = ToldStory(company, story)
        self.began_at = datetime.now(UTC)
        self._on_line = on_line

    @asynccontextmanager
    async def call(self, from_number: str | None, *, did: str | None = None) -> AsyncIterator[Caller]:
        """A caller dials the company's number and is answered."""
        number = did or self.did
        self.tell(None, "does", f"{from_number or 'Скрытый номер'} звонит на {number}")
        async with self.house.carrier.call(from_number=from_number, to=number) as leg:
            yield Caller(leg, self)

    @asynccontextmanager
    async def agents_answer(self, after_s: float = 0.5) -> AsyncIterator[None]:
        """During the block every agent's phone is registered and answers."""
        phones = [self.house.carrier.agent(name) for name in self.house.settings.agents]
        for phone in phones:
            await phone.registers()
            phone.answers(after_s)
        try:
            yield
        finally:
            for phone in phones:
                phone.does_not_answer()

    async def agent_talking(self, within_s: float = 30) -> Leg:
        """The agent who picked up, whichever it is."""
        phones = [self.house.carrier.agent(name) for name in self.house.settings.agents]
        waits = [asyncio.create_task(phone.answered(within_s)) for phone in phones]
        done, rest = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in rest:
            wait.cancel()
        leg = done.pop().result()
        self.tell(None, "does", "агент снимает трубку")
        return leg

    @property
    def zone(self) -> ZoneInfo:
        """The company's time zone."""
        return self.house.companies.by_id(self.company).zone

    @property
    def did(self) -> str:
        """The company's first number."""
        return self.house.companies.by_id(self.company).dids[0]

    def tell(self, at_s: float | None, kind: Kind, text: str) -> None:
        """Add a line."""
        line = StoryLine(None if at_s is None else round(at_s, 2), kind, text)
        self.told.lines.append(line)
        self._on_line(line)

    async def spoken(self, words: str, voice: str) -> Sound:
        """A WAV of somebody saying these words."""
        folder = self.house.var / "spoken"
        folder.mkdir(exist_ok=True)
        return await speech(words, voice, folder, self.house.settings.package_root)


async def speech(words: str, voice: str, folder: Path, package_root: Path) -> Path:
    """Synthesise `words` as an 8 kHz WAV in `folder`, or find it made before."""
    file = folder / f"{hashlib.sha256(f'{voice}:{words}'.encode()).hexdigest()[:24]}.wav"
    if not file.exists():
        wav = await RHVoice(find_rhvoice(package_root), voice).speak(words)
        file.write_bytes(audio.wav_bytes(audio.for_telephone(wav)))
    return file
