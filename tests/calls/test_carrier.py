"""The carrier against a real Asterisk with a plain dialplan: what callers and telephones do arrives exactly once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from asterisk_conf.asterisk import Asterisk
from asterisk_conf.secrets import secret
from carrier.carrier import Carrier
from carrier.errors import CallOver, CallRefused, ClipNotHeard, NotRung
from carrier.hearing.matching import find_all
from carrier.hearing.sound import Clip, clip
from carrier.hearing.tones import chirps
from carrier.settings import CarrierSettings, free_port
from gridline.errors import InvalidInput, NotFound
from gridline.settings import Settings
from ivr.voice.audio import to_pcm, write_pair
from tests.calls.plain_line import DIALPLAN, PlainLine

pytestmark = [pytest.mark.real_asterisk, pytest.mark.asyncio(loop_scope="module")]

FROM = "+79131234567"
WELCOME, NOBODY = chirps(100, 3.0), chirps(101, 0.9)
KEYS = {key: chirps(number, 0.45) for number, key in enumerate("0123456789*#")}


@dataclass(frozen=True)
class Network:
    """Our plain line and the carrier beside it."""

    line: PlainLine
    carrier: Carrier


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def network(asterisk_program: Asterisk, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Network]:
    base = tmp_path_factory.mktemp("network")
    settings = Settings(
        var=base / "ours",
        dialplan=DIALPLAN,
        sip_port=free_port(),
        ami_port=free_port(),
        trunk_port=free_port(),
        rtp_first_port=16000,
        rtp_last_port=17999,
    )
    line = PlainLine(settings, asterisk_program)
    clips = {"welcome": WELCOME, "nobody": NOBODY, "star": KEYS["*"], "hash": KEYS["#"]}
    for name, sound in (KEYS | clips).items():
        if name not in "*#":
            write_pair(line.clips / name, to_pcm(sound.samples.astype(np.float64)))
    own = CarrierSettings(
        base / "carrier",
        our_port=settings.sip_port,
        agents={name: secret(settings.var / "secrets", f"agent-{name}") for name in settings.agents},
        sip_port=settings.trunk_port,
        ami_port=free_port(),
    )
    carrier = Carrier(own, asterisk_program)
    await line.start()
    try:
        await carrier.start()
        try:
            yield Network(line, carrier)
        finally:
            await carrier.stop()
    finally:
        await line.process.stop()


async def test_a_caller_hears_the_welcome_to_its_end_and_every_key_arrives_once(network: Network) -> None:
    async with network.carrier.call(from_number=FROM, to="78001") as caller:
        heard = await caller.hears(network.line.clips / "welcome", within_s=1, to_the_end=True)
        assert heard.at_s < 0.2
        assert heard.until_s == pytest.approx(heard.at_s + 3.0, abs=0.05)
        await caller.press("0123456789*#")
        for sound in KEYS.values():
            await caller.hears(sound, within_s=3, to_the_end=True)
        assert [len(caller.heard(sound)) for sound in KEYS.values()] == [1] * 12
        assert len(caller.heard(WELCOME)) == 1
    (note,) = network.line.notes.glob("*.keys")
    assert note.read_text() == "0123456789*#"
    note.unlink()
    assert caller.ended is not None
    assert caller.ended.cause == 16


async def test_the_same_key_many_times_is_that_many_keys(network: Network) -> None:
    async with network.carrier.call(from_number=FROM, to="78001") as caller:
        await caller.hears(WELCOME, within_s=1, to_the_end=True)
        await caller.press("1111222A")
        await caller.hears(KEYS["1"], within_s=2)
    (note,) = network.line.notes.glob("*.keys")
    assert note.read_text() == "1111222"
    note.unlink()


async def test_what_the_caller_says_comes_back_over_an_echo(network: Network, tmp_path: Path) -> None:
    async with network.carrier.call(from_number=FROM, to="78002") as caller:
        said = chirps(7)
        _, heard = await asyncio.gather(caller.speak(said), caller.hears(said, within_s=1, to_the_end=True))
        assert heard.score > 0.97
        with pytest.raises(ClipNotHeard):
            await caller.hears(chirps(8), within_s=0.2)
        caller.ear.save(tmp_path / "ear.wav")
    assert len(find_all(said, (clip(tmp_path / "ear.wav").samples * 32767).astype(np.int16))) == 1


async def test_what_the_caller_says_is_recorded_there_and_the_line_hangs_up(network: Network) -> None:
    async with network.carrier.call(from_number=FROM, to="78003") as caller:
        said = chirps(9, 2.0)
        await caller.speak(said)
        await caller.hears(WELCOME, within_s=5, to_the_end=True)
        ended = await caller.waits_for_hangup(within_s=2)
        assert ended.cause == 16
        with pytest.raises(CallOver):
            await caller.press("1")
        with pytest.raises(CallOver):
            await caller.speak(said)
    recorded = clip(network.line.notes / "message.wav")
    (hit,) = find_all(said, (recorded.samples * 32767).astype(np.int16), to_the_end=True)
    assert hit.score > 0.97


async def test_a_call_that_is_not_taken_says_why(network: Network) -> None:
    with pytest.raises(CallRefused, match="User busy") as busy:
        async with network.carrier.call(from_number=FROM, to="78004"):
            pytest.fail("nobody answers here")
    assert busy.value.cause == 17
    with pytest.raises(CallRefused) as unknown:
        async with network.carrier.call(from_number=FROM, to="700"):
            pytest.fail("there is no such number")
    assert unknown.value.cause in (1, 3, 21)
    with pytest.raises(InvalidInput):
        async with network.carrier.call(from_number=FROM, to="78001&PJSIP/101"):
            pytest.fail("this is no number")


async def test_a_caller_who_calls_themselves_an_agent_is_a_caller(network: Network) -> None:
    """Known by where they come from: answered as a caller, and an agent's numbers are not for them."""
    async with network.carrier.call(from_number="101", to="78001") as caller:
        await caller.hears(WELCOME, within_s=2)
    with pytest.raises(CallRefused):
        async with network.carrier.call(from_number="101", to="102"):
            pytest.fail("a caller rang an agent")


