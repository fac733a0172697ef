"""When a caller has begun to speak, and when they have ended, however their sound is cut into pieces."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.voice.audio import RATE
from ivr.voice.hearing.utterance import BEGINS_WITHIN_S, LONGEST_S, PAUSE_S, SpeechSoFar
from tests.unit.voice.hearing.speaker import quiet, voice


def ends_at(sound: bytes, piece_s: float = 0.02) -> tuple[float, bool]:
    """(after how many seconds it is over, whether they spoke)."""
    heard, size = SpeechSoFar(), int(piece_s * RATE) * 2
    for at in range(0, len(sound), size):
        heard.feed(sound[at : at + size])
        if heard.over:
            break
    return heard.seconds, heard.spoke


def test_a_pause_after_words_ends_them() -> None:
    seconds, spoke = ends_at(quiet(1) + voice(1.5) + quiet(9))
    assert spoke
    assert abs(seconds - (2.5 + PAUSE_S)) < 0.05


def test_a_shorter_pause_is_within_a_name() -> None:
    seconds, _ = ends_at(voice(0.5) + quiet(PAUSE_S - 0.2) + voice(0.5) + quiet(9))
    assert abs(seconds - (1.0 + PAUSE_S - 0.2 + PAUSE_S)) < 0.05


def test_nothing_at_all_is_waited_for_a_while() -> None:
    assert ends_at(quiet(30)) == (BEGINS_WITHIN_S, False)


def test_nobody_is_listened_to_for_ever() -> None:
    assert ends_at(voice(30)) == (LONGEST_S, True)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 30)), min_size=1, max_size=8), st.sampled_from([0.02, 0.1, 0.5])
)
def test_pieces_of_any_size_come_to_the_same_end(parts: list[tuple[bool, int]], piece_s: float) -> None:
    sound = b"".join(voice(tenths / 10) if loud else quiet(tenths / 10) for loud, tenths in parts) + quiet(10)
    seconds, spoke = ends_at(sound, piece_s)
    finest, fine = ends_at(sound)
    assert spoke == fine
    assert finest - 0.02 <= seconds <= finest + piece_s + 0.02
    assert seconds <= LONGEST_S
