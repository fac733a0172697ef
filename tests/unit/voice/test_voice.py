"""Utterances: cached, joined, shared by waiting callers, and never silently missing."""

from __future__ import annotations

import asyncio
import os
import stat
import time
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from gridline.errors import Misconfigured, Unavailable
from gridline.settings import HOUSE
from ivr.voice import audio, synthesis
from ivr.voice.clips import PAUSE_S, PromptUnavailable
from ivr.voice.prompts import Prompt, PromptBook
from ivr.voice.synthesis import Program, RHVoice, clean, find_rhvoice
from ivr.voice.voice import KEEP_DAYS, Voice

BOOK = """
hello:
  kind: notice
  text: Здравствуйте
  companies:
    skek: Добрый день
number:
  text: "Номер {number}"
bye:
  text: До свид+ания
beep:
  kind: tone
  hertz: 1000
  seconds: 0.4
"""


class Organ:
    """A synthesiser of tones: 60 ms a letter, pitched by the word; it can be slow or broken."""

    fingerprint = "organ/1"

    def __init__(self) -> None:
        self.spoken: list[str] = []
        self.broken = False
        self.open = asyncio.Event()
        self.open.set()

    async def speak(self, text: str) -> bytes:
        self.spoken.append(text)
        await self.open.wait()
        if self.broken:
            raise Unavailable("Орган сломан.")
        return audio.wav_bytes(audio.tone(300 + len(text) * 20, 0.06 * len(text)))


@pytest.fixture
def organ() -> Organ:
    return Organ()


@pytest.fixture
async def voice(tmp_path: Path, organ: Organ) -> AsyncIterator[Voice]:
    voice = made(tmp_path, organ)
    yield voice
    await voice.close()


def made(folder: Path, organ: synthesis.Synthesiser, slow: Voice | None = None) -> Voice:
    file = folder / "prompts.ru.yaml"
    file.write_text(BOOK, "utf-8")
    return Voice(PromptBook.load(file), organ, folder / "made", folder / "studio", slow)


def pcm(file: Path) -> audio.Pcm:
    with wave.open(f"{file}.wav", "rb") as sound:
        return np.frombuffer(sound.readframes(sound.getnframes()), "<i2")


async def test_several_phrases_are_one_file_with_pauses(voice: Voice) -> None:
    said = await voice.render(["hello", Prompt("number", number="семь"), "beep"])
    parts = [await voice.render([p]) for p in ("hello", Prompt("number", number="семь"), "beep")]
    assert said.prompt_ids == ("hello", "number", "beep")
    assert said.text == "Здравствуйте Номер семь"
    assert said.seconds == pytest.approx(sum(p.seconds for p in parts) + 2 * PAUSE_S)
    pause = np.zeros(2000, np.int16)
    wanted = np.concatenate([pcm(parts[0].file), pause, pcm(parts[1].file), pause, pcm(parts[2].file)])
    assert np.array_equal(pcm(said.file), wanted)
    assert Path(f"{said.file}.alaw").read_bytes() == audio.alaw(wanted)


async def test_stress_marks_reach_the_synthesiser_and_not_the_reader(voice: Voice, organ: Organ) -> None:
    assert (await voice.render(["bye"])).text == "До свидания"
    assert organ.spoken == ["До свид+ания"]


async def test_what_was_made_is_not_made_again_even_after_a_restart(voice: Voice, organ: Organ, tmp_path: Path) -> None:
    first = await voice.render(["hello", "bye"])
    assert await voice.render(["hello", "bye"]) == first
    assert await made(tmp_path, organ).render(["hello", "bye"]) == first
    assert len(organ.spoken) == 2


async def test_a_known_utterance_costs_microseconds(voice: Voice) -> None:
    await voice.render(["hello", "bye"])
    started = time.perf_counter()
    for _ in range(2000):
        await voice.render(["hello", "bye"])
    assert (time.perf_counter() - started) / 2000 < 200e-6


async def test_a_company_is_greeted_in_its_own_words_and_shares_the_rest(voice: Voice) -> None:
    assert (await voice.render(["hello"], "skek")).text == "Добрый день"
    assert (await voice.render(["hello"], "skek")).version != (await voice.render(["hello"])).version
    assert (await voice.render(["bye"], "skek")).file == (await voice.render(["bye"], "other")).file


async def test_many_who_wait_for_one_text_cost_one_synthesis(voice: Voice, organ: Organ) -> None:
    organ.open.clear()
    waiting = [asyncio.create_task(voice.render([Prompt("number", number="два")])) for _ in range(50)]
    await asyncio.sleep(0)
    waiting[0].cancel()  # the first to ask hangs up
    organ.open.set()
    said = await asyncio.gather(*waiting[1:])
    assert len(set(said)) == 1
    assert organ.spoken == ["Номер два"]


async def test_when_nothing_can_speak_it_is_said_so_and_tried_again_next_time(voice: Voice, organ: Organ) -> None:
    organ.broken = True
    with pytest.raises(PromptUnavailable, match=r"«hello».*Орган сломан"):
        await voice.render(["hello"])
    organ.broken = False
    assert (await voice.render(["hello"])).seconds > 0.5


