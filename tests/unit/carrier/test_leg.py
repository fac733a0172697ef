"""A telephone off the hook over a real AudioSocket connection: what it hears and says, what it tells when it fails."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

import numpy as np
import pytest

from carrier.ami import CarrierAmi
from carrier.errors import CallOver, ClipNotHeard, StillTalking
from carrier.hearing.audiosocket import SoundServer
from carrier.hearing.matching import Heard16, find_all
from carrier.hearing.sound import Clip
from carrier.leg import Leg
from gridline.errors import InvalidInput
from tests.unit.carrier.telephone_sound import line, words


def _no_keys() -> AbstractAsyncContextManager[CarrierAmi]:
    raise AssertionError("these telephones press nothing")


class Asterisk:
    """The other end of an AudioSocket connection: plays at the pace of a call, keeps what is said."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def play(self, sound: Heard16) -> None:
        """Send it as Asterisk does, 20 ms at a time; cut across frames now and then, as TCP does."""
        began = time.monotonic()
        data = b"".join(
            b"\x10\x01\x40" + sound[at : at + 160].astype("<i2").tobytes()
            for at in range(0, len(sound) // 160 * 160, 160)
        )
        for number, at in enumerate(range(0, len(data), 323 * 5 + 7)):
            await asyncio.sleep(max(began + 0.1 * number - time.monotonic(), 0))
            self._writer.write(data[at : at + 323 * 5 + 7])

    async def listen(self, frames: int) -> Heard16:
        """So many frames of the telephone's mouth."""
        bodies = []
        for _ in range(frames):
            assert await self._reader.readexactly(3) == b"\x10\x01\x40"
            bodies.append(await self._reader.readexactly(320))
        return np.frombuffer(b"".join(bodies), "<i2")

    def end(self) -> None:
        self._writer.close()


@pytest.fixture
async def leg() -> Leg:
    return Leg(str(uuid.uuid4()), "channel", "78005009494", CarrierAmi(), _no_keys)


@pytest.fixture
async def asterisk(leg: Leg) -> AsyncIterator[Asterisk]:
    server = SoundServer({leg.id: leg})
    await server.start("127.0.0.1")
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"\x01\x00\x10" + uuid.UUID(leg.id).bytes)
    await leg.answered.wait()
    yield Asterisk(reader, writer)
    writer.close()
    await server.stop()


async def test_two_clips_are_heard_one_after_the_other_while_they_play(leg: Leg, asterisk: Asterisk) -> None:
    first, second = words(1, 1.5), words(2, 1.2)
    playing = asyncio.create_task(asterisk.play(line(0.4, first, 0.3, second)))
    heard = await leg.hears(first, within_s=1, to_the_end=True)
    assert heard.at_s == pytest.approx(0.4, abs=0.01)
    assert leg.now_s < 2.6
    assert not playing.done()
    assert (await leg.hears(second, within_s=2, to_the_end=True)).until_s == pytest.approx(3.4, abs=0.1)
    await playing
    assert len(leg.heard(first)) == 1
    assert leg.heard(words(3, 1.0)) == []


async def test_the_end_is_known_though_no_frame_follows_it(leg: Leg, asterisk: Asterisk) -> None:
    wanted = words(1, 1.0)
    await asterisk.play(line(wanted))
    assert (await leg.hears(wanted, within_s=1, to_the_end=True)).until_s == pytest.approx(1.0, abs=0.02)
    assert leg.now_s < 2.2


async def test_what_was_not_heard_is_told_with_what_was(leg: Leg, asterisk: Asterisk) -> None:
    playing = asyncio.create_task(asterisk.play(line(1.0, words(1, 1.0))))
    with pytest.raises(
        ClipNotHeard, match=r"не услышано «words 2» \(самое похожее место: .*сходство 0\.\d\d\)"
    ) as told:
        await leg.hears(words(2, 1.0), within_s=0.6)
    assert "[    ▇" in str(told.value).replace("▆", "▇").replace("▅", "▇")
    await playing


async def test_a_clip_that_is_cut_off_is_told_as_that(leg: Leg, asterisk: Asterisk) -> None:
    wanted = words(1, 3.0)
    cut = Clip("cut", wanted.samples[:12000])
    playing = asyncio.create_task(asterisk.play(line(cut, 1.0)))
    with pytest.raises(ClipNotHeard, match=r"начался на 0\.0 с, но оборвался: слышно 1\.\d с из 3\.0"):
        await leg.hears(wanted, within_s=0.1, to_the_end=True)
    await playing


async def test_a_clip_that_comes_too_late_is_not_heard_in_time(leg: Leg, asterisk: Asterisk) -> None:
    wanted = words(1, 1.0)
    playing = asyncio.create_task(asterisk.play(line(0.8, wanted, 1.0)))
    with pytest.raises(ClipNotHeard, match=r"начался позже: на 0\.8 с"):
        await leg.hears(wanted, within_s=0.4)
    await playing


async def test_what_is_said_goes_out_at_the_pace_of_speech_and_silence_before_it(leg: Leg, asterisk: Asterisk) -> None:
    said = words(4, 1.0)
    began = time.monotonic()
    listening = asyncio.create_task(asterisk.listen(80))
    await leg.speak(said)
    assert time.monotonic() - began == pytest.approx(1.0, abs=0.25)
    (heard,) = find_all(said, await listening, to_the_end=True)
    assert heard.score > 0.99


async def test_the_other_side_hangs_up(leg: Leg, asterisk: Asterisk) -> None:
    speaking = asyncio.create_task(leg.speak(words(4, 5.0)))
    hearing = asyncio.create_task(leg.hears(words(1, 1.0), within_s=30))
    await asterisk.listen(5)
    asterisk.end()
    with pytest.raises(CallOver, match="договорить"):
        await speaking
    with pytest.raises(ClipNotHeard, match="разговор окончен на 0"):
        await hearing
    leg.hung_up(16, "Normal Clearing")
    assert (await leg.waits_for_hangup(within_s=1)).cause == 16
    with pytest.raises(CallOver):
        await leg.speak(words(4, 1.0))
    await leg.hang_up()


async def test_who_does_not_hang_up_is_told(leg: Leg, asterisk: Asterisk) -> None:
    with pytest.raises(StillTalking, match=r"За 0\.3 с трубку не положили"):
        await leg.waits_for_hangup(within_s=0.3)


async def test_there_are_keys_that_no_telephone_has(leg: Leg) -> None:
    for keys in ("", "1 2", "e", "1,2"):
        with pytest.raises(InvalidInput, match="на телефоне нет"):
            await leg.press(keys)


async def test_a_call_nobody_knows_is_hung_up_at_once(asterisk: Asterisk) -> None:
    server = SoundServer({})
    await server.start("127.0.0.1")
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"\x01\x00\x10" + uuid.uuid4().bytes)
    assert await asyncio.wait_for(reader.read(), 2) == b""
    writer.close()
    await server.stop()
