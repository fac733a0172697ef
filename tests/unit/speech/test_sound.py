"""A channel of a recording: the right one, in pieces that lose nothing and are cut between words."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from speech.port import NotHeard
from speech.sound import RATE, TelephoneSound


def recorded(
    file: Path, *channels: np.ndarray[tuple[int], np.dtype[np.int16]], rate: int = RATE, width: int = 2
) -> Path:
    """A WAV of these channels."""
    with wave.open(str(file), "wb") as out:
        out.setnchannels(len(channels))
        out.setframerate(rate)
        out.setsampwidth(width)
        out.writeframes(np.stack(channels, axis=1).tobytes())
    return file


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    """Ten seconds, loud but for the tenth of a second at 3.0, 6.5 and 9.9; the other channel counts up."""
    loud = np.tile(np.array([9000, -9000], np.int16), 5 * RATE)
    for quiet_s in (3.0, 6.5, 9.9):
        loud[int(quiet_s * RATE) - RATE // 10 : int(quiet_s * RATE) + RATE // 10] = 0
    return recorded(tmp_path / "talk.wav", np.arange(len(loud)).astype(np.int16), loud)


def test_the_pieces_are_the_channel_cut_where_it_is_quiet(talk: Path) -> None:
    sound = TelephoneSound.of(talk, 1)
    pieces = list(sound.pieces(4.0))
    assert sound.seconds == 10.0
    assert [round(at, 1) for at, _ in pieces] == [0.0, 3.0, 6.5]
    assert sum(len(piece) for _, piece in pieces) == 10 * RATE
    assert max(len(piece) for _, piece in pieces) <= 4 * RATE
    counted = np.concatenate([piece for _, piece in TelephoneSound.of(talk, 0).pieces(4.0)])
    assert (counted == np.arange(10 * RATE).astype(np.int16)).all()


def test_a_short_sound_is_one_piece_and_none_has_none(talk: Path, tmp_path: Path) -> None:
    assert [len(piece) for _, piece in TelephoneSound.of(talk, 0).pieces(60.0)] == [10 * RATE]
    empty = recorded(tmp_path / "empty.wav", np.zeros(0, np.int16))
    assert list(TelephoneSound.of(empty, 0).pieces(60.0)) == []


def test_what_is_no_telephone_sound_is_refused_in_words(talk: Path, tmp_path: Path) -> None:
    silence = np.zeros(80, np.int16)
    with pytest.raises(NotHeard, match="канала 2 нет, всего каналов 2"):
        TelephoneSound.of(talk, 2)
    with pytest.raises(NotHeard, match="16000 Гц"):
        TelephoneSound.of(recorded(tmp_path / "wide.wav", silence, rate=16_000), 0)
    with pytest.raises(NotHeard, match="8 бит"):
        TelephoneSound.of(recorded(tmp_path / "coarse.wav", silence.astype(np.int8), width=1), 0)
    (tmp_path / "no.wav").write_bytes(b"ID3")
    with pytest.raises(NotHeard, match="это не WAV"):
        TelephoneSound.of(tmp_path / "no.wav", 0)
    with pytest.raises(FileNotFoundError):
        TelephoneSound.of(tmp_path / "away.wav", 0)