async def test_a_synthesiser_that_hangs_is_given_up(
    voice: Voice, organ: Organ, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivr.voice.voice.RENDER_LIMIT_S", 0.05)
    organ.open.clear()
    with pytest.raises(PromptUnavailable, match="hello"):
        await voice.render(["hello"])


async def test_a_deleted_or_torn_clip_is_made_again(voice: Voice, organ: Organ) -> None:
    said = await voice.render(["hello"])
    Path(f"{said.file}.alaw").unlink()
    assert await voice.render(["hello"]) == said
    assert len(organ.spoken) == 2
    assert Path(f"{said.file}.alaw").stat().st_size == said.seconds * 8000


async def test_a_full_disk_is_no_silence(tmp_path: Path, organ: Organ) -> None:
    (tmp_path / "made").write_text("a file where the folder should be")
    with pytest.raises(PromptUnavailable, match="hello"):
        await made(tmp_path, organ).render(["hello"])


async def test_a_join_that_cannot_be_written_is_no_silence(voice: Voice, tmp_path: Path) -> None:
    await voice.render(["hello"])
    (tmp_path / "made/joined").write_text("a file where the folder should be")
    with pytest.raises(PromptUnavailable, match="«hello, bye»"):
        await voice.render(["hello", "bye"])


async def test_an_empty_utterance_and_an_unknown_prompt_are_faults_of_the_menu(voice: Voice) -> None:
    with pytest.raises(Misconfigured, match="ни одной фразы"):
        await voice.render([])
    with pytest.raises(Misconfigured, match="«nothing»"):
        await voice.render(["nothing"])


def studio(folder: Path, company: str, id: str, seconds: float) -> None:
    (folder / "studio" / company).mkdir(parents=True, exist_ok=True)
    take = np.repeat(audio.tone(500, seconds), 6)  # 48 kHz
    data = bytearray(audio.wav_bytes(take))
    data[24:28] = (48_000).to_bytes(4, "little")
    (folder / "studio" / company / f"{id}.wav").write_bytes(data)


async def test_a_studio_recording_wins_where_its_words_are_right(tmp_path: Path, organ: Organ) -> None:
    for id in ("hello", "bye", "number", "stranger"):
        studio(tmp_path, "common", id, 3.0)
    studio(tmp_path, "skek", "bye", 2.0)
    voice = made(tmp_path, organ)
    assert (await voice.render(["bye"])).seconds == pytest.approx(3.0, abs=0.05)
    assert (await voice.render(["bye"], "skek")).seconds == pytest.approx(2.0, abs=0.05)
    assert (await voice.render(["hello"])).seconds == pytest.approx(3.0, abs=0.05)
    assert organ.spoken == []
    await voice.render(["hello"], "skek")  # has its own wording, which the common take would not say
    await voice.render([Prompt("number", number="один")])
    assert organ.spoken == ["Добрый день", "Номер один"]
    assert sorted(file.stem for file in voice.studio.strangers(voice.book)) == ["number", "stranger"]


async def test_a_broken_studio_recording_is_named(tmp_path: Path, organ: Organ) -> None:
    (tmp_path / "studio/common").mkdir(parents=True)
    (tmp_path / "studio/common/bye.wav").write_bytes(b"ID3")
    with pytest.raises(PromptUnavailable, match=r"«bye».*не WAV"):
        await made(tmp_path, organ).render(["bye"])


async def test_all_prompts_are_made_beforehand_and_found_by_name(voice: Voice, organ: Organ, tmp_path: Path) -> None:
    assert voice.missing() == [f"{c}/{id}" for c in ("common", "skek") for id in ("hello", "bye", "beep")]
    estimated = voice.lengths()
    told: list[str] = []
    built = await voice.build_all(lambda b: told.append(b.prompt_id), companies=["mrsk-centra"])
    assert sorted(organ.spoken) == ["До свид+ания", "Добрый день", "Здравствуйте"]
    assert len(told) == len(built) == 9
    assert voice.missing() == []
    assert [b.problem for b in built if b.problem] == []
    assert voice.lengths()["hello"] == (await voice.render(["hello"])).seconds != estimated["hello"]
    for company, text in (("common", "hello"), ("skek", "hello"), ("mrsk-centra", "beep")):
        link = tmp_path / "made/by-id" / company / f"{text}.alaw"
        assert link.resolve() == Path(f"{(await voice.render([text], company)).file}.alaw")


async def test_who_speaks_slowly_has_the_slower_prompts_beforehand(tmp_path: Path, organ: Organ) -> None:
    slow = Organ()
    slow.fingerprint = "organ/slow"
    voice = made(tmp_path, organ, slow=made(tmp_path, slow))
    await voice.build_all(companies=["arhenergo", "skek"], slow=["arhenergo"])
    assert sorted(slow.spoken) == ["До свид+ания", "Здравствуйте"]
    usual, slower = voice, voice.pace(slow=True)
    assert (await slower.render(["bye"], "arhenergo")).file != (await usual.render(["bye"], "arhenergo")).file
    link = tmp_path / "made/by-id/arhenergo/bye.alaw"
    assert link.resolve() == Path(f"{(await usual.render(['bye'], 'arhenergo')).file}.alaw")
    old = time.time() - (KEEP_DAYS + 1) * 86_400
    for file in (tmp_path / "made/clips").iterdir():
        os.utime(file, (old, old))
    assert voice.prune() == 0
    assert len(slow.spoken) == 2


async def test_what_a_queue_says_itself_lies_in_no_a_law(
    voice: Voice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivr.voice.voice.IN_QUEUES", {"hello": "nameless/greeting"})
    await voice.build_all()
    (only,) = (tmp_path / "made/by-id/skek/in-queues/nameless").iterdir()
    assert only.name == "greeting.wav"
    assert only.resolve() == Path(f"{(await voice.render(['hello'], 'skek')).file}.wav")


async def test_one_prompt_that_fails_does_not_stop_the_others(tmp_path: Path, organ: Organ) -> None:
    organ.broken = True
    built = {(b.company_id, b.prompt_id): b for b in await made(tmp_path, organ).build_all()}
    assert "Орган сломан" in built["common", "hello"].problem
    assert built["common", "beep"].problem == ""


async def test_old_clips_of_single_calls_go_and_prompts_stay(voice: Voice) -> None:
    await voice.build_all()
    number = await voice.render([Prompt("number", number="один"), "bye"])
    fresh = await voice.render([Prompt("number", number="два")])
    clip = await voice.render([Prompt("number", number="один")])
    old = time.time() - (KEEP_DAYS + 1) * 86_400
    for file in [*number.file.parent.iterdir(), *fresh.file.parent.iterdir()]:
        os.utime(file, (old, old))
    await voice.render([Prompt("number", number="два")])  # played again: in use
    assert voice.prune() == 2
    assert not Path(f"{number.file}.alaw").exists()
    assert not Path(f"{clip.file}.wav").exists()
    assert Path(f"{fresh.file}.wav").exists()
    assert voice.missing() == []
    assert (await voice.render([Prompt("number", number="один"), "bye"])).seconds == number.seconds


# ---- RHVoice itself ---------------------------------------------------------------------------------------------


def test_text_is_plain_before_it_is_spoken() -> None:
    assert clean("<speak>свет\x00\u202e &amp; `rm`</speak>\r\n ${x}") == "speak свет amp; rm /speak x"
    assert len(clean("а" * 100_000)) <= synthesis.LONGEST_TEXT


def script(folder: Path, body: str) -> Program:
    file = folder / "RHVoice-test"
    file.write_text(f"#!/bin/sh\n{body}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return Program((str(file),), {}, frozenset({"anna"}))


@pytest.mark.parametrize(
    ("body", "word"),
    [("echo ой >&2; exit 3", "кодом 3: ой"), ("exit 0", "без объяснений"), ("exec sleep 60", "не ответил")],
)
async def test_a_synthesiser_that_fails_is_told_in_words(tmp_path: Path, body: str, word: str) -> None:
    with pytest.raises(Unavailable, match=word):
        await RHVoice(script(tmp_path, body), "anna", timeout_s=0.3).speak("свет")


async def test_the_absent_and_the_unknown_voice_are_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="make setup"):
        await RHVoice(None, "anna").speak("свет")
    with pytest.raises(Unavailable, match="нет голоса «boris»"):
        await RHVoice(script(tmp_path, "exit 0"), "boris").speak("свет")


async def test_text_reaches_the_program_by_stdin_alone_and_two_at_once(tmp_path: Path) -> None:
    body = f'echo "$@" >> {tmp_path}/arguments; cat > {tmp_path}/text; for last; do :; done; echo RIFF > "$last"'
    speaker = RHVoice(script(tmp_path, body), "anna")
    assert await speaker.speak("свет; $(touch /tmp/x) -o злой") == b"RIFF\n"
    assert (tmp_path / "text").read_text() == "свет; (touch /tmp/x) -o злой"
    assert (tmp_path / "arguments").read_text().startswith("-p anna -r 95 -o ")


_RHVOICE = find_rhvoice(HOUSE / ".packages")


@pytest.mark.skipif(_RHVOICE is None, reason="RHVoice is not installed: make setup")
async def test_rhvoice_speaks_in_telephone_quality(tmp_path: Path) -> None:
    book = PromptBook.load(HOUSE / "dialplan/prompts.ru.yaml")
    voice = Voice(book, RHVoice(_RHVOICE, "anna"), tmp_path / "made", tmp_path / "none")
    said = await voice.render(["notice", Prompt("outage-until", until="сегодня до восемнадцати часов")], "skek")
    assert 8 < said.seconds < 12
    sound = pcm(said.file)
    assert -21 < 20 * np.log10(audio.active_rms(sound / 32768)) < -19
    assert np.max(np.abs(sound)) <= 32767 * 10 ** (-1 / 20)
