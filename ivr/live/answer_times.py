"""How long agents spend on a call, as measured, and the estimate of a caller's wait that follows from it."""

from __future__ import annotations

from collections import defaultdict, deque

REMEMBERED = 50
"""Calls per queue in the mean: few enough to follow a storm within minutes, enough to outweigh one long talk."""
LEAST_SAMPLES = 5
LEAST_ESTIMATE_S = 60.0
"""Never "0 minutes": nobody believes it, and an agent's phone must ring too."""


class AnswerTimes:
    """Talk and ring seconds of the last calls of each queue."""

    def __init__(self) -> None:
        self._talked: dict[str, deque[int]] = defaultdict(lambda: deque(maxlen=REMEMBERED))
        self._rang: dict[str, deque[int]] = defaultdict(lambda: deque(maxlen=REMEMBERED))
        self._told: dict[str, int] = {}

    def connected(self, queue: str, rang_s: int) -> None:
        """Record that an agent answered after `rang_s` seconds of ringing."""
        self._rang[queue].append(rang_s)

    def completed(self, queue: str, talked_s: int) -> None:
        """Record a talk that has ended."""
        self._talked[queue].append(talked_s)

    def told(self, queue: str, mean_talk_s: int, completed: int) -> None:
        """Take Asterisk's own mean, used until enough talks have been measured here."""
        if completed >= LEAST_SAMPLES:
            self._told[queue] = mean_talk_s

    def handling_s(self, queue: str) -> float | None:
        """Seconds one call occupies an agent; None while nothing is known."""
        talked, rang = self._talked[queue], self._rang[queue]
        ring_s = sum(rang) / len(rang) if rang else 0.0
        if len(talked) >= LEAST_SAMPLES:
            return sum(talked) / len(talked) + ring_s
        return self._told[queue] + ring_s if queue in self._told else None

    def estimate_s(self, queue: str, position: int, agents: float) -> float | None:
        """Seconds until the caller at `position` (from 1) is answered by that many agents.

        One of n busy agents becomes free every handling/n seconds on average. None, not a guess, when nothing was
        measured or there are no agents.
        """
        handling = self.handling_s(queue)
        if handling is None or agents <= 0 or position < 1:
            return None
        return max(LEAST_ESTIMATE_S, position * handling / agents)