async def test_a_welcome_that_is_cut_off_is_not_taken_for_heard(network: Network) -> None:
    async with network.carrier.call(from_number=FROM, to="78005") as caller:
        with pytest.raises(ClipNotHeard, match=r"оборвался: слышно 2\.\d с из 3\.0"):
            await caller.hears(WELCOME, within_s=1, to_the_end=True)
        assert len(caller.heard(WELCOME)) == 1
        assert caller.heard(WELCOME, to_the_end=True) == []
        await caller.waits_for_hangup(within_s=1)


async def test_silence_is_measured_while_it_lasts(network: Network) -> None:
    async with network.carrier.call(from_number=FROM, to="78006") as caller:
        with pytest.raises(ClipNotHeard, match=r"\[ +\]"):
            await caller.hears(WELCOME, within_s=0.5)
        assert caller.heard_silence_longest_s() == pytest.approx(caller.now_s, abs=0.4)


@pytest.mark.parametrize(
    ("number", "name", "seen"),
    [
        (FROM, "", f"{FROM}//"),
        (FROM, "Иван Петров", f"{FROM}/Иван Петров/"),
        (None, "", "anonymous/Anonymous/"),
        ("garbled&who", "${SHELL(id)}; <x>", "garbled&who/${SHELL(id)}; <x>/"),
    ],
)
async def test_callers_show_what_they_like(network: Network, number: str | None, name: str, seen: str) -> None:
    async with network.carrier.call(from_number=number, to="78007", name=name):
        note = network.line.notes / "caller"
        assert note.read_text().startswith(seen)
        note.unlink()


async def test_an_agent_answers_and_both_hear_each_other(network: Network) -> None:
    agent = network.carrier.agent("101")
    await agent.registers()
    agent.answers(after_s=0.3)
    async with network.carrier.call(from_number=FROM, to="78008") as caller:
        talk = await agent.answered(within_s=5)
        assert (await agent.rung(within_s=1)).caller == FROM
        ours, theirs = chirps(21), chirps(22)
        await asyncio.gather(
            caller.speak(ours),
            talk.speak(theirs),
            talk.hears(ours, within_s=1, to_the_end=True),
            caller.hears(theirs, within_s=1, to_the_end=True),
        )
        await talk.hang_up()
        await caller.hears(NOBODY, within_s=1, to_the_end=True)
        await caller.waits_for_hangup(within_s=2)


async def test_the_caller_hangs_up_on_the_agent(network: Network) -> None:
    agent = network.carrier.agent("101")
    await agent.registers()
    agent.answers(after_s=0)
    async with network.carrier.call(from_number=FROM, to="78008") as caller:
        talk = await agent.answered(within_s=5)
        await caller.hang_up()
        assert (await talk.waits_for_hangup(within_s=2)).cause == 16


async def test_agents_who_are_busy_away_or_asleep(network: Network) -> None:
    agent = network.carrier.agent("101")
    await agent.registers()
    agent.rejects()
    async with network.carrier.call(from_number=FROM, to="78008") as caller:
        await caller.hears(NOBODY, within_s=1)
    agent.does_not_answer()
    async with network.carrier.call(from_number=FROM, to="78008") as caller:
        with pytest.raises(NotRung, match="не соединён ни с кем"):
            await agent.answered(within_s=1)
        assert caller.heard(NOBODY) == []
    await agent.unregisters()
    async with network.carrier.call(from_number=FROM, to="78008") as caller:
        await caller.hears(NOBODY, within_s=1)
    await agent.registers()
    with pytest.raises(NotFound):
        network.carrier.agent("999")


async def test_the_company_calls_a_subscriber_back(network: Network) -> None:
    subscriber = network.carrier.subscriber("+7 913 765-43-21")
    subscriber.answers(after_s=0.2)
    async with network.carrier.call(from_number=FROM, to="78009") as caller:
        talk = await subscriber.answered(within_s=5)
        said = Clip("hello", chirps(31).samples)
        await asyncio.gather(talk.speak(said), caller.hears(said, within_s=1, to_the_end=True))


async def test_twenty_callers_at_once_hear_their_whole_welcome(network: Network) -> None:
    async def one(number: int) -> float:
        async with network.carrier.call(from_number=f"+7913000{number:04}", to="78001") as caller:
            heard = await caller.hears(WELCOME, within_s=2, to_the_end=True)
            await caller.press("12A")
            await caller.hears(KEYS["1"], within_s=4, to_the_end=True)
            await caller.hears(KEYS["2"], within_s=4, to_the_end=True)
            return heard.score

    assert min(await asyncio.gather(*(one(number) for number in range(20)))) > 0.97
    notes = list(network.line.notes.glob("*.keys"))
    assert [note.read_text() for note in notes] == ["12"] * 20
