"""The ears with a real engine, vosk's Korean model: what they hear, and that what ends a job does not end them.

The model understands no Russian. What is told here holds for every language: words, grammar, partial words, several
callers at once, and workers that die, hang, or take too much.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import wave
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from gridline.settings import HOUSE
from ivr.voice import audio
from ivr.voice.synthesis import RHVoice, find_rhvoice
from speech import ears as ears_module
from speech.ears import Ears
from speech.models import Shelf
from speech.port import NoModel, NotHeard
from tests.speech_models import korean
from tests.unit.eventually import eventually

HALF_S = audio.RATE  # bytes: 16 bits a sample
GRAMMAR = ("네", "아니요", "감사합니다", "авария")


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return korean(tmp_path_factory.mktemp("korean"))


@pytest.fixture
async def ears(shelf: Shelf) -> AsyncIterator[Ears]:
    ears = Ears(shelf, niceness=1)
    yield ears
    await ears.close()


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two channels: silence, and somebody who speaks."""
    rhvoice = RHVoice(find_rhvoice(HOUSE / ".packages"), "anna")
    if not rhvoice.available:
        pytest.skip("RHVoice не установлен: make setup")
    spoken = audio.for_telephone(asyncio.run(rhvoice.speak("Добрый день. Анна слушает вас.")))
    file = tmp_path_factory.mktemp("speech") / "call.wav"
    with wave.open(str(file), "wb") as out:
        out.setnchannels(2)
        out.setframerate(audio.RATE)
        out.setsampwidth(2)
        out.writeframes(np.stack([np.zeros_like(spoken), spoken], axis=1).tobytes())
    return file


def halves(speech: Path) -> Iterator[bytes]:
    """What the speaking channel holds, half a second at a time."""
    with wave.open(str(speech), "rb") as file:
        spoken = np.frombuffer(file.readframes(file.getnframes()), "<i2")[1::2].tobytes()
    yield from (spoken[at : at + HALF_S] for at in range(0, len(spoken), HALF_S))


def workers() -> list[psutil.Process]:
    """The workers that this test has started."""
    living = (child for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE)
    return [child for child in living if "speech.worker" in child.cmdline()]


async def test_each_channel_gives_its_own_words_with_times_and_names(ears: Ears, speech: Path) -> None:
    silent, spoken = await ears.transcribe(speech, 0), await ears.transcribe(speech, 1)
    assert silent.words == ()
    assert (spoken.engine, spoken.model) == ("vosk", "vosk-ko")
    assert spoken.seconds == silent.seconds > 2
    assert spoken.words
    assert all(0 <= word.start_s < word.end_s <= spoken.seconds for word in spoken.words)
    assert all(0 <= word.confidence <= 1 for word in spoken.words)
    (worker,) = workers()  # one model for all jobs
    assert worker.nice() == 1
    if (weighed := Path(f"/proc/{worker.pid}/autogroup")).exists():
        assert weighed.read_text("ascii").endswith("nice 1\n"), "Asterisk is in another session"


async def test_a_caller_is_heard_while_they_speak_and_held_to_a_list(ears: Ears, speech: Path) -> None:
    partial = []
    async with ears.stream() as stream, ears.stream(GRAMMAR) as held:
        for samples in halves(speech):
            await asyncio.gather(stream.feed(samples), held.feed(samples))
            partial.append(stream.partial)
        heard, chosen = await asyncio.gather(stream.finish(), held.finish())
    assert heard.words
    assert heard.seconds > 2
    assert any(partial), "words come before the end"
    assert set(chosen.text.split()) <= set(GRAMMAR)
    assert (held.unknown, stream.unknown) == (("авария",), ()), "a word that the model cannot hear is named"
    assert [worker.nice() for worker in workers()] == [0], "a caller waits"


async def test_a_worker_that_dies_ends_its_job_and_the_next_one_is_heard(ears: Ears, speech: Path) -> None:
    await ears.load()
    workers()[0].suspend()
    job = asyncio.create_task(ears.transcribe(speech, 1))
    await asyncio.sleep(0)
    workers()[0].send_signal(signal.SIGABRT)
    workers()[0].resume()
    with pytest.raises(NotHeard, match="SIGABRT"):
        await job
    assert (await ears.transcribe(speech, 1)).words
    assert len(workers()) == 1


async def test_a_worker_that_hangs_is_ended_after_its_time(
    ears: Ears, speech: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ears.load()
    monkeypatch.setattr(ears_module, "LEAST_S", 0.2)
    monkeypatch.setattr(ears_module, "TIMES_THE_SOUND", 0.0)
    workers()[0].suspend()
    with pytest.raises(NotHeard, match="не ответил за 0 с"):
        await ears.transcribe(speech, 1)
    await eventually(lambda: workers() == [])


async def test_whoever_stops_waiting_does_not_leave_it_hearing(ears: Ears, speech: Path) -> None:
    await ears.load()
    workers()[0].suspend()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await ears.transcribe(speech, 1)
    await eventually(lambda: workers() == [])


async def test_a_worker_that_takes_too_much_memory_is_ended(shelf: Shelf) -> None:
    ears = Ears(shelf, memory_mb=100)
    with pytest.raises(NoModel, match=r"не загружается: занял \d+ МБ памяти при пределе 100"):
        await ears.load()
    assert workers() == []
    await ears.close()


async def test_a_caller_whose_worker_dies_goes_on_by_keys(ears: Ears, speech: Path) -> None:
    samples = next(halves(speech))
    async with ears.stream() as stream:
        await stream.feed(samples)
        workers()[0].kill()
        with pytest.raises(NotHeard):
            await stream.feed(samples)
    assert ears.streams, "the next caller is heard again"


async def test_a_worker_that_nobody_needs_gives_its_memory_back(ears: Ears, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ears_module, "IDLE_S", 0.05)
    await ears.load()
    await eventually(lambda: workers() == [])
    assert ears.available


async def test_a_worker_does_not_outlive_the_ears(shelf: Shelf) -> None:
    """Whoever is killed cannot say goodbye: the worker sees its input end."""
    code = (
        "import asyncio, sys\nfrom pathlib import Path\nfrom speech.ears import Ears\nfrom speech.models import Shelf\n"
        "async def main():\n    await Ears(Shelf(Path(sys.argv[1]))).load()\n    print('loaded', flush=True)\n"
        "    await asyncio.Event().wait()\nasyncio.run(main())"
    )
    argv = (sys.executable, "-c", code, shelf.folder)
    owner = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.PIPE)
    assert owner.stdout is not None
    assert await owner.stdout.readline() == b"loaded\n"
    children = psutil.Process(owner.pid).children()
    assert len(children) == 1
    owner.kill()
    await owner.wait()
    gone, _ = await asyncio.to_thread(psutil.wait_procs, children, 5)
    assert len(gone) == 1
