"""A question that may be answered aloud: every way a caller may answer it, and every way the ears may fail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from gridline.clock import SystemClock
from ivr import line as lines
from ivr.line import CallerHungUp
from ivr.voice.hearing.answer import Answer, Pressed, Silent, Spoke, Unheard
from ivr.voice.hearing.hearing import CallersVoice
from recordings.disk import Disk
from recordings.incoming import Incoming
from speech.port import Heard, NotHeard
from tests.table_ears import heard
from tests.unit.voice.hearing.speaker import HANGS_UP, ScriptedEars, Speaker, quiet, voice

BARZAS = heard("барзас")
Ask = Callable[[Speaker, ScriptedEars], "asyncio.Future[Answer]"]


class House:
    """The place where pieces lie while they are listened to."""

    def __init__(self, folder: Path) -> None:
        self.incoming, self.disk = Incoming(folder / "incoming", SystemClock(), least_free=0), Disk()

    async def asked(self, speaker: Speaker, ears: ScriptedEars, *, at_most: int = 1) -> Answer:
        """What `speaker` answers."""
        return await CallersVoice(ears, self.incoming, self.disk).listen(speaker, "settlement-say", at_most=at_most)

    async def left(self) -> list[Path]:
        """What lies there yet, once all that was to be removed is."""
        await self.disk.do(lambda: None)
        return list(self.incoming.heard.iterdir())


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    made = House(tmp_path)
    yield made
    assert await made.left() == [], "what callers say is never kept"
    await made.disk.close()


async def test_what_they_say_is_heard_when_they_have_ended(house: House) -> None:
    speaker, ears = Speaker(quiet(1) + voice(1)), ScriptedEars(BARZAS)
    answer = await house.asked(speaker, ears)
    assert isinstance(answer, Spoke)
    assert (answer.text, answer.heard.engine) == ("барзас", "table")
    assert speaker.said == ["settlement-say"]
    assert speaker.pieces == 7, "a second, a second of words, and the pause that ends them"
    assert len(ears.asked) == 1
    assert ears.woken == 1, "the model is loaded while the question is asked"


async def test_who_does_not_end_is_heard_all_the_same(house: House) -> None:
    speaker = Speaker(voice(60))
    assert await house.asked(speaker, ScriptedEars(BARZAS)) == Spoke(BARZAS)
    assert speaker.pieces == 16, "eight seconds"


@pytest.mark.parametrize("sound", [b"", quiet(30), quiet(2) + voice(0.08)], ids=["nothing", "noise", "a click"])
async def test_who_says_nothing_costs_the_recogniser_nothing(house: House, sound: bytes) -> None:
    speaker, ears = Speaker(sound), ScriptedEars(BARZAS)
    assert await house.asked(speaker, ears) == Silent()
    assert ears.asked == []
    assert speaker.pieces == 10, "five seconds"


async def test_sound_without_words_is_silence(house: House) -> None:
    assert await house.asked(Speaker(voice(1)), ScriptedEars(heard(""))) == Silent()


async def test_a_key_during_the_question_is_the_answer_and_nothing_is_listened_to(house: House) -> None:
    speaker, ears = Speaker(voice(1), during="2"), ScriptedEars(BARZAS)
    assert await house.asked(speaker, ears) == Pressed("2")
    assert speaker.pieces == 0


@pytest.mark.parametrize(
    ("first", "more", "keys"),
    [("2", "34#5", "234"), ("2", "34", "234"), ("#", "5", "#"), ("*", "5", "*"), ("2", "*", "2*"), ("0", "", "0")],
)
async def test_several_keys_end_with_a_hash_or_a_pause(house: House, first: str, more: str, keys: str) -> None:
    speaker = Speaker(during=first, more=more)
    assert await house.asked(speaker, ScriptedEars(BARZAS), at_most=8) == Pressed(keys)


async def test_a_key_while_they_speak_is_the_answer(house: House) -> None:
    speaker, ears = Speaker(voice(5), then=(2.0, "7"), more="8#"), ScriptedEars(BARZAS)
    assert await house.asked(speaker, ears, at_most=8) == Pressed("78")
    assert ears.asked == []


async def test_who_hangs_up_while_they_speak_leaves_nothing(house: House) -> None:
    with pytest.raises(CallerHungUp):
        await house.asked(Speaker(voice(5), then=(1.0, HANGS_UP)), ScriptedEars(BARZAS))


@pytest.mark.parametrize("error", [NotHeard("упал (SIGABRT)"), NotHeard("зациклилось"), OSError(5, "disk"), None])
async def test_ears_that_fail_are_told_and_never_break_a_call(house: House, error: Exception | None) -> None:
    speaker = Speaker(voice(1))
    assert await house.asked(speaker, ScriptedEars(error)) == Unheard()
    assert speaker.said == ["settlement-say"]


async def test_who_waits_for_their_words_is_told_to_wait_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "PATIENCE_S", 0.01)
    speaker, ears = Speaker(voice(1)), ScriptedEars(BARZAS)
    waiting = asyncio.Event()

    async def slow(wav: Path) -> Heard:
        await waiting.wait()
        return BARZAS

    async def one_moment(then_s: float) -> None:
        assert then_s == ears.wait_s, "so long the dialplan does not take the caller back"
        speaker.said.append("one-moment")
        waiting.set()

    monkeypatch.setattr(ears, "hear", slow)
    monkeypatch.setattr(speaker, "one_moment", one_moment)
    assert await house.asked(speaker, ears) == Spoke(BARZAS)
    assert speaker.said == ["settlement-say", "one-moment"]


async def test_nobody_is_listened_to_before_the_notice(house: House) -> None:
    speaker = Speaker(voice(1))
    speaker.call.notice_heard = False
    hearing = CallersVoice(ScriptedEars(BARZAS), house.incoming, house.disk)
    assert not hearing.offered(speaker.call)
    with pytest.raises(RuntimeError, match="before the notice"):
        await hearing.listen(speaker, "settlement-say")


async def test_whoever_cannot_be_heard_is_not_asked_to_speak(house: House) -> None:
    call, ears = Speaker().call, ScriptedEars(BARZAS)
    hearing = CallersVoice(ears, house.incoming, house.disk)
    assert hearing.offered(call)
    ears.overrun = True
    assert not hearing.offered(call)
    ears.overrun, ears.available = False, False
    assert not hearing.offered(call)
    ears.available, call.by_keys = True, True
    assert not hearing.offered(call)


async def test_what_a_dead_process_listened_to_is_removed(house: House) -> None:
    house.incoming.begin_hearing()
    (house.incoming.heard / "old.sln").write_bytes(b"words")
    CallersVoice(ScriptedEars(), house.incoming, house.disk)
    assert await house.left() == []
