"""A talk in figures from its sound alone, with what a long one costs; and the rules over its words."""

from __future__ import annotations

import tracemalloc
import wave
from pathlib import Path

import numpy as np
import pytest

from appeals import numbering
from gridline.errors import Misconfigured
from gridline.settings import HOUSE
from ivr.voice.spoken.numbers import cardinal
from quality.measures import rules
from quality.measures.energy import voices
from quality.measures.judgement import RuleVerdict, TalkFacts, judged
from quality.measures.talk import NoticedKind, both, figures, turns
from quality.transcripts.transcripts import SpokenWord
from tests.table_ears import heard

RATE = 8000
RNG = np.random.default_rng(1)
HUM, SPEECH, MUSIC = "hum", "speech", "music"


def sound(kind: str, seconds: float) -> np.ndarray:
    """Noise of a line; speech-like bursts with stops in it; music, which does not stop."""
    n = int(seconds * RATE)
    noise = RNG.normal(0, 20, n)
    if kind == HUM:
        return noise
    tone = 5000 * np.sin(2 * np.pi * 300 * np.arange(n) / RATE)
    if kind == SPEECH:
        tone *= (np.arange(n) / RATE) % 0.5 < 0.4  # a stop of 100 ms twice a second
    return tone + noise


def recording(file: Path, *sides: list[tuple[str, float]]) -> Path:
    tracks = [np.concatenate([sound(kind, seconds) for kind, seconds in side]) for side in sides]
    with wave.open(str(file), "wb") as out:
        out.setnchannels(len(sides))
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(np.stack(tracks, axis=1).astype("<i2").tobytes())
    return file


def test_a_talk_is_measured_by_who_speaks_when(tmp_path: Path) -> None:
    caller = [(SPEECH, 4.0), (HUM, 7.0), (SPEECH, 3.0), (HUM, 22.0)]
    agent = [(HUM, 3.0), (SPEECH, 3.0), (HUM, 13.0), (MUSIC, 12.0), (HUM, 1.0), (SPEECH, 4.0)]
    found = figures(voices(recording(tmp_path / "a.wav", caller, agent)), by_agent=True)
    assert found.seconds == 36.0
    assert found.caller_s == pytest.approx(7.0, abs=0.4)
    assert found.agent_s == pytest.approx(7.0, abs=0.4)
    assert found.over_s == pytest.approx(1.0, abs=0.3)
    assert found.hold_s == pytest.approx(12.0, abs=0.3)
    assert found.silence_s == pytest.approx(5.0 + 5.0 + 1.0, abs=0.5)
    assert found.monologue_s == pytest.approx(4.0, abs=0.4)
    told = [(one.kind, round(one.at)) for one in found.noticed if one.kind is not NoticedKind.OVER]
    assert told == [
        (NoticedKind.SILENCE, 6),
        (NoticedKind.SILENCE, 14),
        (NoticedKind.HOLD, 19),
        (NoticedKind.MONOLOGUE, 32),
    ]


def test_a_robot_that_does_not_breathe_is_no_hold_and_a_silent_side_says_nothing(tmp_path: Path) -> None:
    found = figures(voices(recording(tmp_path / "a.wav", [(HUM, 12.0)], [(MUSIC, 12.0)])), by_agent=False)
    assert (found.caller_s, found.hold_s, round(found.agent_s)) == (0.0, 0.0, 12)
    (only,) = voices(recording(tmp_path / "b.wav", [(SPEECH, 2.0), (HUM, 2.0)])).channels
    assert [(round(first), round(last)) for first, last in only] == [(0, 2)]


def test_an_hour_costs_as_much_memory_as_a_minute(tmp_path: Path) -> None:
    peaks = []
    for minutes in (2, 20):
        file = tmp_path / f"{minutes}.wav"
        minute = recording(tmp_path / "m.wav", [(SPEECH, 60.0)], [(HUM, 60.0)]).read_bytes()[44:]
        with wave.open(str(file), "wb") as out:
            out.setnchannels(2)
            out.setsampwidth(2)
            out.setframerate(RATE)
            for _ in range(minutes):
                out.writeframes(minute)
        tracemalloc.start()
        voices(file)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.1
    assert peaks[1] < 20 * 1024 * 1024


