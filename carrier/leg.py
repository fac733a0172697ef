"""One end of a call: a telephone off the hook, which presses keys, speaks, hears and hangs up."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from carrier.ami import CarrierAmi
from carrier.errors import CallOver, ClipNotHeard, StillTalking
from carrier.hearing.ear import GAP_S, Ear
from carrier.hearing.matching import ClipHeard, Search, begun_before, find_all
from carrier.hearing.mouth import Mouth
from carrier.hearing.sound import Clip, Sound, clip
from gridline.errors import InvalidInput, Unavailable
from ivr.voice.audio import RATE

OwnAmi = Callable[[], AbstractAsyncContextManager[CarrierAmi]]
KEY_MS = 120
KEY_GAP_S = 0.12
"""Pause between two keys: below about 60 ms a repeated key is heard as one."""
_LOOK_EVERY = RATE // 5
"""New samples per search: one FFT of 8192 points."""
_HEAD_S = 1.5
"""From its beginning a clip needs 0.8 s and one search to be recognised."""
_SETTLE_S = 5.0


@dataclass(frozen=True)
class LegEnded:
    """How the call ended: Q.850 cause (16 = ordinary hang-up), its text, seconds since the answer."""

    cause: int
    text: str
    at_s: float


class Leg:
    """Made by the carrier when a call is placed or picked up; all times are seconds since the answer."""

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
        """Press keys (0-9, *, #, A-D), one after another. Raises CallOver after the hang-up."""
        if not keys or set(keys) - set("0123456789*#ABCD"):
            raise InvalidInput(f"Клавиши «{keys}» на телефоне нет: есть 0-9, *, # и A-D.")
        async with self._own_ami() as ami:  # PlayDTMF blocks its connection while the key is down
            for key in keys:
                self._must_be_up()
                await ami.action("PlayDTMF", Channel=self.channel, Digit=key, Duration=str(KEY_MS))
                await asyncio.sleep(KEY_GAP_S)

    async def speak(self, sound: Sound) -> None:
        """Play the sound into the telephone, to its end. Raises CallOver when the call ends before that."""
        self._must_be_up()
        await self._mouth.speak(clip(sound).samples)

    async def sends_on(self, number: str, within_s: float = 10) -> None:
        """Send the other side on to this number of ours without asking (SIP REFER); this telephone is free then.

        Raises CallOver after the hang-up, StillTalking when our Asterisk does not take it.
        """
        self._must_be_up()
        await self._ami.action("Redirect", Channel=self.channel, Context="sending-on", Exten=number, Priority="1")
        await self.waits_for_hangup(within_s)

    async def hears(
        self, sound: Sound, within_s: float, *, to_the_end: bool = False, since_s: float | None = None
    ) -> ClipHeard:
        """Wait until the sound begins in the ear (or, `to_the_end`, until it has been heard whole).

        `within_s` counts from now to the sound's beginning. The search starts where the last sound
        heard ended, or at `since_s`. Without `to_the_end` the first 0.8 s of speech decide; of the first sound of a
        call the first 0.8 s that this telephone was in time for.
        Raises ClipNotHeard, saying what was in the ear instead.
        """
        expected = clip(sound)
        since = self._heard_until if since_s is None else int(since_s * RATE)
        search = Search(expected, since=since, to_the_end=to_the_end)
        is_first = since == 0 and not to_the_end
        latest_s = self.now_s + within_s
        hit = None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s + _HEAD_S + (expected.seconds if to_the_end else 0)):
                while hit is None:
                    final = self._silent
                    hit = search.feed(self.ear.samples, final=final)
                    if final:
                        break
                    if hit is None and is_first and len(self.ear.samples) >= expected.head_s * RATE:
                        hit, is_first = begun_before(expected, self.ear.samples), False
                    if hit is None:
                        await self._more_sound()
        if hit is None or hit.at_s > latest_s:
            raise ClipNotHeard(self._what_instead(expected, search, hit, since, within_s))
        self._heard_until = int(hit.until_s * RATE)
        return hit

    def heard(self, sound: Sound, *, to_the_end: bool = False) -> list[ClipHeard]:
        """Every occurrence of the sound so far: for what must not be heard, or only once."""
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
            with contextlib.suppress(
                Unavailable
            ):  # the other side may hang up at the same moment: only the end below counts
                await self._ami.action("Hangup", Channel=self.channel, Cause="16")
        try:
            async with asyncio.timeout(_SETTLE_S):
                await self._hung_up.wait()
        except TimeoutError:
            raise Unavailable(f"Разговор с {self.other} не закончился за {_SETTLE_S:g} с.") from None

    # Called by the carrier's sound server and event handler.

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

    def _what_instead(self, expected: Clip, search: Search, hit: ClipHeard | None, since: int, within_s: float) -> str:
        best = search.best
        if hit is not None:
            near = f"начался позже: на {hit.at_s:.1f} с"
        elif best.followed_s:
            near = (
                f"начался на {best.at_s:.1f} с, но оборвался: слышно {best.followed_s:.1f} с из {expected.seconds:.1f}"
            )
        else:
            near = f"самое похожее место: {best.at_s:.1f} с, сходство {best.score:.2f}"
        over = f", разговор окончен на {self.ear.seconds:.1f} с" if self._silent else ""
        if self.ended is not None:
            over += f" ({self.ended.text}, {self.ended.cause})"
        return (
            f"За {within_s:g} с не услышано «{expected.name}» ({near}{over}).\n"
            f"В трубке с {since / RATE:.1f} с по {self.ear.seconds:.1f} с: [{self.ear.picture(since / RATE)}]"
        )
