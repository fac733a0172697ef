"""A caller's line: it is never silent for long, whatever the synthesiser does."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from gridline.clock import SystemClock
from gridline.companies import Companies
from gridline.errors import Unavailable
from gridline.settings import HOUSE
from ivr import line
from ivr.call import Call
from ivr.line import Line, Spoken
from ivr.telephony import variables
from ivr.telephony.agi import AgiChannel, AgiServer
from ivr.telephony.seal import Seal, SealedFacts
from ivr.voice import audio
from ivr.voice.clips import PromptUnavailable
from ivr.voice.prompts import Prompt, PromptBook
from ivr.voice.voice import Voice
from tests.unit.telephony.fake_asterisk import FakeCall

SKEK = Companies.load(HOUSE / "dialplan" / "companies").by_id("skek")
CAUSE = Prompt("outage-cause", cause="обрыв провода")
SEAL, CHANNEL = Seal("key"), "1.1"


class Reader:
    """A synthesiser that reads causes only when told to."""

    fingerprint = "reader/1"

    def __init__(self) -> None:
        self.may = asyncio.Event()
        self.broken = False

    async def speak(self, text: str) -> bytes:
        if "Причина" in text:
            await self.may.wait()
        if self.broken:
            raise Unavailable("Чтец устал.")
        return audio.wav_bytes(audio.tone(400, 1.0))


class Served:
    """One call whose line says a cause; what it came to, and what was spoken."""

    def __init__(
        self,
        folder: Path,
        *,
        notice_heard: bool = True,
        in_danger: bool = False,
        marks: Mapping[str, str] | None = None,
    ) -> None:
        self.reader = Reader()
        book = PromptBook.load(HOUSE / "dialplan" / "prompts.ru.yaml")
        self.voice = Voice(book, self.reader, folder, folder / "studio")
        self.notice_heard = notice_heard
        self.in_danger = in_danger
        self.marks = marks or {}
        self.spoken: list[Spoken] = []
        self.failed: Exception | None = None
        self.repeats = 0
        self.server = AgiServer("127.0.0.1", 0, self.take, permitted=("127.0.0.1",))

    async def take(self, channel: AgiChannel) -> None:
        now = SystemClock().now()
        call = Call("c" * 32, CHANNEL, SKEK, "78005009494", None, "", now, notice_heard=self.notice_heard)
        call.in_danger, call.repeats = self.in_danger, self.repeats
        own = Line(channel, call, self.voice, SystemClock(), self.spoken.append, SEAL)
        for name, value in self.marks.items():
            own.mark(name, value)
        try:
            await own.say(CAUSE)
        except PromptUnavailable as error:
            self.failed = error

    async def played(self, asterisk: FakeCall) -> list[str]:
        """Take the guard, then what is played."""
        assert (await asterisk.answer())[:2] == ["SET", "VARIABLE"]
        return await asterisk.answer("200 result=0 endpos=8000")

    async def end(self, asterisk: FakeCall) -> None:
        """Close everything."""
        await asterisk.end()
        assert await self.server.drain(5)
        await self.server.close()
        await self.voice.close()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "PATIENCE_S", 0.05)


async def test_a_caller_is_told_to_wait_while_words_are_made(tmp_path: Path) -> None:
    served = Served(tmp_path)
    await served.voice.render(["one-moment"], "skek")
    await served.server.start()
    asterisk = await FakeCall.place(served.server.port)
    moment = await served.played(asterisk)
    assert moment[:2] == ["STREAM", "FILE"]
    assert moment[3] == "", "no key may cut it short"
    served.reader.may.set()
    words = await served.played(asterisk)
    assert words[2] != moment[2]
    await served.end(asterisk)
    assert [one.prompt_ids for one in served.spoken] == [("one-moment",), ("outage-cause",)]


async def test_words_that_are_there_are_said_at_once(tmp_path: Path) -> None:
    served = Served(tmp_path)
    served.reader.may.set()
    await served.voice.render([CAUSE], "skek")
    await served.server.start()
    asterisk = await FakeCall.place(served.server.port)
    await served.played(asterisk)
    await served.end(asterisk)
    assert [one.prompt_ids for one in served.spoken] == [("outage-cause",)]


async def test_nothing_is_said_before_the_notice(tmp_path: Path) -> None:
    served = Served(tmp_path, notice_heard=False)
    await served.server.start()
    asterisk = await FakeCall.place(served.server.port)
    asyncio.get_running_loop().call_later(0.2, served.reader.may.set)
    await served.played(asterisk)
    await served.end(asterisk)
    assert [one.prompt_ids for one in served.spoken] == [("outage-cause",)]


async def test_words_that_cannot_be_made_are_told_of_after_the_wait(tmp_path: Path) -> None:
    served = Served(tmp_path)
    await served.voice.render(["one-moment"], "skek")
    await served.server.start()
    asterisk = await FakeCall.place(served.server.port)
    served.reader.broken = True
    await served.played(asterisk)
    served.reader.may.set()
    assert await asterisk.answer() == [], "there was something to play after all"
    await served.end(asterisk)
    assert served.failed is not None


async def test_danger_is_sealed_with_the_place_for_whoever_takes_the_call_over(tmp_path: Path) -> None:
    chosen = await _set_by(Served(tmp_path, marks={variables.DANGER: "1", variables.PLACE: "danger"}))
    assert chosen[variables.DANGER] == "1"
    assert SEAL.fits(chosen[variables.SEAL], CHANNEL, SealedFacts(place="danger", notice="1", danger="1"))


async def test_a_controller_that_took_over_somebody_in_danger_seals_them_so_again(tmp_path: Path) -> None:
    later = await _set_by(Served(tmp_path, in_danger=True, marks={variables.PLACE: "operator"}))
    assert variables.DANGER not in later, "the channel has it already"
    assert SEAL.fits(later[variables.SEAL], CHANNEL, SealedFacts(place="operator", notice="1", danger="1"))


async def _set_by(served: Served) -> dict[str, str]:
    """The channel variables that a line sets with its first words."""
    served.reader.may.set()
    await served.voice.render([CAUSE], "skek")
    await served.server.start()
    asterisk = await FakeCall.place(served.server.port)
    _, _, names, values = await asterisk.answer()
    await asterisk.answer("200 result=0 endpos=8000")
    await served.end(asterisk)
    return dict(zip(names.removeprefix("ARRAY(").removesuffix(")").split(","), values.split(","), strict=True))


async def test_who_asks_twice_to_hear_it_again_hears_it_slower(tmp_path: Path) -> None:
    book = PromptBook.load(HOUSE / "dialplan" / "prompts.ru.yaml")
    slow_reader = Reader()
    slow_reader.fingerprint = "slow/1"
    slow = Voice(book, slow_reader, tmp_path, tmp_path / "studio")
    served = Served(tmp_path)
    served.voice.slow = slow
    await served.server.start()
    files = []
    for repeats in (1, 2):
        served.repeats = repeats
        for reader in (served.reader, slow_reader):
            reader.may.set()
        asterisk = await FakeCall.place(served.server.port)
        files.append((await served.played(asterisk))[2])
        await asterisk.end()
    await served.server.drain(5)
    await served.server.close()
    usual = (await served.voice.render([CAUSE], "skek")).file
    assert files == [str(usual), str((await slow.render([CAUSE], "skek")).file)]
    assert files[0] != files[1]
    await served.voice.close()
