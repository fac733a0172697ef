"""What is done with words once they are heard: loops known, errors counted, answers read off the line."""

from __future__ import annotations

import asyncio
import io

import pytest

from speech import frames
from speech.error_rate import error_rate
from speech.port import Heard, NotHeard, Word
from speech.repeats import loop_in


def spoken(text: str, *, word_s: float = 0.4) -> list[Word]:
    """These words, one after another."""
    return [Word(word, at * word_s, (at + 1) * word_s, 0.9) for at, word in enumerate(text.split())]


@pytest.mark.parametrize(
    "text",
    [
        "да " * 24,
        "здравствуйте я слушаю вас " + "номер два " * 12,
        "адрес улица " + "ленина дом пять квартира шесть подъезд один этаж три " * 6,
        "сначала всё хорошо " + "и так далее " * 8 + "а потом снова хорошо",
    ],
)
def test_a_decoder_that_loops_is_known(text: str) -> None:
    assert loop_in(spoken(text)).startswith("зациклилось: «")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "алло " * 12,
        "ноль " * 10 + "один два три",
        "да да да нет нет нет " * 3,
        "номер один номер два номер три номер четыре номер пять номер шесть номер семь номер восемь номер девять",
        "у нас нет света на улице ленина дом пять у нас нет света с утра у нас нет света и воды",
    ],
)
def test_what_people_say_is_no_loop(text: str) -> None:
    assert loop_in(spoken(text)) == ""


def test_nobody_speaks_so_fast() -> None:
    text = " ".join(f"слово{number}" for number in range(40))
    assert loop_in(spoken(text)) == ""
    assert loop_in(spoken(text, word_s=0.05)).startswith("слов больше")


@pytest.mark.parametrize(
    ("said", "heard", "rate"),
    [
        ("Ещё раз, пожалуйста!", "еще раз пожалуйста", 0.0),
        ("эм-эр-эс-к+а Центра", "эм эр эс ка центра", 0.0),
        ("нажмите один", "нажмите два", 0.5),
        ("нажмите один", "", 1.0),
        ("да", "да да да", 2.0),
        ("один два три четыре", "два три четыре", 0.25),
    ],
)
def test_words_wrong_missing_and_too_many_are_counted(said: str, heard: str, rate: float) -> None:
    assert error_rate(said, heard) == rate


def test_nothing_said_has_no_error_rate() -> None:
    with pytest.raises(ValueError, match="nothing was said"):
        error_rate("…", "да")


def test_the_text_is_the_words() -> None:
    assert Heard(tuple(spoken("нет света")), "vosk", "small", 0.8).text == "нет света"


async def test_messages_cross_the_line_whole() -> None:
    sent: list[frames.Message] = [{"words": [["свет", 0.0, 0.4, 0.9]]}, {"id": 2, "partial": "«да» " * 9000}]
    whole = b"".join(map(frames.packed, sent))
    line, other = io.BytesIO(whole), asyncio.StreamReader()
    other.feed_data(whole)
    other.feed_eof()
    assert [frames.read(line), frames.read(line), frames.read(line)] == [*sent, None]
    assert [await frames.read_async(other) for _ in range(3)] == [*sent, None]


@pytest.mark.parametrize("cut", [2, 4, 9])
async def test_a_message_cut_short_is_the_end(cut: int) -> None:
    half = frames.packed({"id": 1})[:cut]
    other = asyncio.StreamReader()
    other.feed_data(half)
    other.feed_eof()
    assert frames.read(io.BytesIO(half)) is None
    assert await frames.read_async(other) is None


@pytest.mark.parametrize("body", [b"LOG (VoskAPI): x", b"[1, 2]", b"\xff\xfe"])
def test_what_is_no_message_is_told(body: bytes) -> None:
    with pytest.raises(frames.Garbled):
        frames.read(io.BytesIO(len(body).to_bytes(4, "big") + body))
    with pytest.raises(frames.Garbled, match="bytes"):
        frames.read(io.BytesIO(b"LOG (VoskAPI)"))


@pytest.mark.parametrize("answer", [{}, {"words": [["свет", 0.0]]}, {"words": [["свет", "рано", 0.4, 0.9]]}])
def test_words_that_are_none_are_not_heard(answer: frames.Message) -> None:
    with pytest.raises(NotHeard, match="неразборчиво"):
        frames.words(answer)
