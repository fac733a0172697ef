"""Sound for the telephone, measured: what is kept, what is cut, how loud, and the exact bytes of A-law."""

from __future__ import annotations

import struct
import wave
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from gridline.errors import InvalidInput
from ivr.voice import audio

audioop = pytest.importorskip("audioop", reason="the second opinion on A-law left Python with 3.13")


def sine(hertz: float, rate: int, seconds: float = 1.0, amplitude: float = 0.5) -> audio.Samples:
    return amplitude * np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate)


def wav(samples: audio.Samples, rate: int, channels: int = 1) -> bytes:
    file = BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(np.repeat(audio.to_pcm(samples), channels).astype("<i2").tobytes())
    return file.getvalue()


def riff(code: int, bits: int, channels: int, rate: int, body: bytes, extension: bytes = b"") -> bytes:
    width = bits // 8 * channels
    layout = struct.pack("<HHIIHH", code, channels, rate, rate * width, width, bits) + extension
    chunks = b"LIST" + struct.pack("<I", 3) + b"abc\0" + b"fmt " + struct.pack("<I", len(layout)) + layout
    return b"RIFF" + struct.pack("<I", 0) + b"WAVE" + chunks + b"data" + struct.pack("<I", len(body)) + body


def decibels(ratio: float) -> float:
    return float(20 * np.log10(max(ratio, 1e-9)))


def test_alaw_is_the_reference_for_every_sample() -> None:
    everything = np.arange(-32768, 32768).astype(np.int16)
    assert audio.alaw(everything) == audioop.lin2alaw(everything.tobytes(), 2)


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 24000, 44100, 48000])
def test_speech_frequencies_pass_and_others_go(rate: int) -> None:
    middle = slice(800, -800)
    for hertz in (300, 1000, 2500, 3300):
        heard = audio.resample(sine(hertz, rate), rate)[middle]
        assert abs(decibels(heard.std() * np.sqrt(2) / 0.5)) < 0.3, hertz
    for hertz in (4400, 5000, 7000, 11_000):
        if hertz < rate / 2 and rate > 8000:
            heard = audio.resample(sine(hertz, rate), rate)[middle]
            assert decibels(heard.std() * np.sqrt(2) / 0.5) < -65, hertz


@pytest.mark.parametrize("rate", [11025, 24000, 44100])
def test_resampling_keeps_pitch_phase_and_length(rate: int) -> None:
    heard = audio.resample(sine(440, rate), rate)
    assert len(heard) == 8000
    wanted = sine(440, 8000)
    assert np.max(np.abs(heard - wanted)[400:-400]) < 0.01


def test_silence_goes_and_the_level_is_the_same_for_quiet_and_loud() -> None:
    quiet = np.concatenate([np.zeros(24_000), sine(500, 24_000, 2, 0.01), np.zeros(36_000)])
    loud = np.concatenate([np.zeros(2400), sine(500, 24_000, 2, 0.9)])
    for source in (quiet, loud):
        pcm = audio.for_telephone(wav(source, 24_000))
        assert 2.0 < len(pcm) / 8000 < 2.12
        assert -20.5 < decibels(audio.active_rms(pcm / 32768)) < -19.5
        assert abs(int(pcm[0])) < 10
        assert abs(int(pcm[-1])) < 10


def test_peaks_are_bent_below_the_ceiling_and_order_is_kept() -> None:
    clicks = sine(300, 8000, 1, 0.02)
    clicks[::400] = 0.95
    out = audio.level(clicks)
    assert np.max(np.abs(out)) <= 10 ** (-1 / 20)
    rising = np.linspace(-1, 1, 999)
    assert np.all(np.diff(audio.level(rising)) >= 0)


def test_silence_alone_stays_silence() -> None:
    assert not np.any(audio.for_telephone(wav(np.zeros(2400), 24_000)))


def test_every_depth_and_header_of_a_studio_is_read() -> None:
    tone = sine(400, 48_000, 0.1)
    whole = np.rint(tone * (2**31 - 1)).astype("<i4")
    three = whole.view("u1").reshape(-1, 4)[:, 1:].tobytes()
    files = [
        riff(1, 16, 1, 48_000, np.rint(tone * 32767).astype("<i2").tobytes()),
        riff(1, 32, 1, 48_000, whole.tobytes()),
        riff(1, 24, 1, 48_000, three),
        riff(0xFFFE, 24, 1, 48_000, three, struct.pack("<HHIH14x", 22, 24, 4, 1)),
        riff(3, 32, 1, 48_000, tone.astype("<f4").tobytes()),
        riff(1, 16, 2, 48_000, np.repeat(np.rint(tone * 32767).astype("<i2"), 2).tobytes()),
    ]
    for file in files:
        samples, rate = audio.read_wav(file)
        assert rate == 48_000
        assert np.max(np.abs(samples - tone)) < 1e-3
    eight, _ = audio.read_wav(riff(1, 8, 1, 8000, ((tone + 1) * 127.5).astype("u1").tobytes()))
    assert np.max(np.abs(eight - tone)) < 0.02


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "не WAV"),
        (b"ID3 this is mp3", "не WAV"),
        (riff(1, 16, 1, 24_000, b""), "нет звука"),
        (riff(1, 16, 0, 24_000, b"\0\0"), "не подходит"),
        (riff(1, 16, 1, 7, b"\0\0"), "не подходит"),
        (riff(85, 16, 1, 24_000, b"\0\0"), "Сжатый"),
        (riff(1, 0, 1, 24_000, b"\0\0"), "Сжатый"),
        (b"RIFF\0\0\0\0WAVEdata\2\0\0\0\0\0", "описания формата"),
        (b"RIFF\0\0\0\0WAVEfmt \xff\xff\xff\xff", "описания формата"),
        (b"\0" * (64 * 2**20 + 1), "МБ"),
    ],
)
def test_a_file_that_is_no_recording_is_refused_in_words(data: bytes, word: str) -> None:
    with pytest.raises(InvalidInput, match=word):
        audio.read_wav(data)


def test_a_pair_is_written_whole_and_read_by_others(tmp_path: Path) -> None:
    pcm = audio.tone(1000, 0.4)
    audio.write_pair(tmp_path / "a" / "beep", pcm)
    with wave.open(str(tmp_path / "a" / "beep.wav"), "rb") as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
        assert file.readframes(file.getnframes()) == pcm.tobytes()
    back = np.frombuffer(audioop.alaw2lin((tmp_path / "a" / "beep.alaw").read_bytes(), 2), "<i2")
    assert np.max(np.abs(back - pcm.astype(int))) <= 128
    assert audio.ready_seconds(tmp_path / "a" / "beep") == 0.4
    assert sorted(file.name for file in (tmp_path / "a").iterdir()) == ["beep.alaw", "beep.wav"]


def test_a_torn_pair_does_not_count(tmp_path: Path) -> None:
    audio.write_pair(tmp_path / "beep", audio.tone(1000, 0.4))
    wav_file = tmp_path / "beep.wav"
    wav_file.write_bytes(wav_file.read_bytes()[:-2])
    assert audio.ready_seconds(tmp_path / "beep") is None
    assert audio.ready_seconds(tmp_path / "nothing") is None
