"""Finds a clip in live sound: where it starts, and how much of it is heard.

Normalised cross-correlation is independent of level. The clip's beginning (0.8 s of speech) is searched for over new
sound only (FFT); from there the clip is followed in steps of 0.25 s, so that a clip that is cut off is never taken for
a whole one, and two clips that begin with the same words are told apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from carrier.hearing.sound import Clip, Samples, audible
from ivr.voice.audio import RATE

Heard16 = NDArray[np.int16]
"""What was heard: 16-bit samples at 8 kHz."""

STEP = RATE // 4
SLACK = RATE * 6 // 100
"""How far a step may shift relative to the one before it: lost or repeated RTP packets, 20 ms each."""
STEP_SCORE = 0.8
"""A step that lacks a third of its energy counts as not heard."""
_PEAK = RATE // 10
"""Speech resembles itself one pitch period away, so the best match within 0.1 s is taken."""
_QUIET = 10 ** (-70 / 20)
"""A silent A-law line has -72 dBFS."""
MOST_LOST = RATE * 5 // 2
_BLOCK = 8192
_BACKLOG_BLOCK = 65536


@dataclass(frozen=True)
class ClipHeard:
    """A clip was heard: seconds since the call was answered, mean score 0-1."""

    at_s: float
    until_s: float
    score: float


@dataclass(frozen=True)
class Attempt:
    """The closest match so far: for the message when the clip was not heard."""

    at_s: float
    score: float
    followed_s: float
    """How much of the clip was heard from there on; 0 = not even its beginning."""


class Search:
    """The search for one clip in one ear from a given moment; call `feed` whenever more has been heard."""

    def __init__(self, clip: Clip, *, since: int = 0, to_the_end: bool = False) -> None:
        first, end = audible(clip.samples)
        self._lead = first
        self._sound = clip.samples[first:end]
        self._head = self._sound[: int(clip.head_s * RATE)]
        self._head_score = clip.head_score
        self._to_the_end = to_the_end
        self._steps = _steps(self._sound)
        self._spectra: dict[int, NDArray[np.complex64]] = {}
        self._next = since
        self._candidate: _Candidate | None = None
        self.best = Attempt(since / RATE, 0.0, 0.0)

    def feed(self, heard: Heard16, *, final: bool = False) -> ClipHeard | None:
        """Search what is new in `heard` (everything from the beginning). `final`: no more sound will come."""
        while True:
            if self._candidate is None and not self._find_head(heard, final=final):
                return None
            candidate = self._candidate
            if candidate is None:
                continue
            if not self._to_the_end:
                return self._found(candidate.at, candidate.at + len(self._head), candidate.score)
            verdict = candidate.follow(heard, final=final)
            if verdict is None:
                return None
            if verdict:
                return self._found(candidate.at, candidate.until, candidate.mean)
            followed = candidate.until - candidate.at
            if followed / RATE >= self.best.followed_s:
                self.best = Attempt((candidate.at - self._lead) / RATE, candidate.score, followed / RATE)
            self._candidate, self._next = None, candidate.at + _PEAK

    def _found(self, at: int, until: int, score: float) -> ClipHeard:
        self._candidate, self._next = None, until
        return ClipHeard((at - self._lead) / RATE, until / RATE, round(score, 3))

    def _find_head(self, heard: Heard16, *, final: bool) -> bool:
        """Whether a candidate was found; False when all sound so far has been searched."""
        size = len(self._head)
        while (places := len(heard) - size + 1 - self._next) > 0:
            block = _BLOCK if places <= _BLOCK - size else _BACKLOG_BLOCK
            piece = _samples(heard[self._next : self._next + block])
            scores = self._scores(piece, block)
            peak = int(np.argmax(scores))
            if scores[peak] > self.best.score and not self.best.followed_s:
                self.best = Attempt((self._next + peak - self._lead) / RATE, float(scores[peak]), 0.0)
            hits = np.flatnonzero(scores >= self._head_score)
            if not len(hits):
                self._next += len(scores)
                continue
            first = int(hits[0])
            more = len(heard) > self._next + block
            if first + _PEAK > len(scores) and (more or not final):
                self._next += first  # the best match may still be to come
                if more:
                    continue
                return False
            place = first + int(np.argmax(scores[first : first + _PEAK]))
            self._candidate = _Candidate(self._next + place, float(scores[place]), self._steps)
            return True
        return False

    def _scores(self, piece: Samples, block: int) -> NDArray[np.float32]:
        """The similarity of the head and the sound at every offset of the piece."""
        if block not in self._spectra:
            self._spectra[block] = np.conj(np.fft.rfft(self._head, block)).astype(np.complex64)
        size = len(self._head)
        raw = np.fft.irfft(np.fft.rfft(piece, block) * self._spectra[block], block)[: len(piece) - size + 1]
        return _normalised(raw, piece, self._head)


class _Candidate:
    """A place where the clip seems to start; followed step by step."""

    def __init__(self, at: int, score: float, steps: list[tuple[int, Samples]]) -> None:
        self.at = at
        self.score = score
        self.until = at
        self._steps = steps
        self._done = 0
        self._moved = 0
        self._missed = False
        self._sum = 0.0

    @property
    def mean(self) -> float:
        """Mean score of the steps followed."""
        return self._sum / max(self._done, 1)

    def follow(self, heard: Heard16, *, final: bool) -> bool | None:
        """True: heard to the end. False: cut off, or another clip. None: more sound is needed."""
        while self._done < len(self._steps):
            offset, sound = self._steps[self._done]
            place = self.at + offset + self._moved
            if len(heard) < place + len(sound) + SLACK and not final:
                return None
            start = max(place - SLACK, 0)
            piece = _samples(heard[start : place + len(sound) + SLACK])
            score, best = 0.0, 0
            if len(piece) >= len(sound):
                scores = _normalised(np.correlate(piece, sound, "valid"), piece, sound)
                best = int(np.argmax(scores))
                score = float(scores[best])
            self._done += 1
            self._sum += score
            if score >= STEP_SCORE:
                self._moved += start + best - place
                self.until = start + best + len(sound)
                self._missed = False
            elif self._missed or self._done == len(self._steps):
                return False
            else:
                self._missed = True  # lost packets may spoil one step; two in a row are a break
        return True


def find_all(clip: Clip, heard: Heard16, *, to_the_end: bool = False) -> list[ClipHeard]:
    """Every occurrence of the clip in finished sound, in order."""
    search = Search(clip, to_the_end=to_the_end)
    hits = []
    while hit := search.feed(heard, final=True):
        hits.append(hit)
    return hits


def begun_before(clip: Clip, heard: Heard16) -> ClipHeard | None:
    """The clip whose first seconds went by before the ear was there; None where anything else is heard first.

    On a busy machine a telephone takes up the line after the other side has begun to speak, as people's do.
    """
    size = int(clip.head_s * RATE)
    first, piece = _samples(heard[:size]), clip.samples[: size + MOST_LOST]
    if len(piece) < len(first) or _rms(first[:_PEAK]) < _QUIET:
        return None
    scores = _normalised(np.correlate(piece, first, "valid"), piece, first)
    lost = int(np.argmax(scores))
    if scores[lost] < clip.head_score:
        return None
    return ClipHeard(-lost / RATE, clip.head_s, round(float(scores[lost]), 3))


def _steps(sound: Samples) -> list[tuple[int, Samples]]:
    """The clip in steps of 0.25 s with their places; pauses are left out, a short rest goes with the last step."""
    edges = [*range(0, max(len(sound) - STEP // 2, 1), STEP), len(sound)]
    steps = [(start, sound[start:end]) for start, end in pairwise(edges)]
    loudest = max(_rms(step) for _, step in steps)
    return [step for number, step in enumerate(steps, 1) if _rms(step[1]) > loudest / 30 or number == len(steps)]


def _normalised(raw: NDArray[np.floating[Any]], piece: Samples, template: Samples) -> NDArray[np.float32]:
    """Correlation over the energies of both; 0 where the piece is silent."""
    size = len(template)
    total = np.concatenate([[0.0], np.cumsum(piece.astype(np.float64) ** 2)])
    energy = total[size:] - total[:-size]
    quiet = energy < size * _QUIET**2
    scores = raw / np.sqrt(np.where(quiet, 1.0, energy) * float(np.sum(template.astype(np.float64) ** 2)))
    scores[quiet] = 0.0
    return scores.astype(np.float32)


def _samples(heard: Heard16) -> Samples:
    return heard.astype(np.float32) / np.float32(32768)


def _rms(sound: Samples) -> float:
    return float(np.sqrt(np.mean(sound**2)))
