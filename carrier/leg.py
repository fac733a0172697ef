"""One end of a call: a telephone that is off the hook. It presses, speaks, hears, and is hung up."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from carrier.ami import CarrierAmi
from carrier.errors import CallOver, NotHeard, StillTalking
from carrier.hearing.ear import GAP_S, Ear
from carrier.hearing.matching import Heard, Search, find_all
from carrier.hearing.mouth import Mouth
from carrier.hearing.sound import Clip, Sound, clip
from gridline.errors import InvalidInput, Unavailable
from ivr.voice.audio import RATE

OwnAmi = Callable[[], AbstractAsyncContextManager[CarrierAmi]]
KEY_MS = 120
KEY_GAP_S = 0.12
"""Between two keys: under about 60 ms the same key twice is heard as one."""
_LOOK_EVERY = RATE // 5
"""How much new sound is worth a look: one FFT of 8192 points."""
_HEAD_S = 1.5
"""After its beginning a clip needs 0.8 s and a look to be known."""
_SETTLE_S = 5.0


@dataclass(frozen=True)
class LegEnded:
    """How the call ended: Q.850 cause (16 = ordinary hang-up), its text, seconds since the answer."""

    cause: int
    text: str
    at_s: float


class Leg:
    """Made by the carrier when a call is placed or picked up; every moment is in seconds since the answer."""

    def __init__(self, leg_id: str, channel: str, other: str, ami: CarrierAmi, own_ami: OwnAmi) -> None:
        self.id = leg_id
        self.channel = channel
        """Asterisk's unique id of the telephone's channel."""
        self.other = other
        """The number at the other end."""
        self.ear = Ear(time.monotonic())
        self.answered = asyncio.Event()
        self.keys = ""
        """What the other side has pressed so far."""
        self.ended: LegEnded | None = None
        """None until Asterisk has told how the call ended."""
        self._since = time.monotonic()
        self._mouth = Mouth()
        self._news = asyncio.Event()
        self._silent = False
        self._hung_up = asyncio.Event()
        self._heard_until = 0
        self._ami = ami
        self._own_ami = own_ami

    @property
    def now_s(self) -> float:
        """Seconds since the answer."""
        return time.monotonic() - self._since

    async def press(self, keys: str) -> None:
        """Press keys (0-9, *, #, A-D), one after another as a finger does. Raises CallOver after the hang-up."""
        if not keys or set(keys) - set("0123456789*#ABCD"):
            raise InvalidInput(f"Клавиши «{keys}» на телефоне нет: есть 0-9, *, # и A-D.")
        async with self._own_ami() as ami:  # PlayDTMF holds its connection up for as long as the key is down
            for key in keys:
                self._must_be_up()
                await ami.action("PlayDTMF", Channel=self.channel, Digit=key, Duration=str(KEY_MS))
                await asyncio.sleep(KEY_GAP_S)

    async def speak(self, sound: Sound) -> None:
        """Say it into the telephone; returns when it is said. Raises CallOver when the call ends before that."""
        self._must_be_up()
        await self._mouth.speak(clip(sound).samples)

    async def hears(
        self, sound: Sound, within_s: float, *, to_the_end: bool = False, since_s: float | None = None
    ) -> Heard:
        """Wait until the sound begins in the ear (or, `to_the_end`, until it has been heard whole).

        `within_s` counts from now to the sound's beginning. What came before the end of the sound heard last is not
        looked at again; `since_s` looks from another moment of the call. Without `to_the_end` its beginning decides:
        0.8 s of speech.
        Raises NotHeard, saying what was in the ear instead.
        """
        wanted = clip(sound)
        since = self._heard_until if since_s is None else int(since_s * RATE)
        search = Search(wanted, since=since, to_the_end=to_the_end)
        latest_s = self.now_s + within_s
        found = None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s + _HEAD_S + (wanted.seconds if to_the_end else 0)):
                while found is None:
                    final = self._silent
                    found = search.feed(self.ear.samples, final=final)
                    if final:
                        break
                    if found is None:
                        await self._more_sound()
        if found is None or found.at_s > latest_s:
            raise NotHeard(self._what_instead(wanted, search, found, since, within_s))
        self._heard_until = int(found.until_s * RATE)
        return found

    def heard(self, sound: Sound, *, to_the_end: bool = False) -> list[Heard]:
        """Every time the sound has been in the ear so far: for what must not be heard, or only once."""
        return find_all(clip(sound), self.ear.samples, to_the_end=to_the_end)

    def heard_silence_longest_s(self, since_s: float = 0.0, until_s: float | None = None) -> float:
        """The longest silence in the ear between two moments of the call (until now if not told)."""
        self.ear.pass_time(time.monotonic())
        return self.ear.longest_silence_s(since_s, until_s)

    async def waits_for_hangup(self, within_s: float) -> LegEnded:
        """Wait until the other side hangs up. Raises StillTalking, saying what was in the ear meanwhile."""
        try:
            async with asyncio.timeout(within_s):
                await self._hung_up.wait()
        except TimeoutError:
            self.ear.pass_time(time.monotonic())
            picture = self.ear.picture(max(self.now_s - within_s, 0))
            raise StillTalking(f"За {within_s:g} с трубку не положили. Слышно было: [{picture}]") from None
        assert self.ended is not None
        return self.ended

    async def hang_up(self) -> None:
        """Put the receiver down; nothing happens when the call is over already."""
        if self.ended is None and not self._silent:
            with contextlib.suppress(Unavailable):  # the other side may be just as quick: the end below is what counts
                await self._ami.action("Hangup", Channel=self.channel, Cause="16")
        try:
            async with asyncio.timeout(_SETTLE_S):
                await self._hung_up.wait()
        except TimeoutError:
            raise Unavailable(f"Разговор с {self.other} не закончился за {_SETTLE_S:g} с.") from None

    # What the carrier's sound server and events tell.

    def sound_begins(self, now: float) -> None:
        """Answered: the clock of the call starts."""
        self._since = now
        self.ear = Ear(now)
        self.answered.set()

    def hear(self, sound: bytes, now: float) -> None:
        """Frames from Asterisk."""
        self.ear.hear(sound, now)
        self._news.set()

    def frame(self) -> bytes:
        """The next frame to Asterisk."""
        return self._mouth.frame()

    def sound_ends(self, now: float) -> None:
        """Nothing more will be heard."""
        self.ear.close(now)
        self._silent = True
        self._mouth.fall_silent(CallOver("Разговор окончен, договорить не удалось."))
        self._news.set()

    def hung_up(self, cause: int, text: str) -> None:
        """Asterisk's channel has ended."""
        self.ended = LegEnded(cause, text, self.now_s)
        self._hung_up.set()

    async def _more_sound(self) -> None:
        """Wait for as much new sound as is worth a look; where no frames come, time passes in silence."""
        length = len(self.ear.samples) + _LOOK_EVERY
        try:
            async with asyncio.timeout(2 * GAP_S):
                while len(self.ear.samples) < length and not self._silent:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            self.ear.pass_time(time.monotonic())

    def _must_be_up(self) -> None:
        if self.ended is not None or self._silent:
            raise CallOver("Разговор уже окончен.")

    def _what_instead(self, wanted: Clip, search: Search, found: Heard | None, since: int, within_s: float) -> str:
        best = search.best
        if found is not None:
            near = f"начался позже: на {found.at_s:.1f} с"
        elif best.followed_s:
            near = f"начался на {best.at_s:.1f} с, но оборвался: слышно {best.followed_s:.1f} с из {wanted.seconds:.1f}"
        else:
            near = f"самое похожее место: {best.at_s:.1f} с, сходство {best.score:.2f}"
        over = f", разговор окончен на {self.ear.seconds:.1f} с" if self._silent else ""
        return (
            f"За {within_s:g} с не услышано «{wanted.name}» ({near}{over}).\n"
            f"В трубке с {since / RATE:.1f} с по {self.ear.seconds:.1f} с: [{self.ear.picture(since / RATE)}]"
        )