def test_spans_of_two_sides() -> None:
    assert both(((0, 4), (6, 9)), ((3, 7), (8, 10))) == ((3, 4), (6, 7), (8, 9))
    assert list(turns(((0, 2), (3, 5), (9, 10)), ((5.5, 8),))) == [(0, 5), (9, 10)]
    assert list(turns((), ((1, 2),))) == []
    assert list(turns(((0, 2), (3, 5)), ((2.2, 2.6),))) == [(0, 5)]  # «угу»


def words(said: str) -> list[SpokenWord]:
    return [SpokenWord(word.text, word.start_s, word.end_s) for word in heard(said).words]


NUMBER = numbering.number(2026, 123)
SPOKEN = " ".join(cardinal(int(digit)) for digit in NUMBER)


def verdicts(
    said: str, *, notice: bool = True, numbers: tuple[str, ...] = (), called_out: bool = False
) -> dict[str, tuple[RuleVerdict, float | None]]:
    shipped = rules.of_installation(HOUSE / "dialplan").of("skek")
    names = {rule.title: rule.rule for rule in shipped}
    facts = TalkFacts(notice, numbers, 60.0, called_out)
    return {names[one.title]: (one.verdict, one.at) for one in judged(shipped, facts, {"agent": words(said)})}


def test_rules_tell_the_second_at_which_something_was_said_or_was_not() -> None:
    said = f"| добрый день меня зовут ольга ваш номер обращения {SPOKEN} ответим в течение тридцати рабочих дней"
    kept, broken = RuleVerdict.KEPT, RuleVerdict.BROKEN
    found = verdicts(said, numbers=(NUMBER,))
    assert found == {
        "notice": (kept, None),
        "greeting": (kept, 2.0),
        "name": (kept, 3.0),
        "number": (kept, 6.0),
        "deadline": (kept, 12.5),
        "rude": (kept, None),
    }
    found = verdicts("алло | чего вы хотите | | | | | | здравствуйте", notice=False, numbers=(NUMBER,))
    assert found == {
        "notice": (broken, None),
        "greeting": (broken, 15.0),
        "name": (broken, 20.0),
        "number": (broken, 60.0),
        "deadline": (broken, 60.0),
        "rude": (broken, 2.5),
    }
    assert set(verdicts("здравствуйте")) == {"notice", "greeting", "name", "rude"}


def test_who_calls_does_not_answer_as_who_is_called() -> None:
    kept, broken = RuleVerdict.KEPT, RuleVerdict.BROKEN
    found = verdicts("добрый день вам звонит компания", called_out=True)
    assert found == {
        "notice": (kept, None),
        "greeting-out": (kept, 0.0),
        "name-out": (kept, 1.0),
        "rude": (kept, None),
    }
    found = verdicts("оператор слушаю вас", called_out=True)
    assert (found["greeting-out"][0], found["name-out"][0]) == (broken, broken)


def test_without_words_the_rules_say_so() -> None:
    found = judged(rules.of_installation(HOUSE / "dialplan").of("skek"), TalkFacts(True, (), 60.0), {})
    assert {one.verdict for one in found} == {RuleVerdict.KEPT, RuleVerdict.UNHEARD}


def test_a_companys_own_rule_takes_the_place_of_one_and_a_mistake_is_shown_where_it_stands(tmp_path: Path) -> None:
    own = tmp_path / "talk_rules.yaml"
    own.write_text(
        "rules:\n  - {company: skek, rule: greeting, title: Приветствие СКЭК, says: [вас приветствует скэк]}\n"
    )
    read = rules.of_installation(tmp_path)
    assert [rule.title for rule in read.of("skek") if rule.rule == "greeting"] == ["Приветствие СКЭК"]
    assert [rule.title for rule in read.of("mrsk") if rule.rule == "greeting"] == ["Приветствие"]
    own.write_text("rules:\n  - {rule: two, title: Две вещи, says: [да], never: [нет]}\n")
    with pytest.raises(Misconfigured, match=r"talk_rules\.yaml:2: "):
        rules.of_installation(tmp_path)
