"""One utterance as it comes in, pure: whether they have begun to speak, and whether they have ended."""

from __future__ import annotations

from typing import Final

import numpy as np

from ivr.voice.audio import RATE

BEGINS_WITHIN_S: Final = 5.0
"""Who has not begun by then says nothing."""
PAUSE_S: Final = 1.2
"""So long a silence after words ends them: people pause for less within a name."""
LONGEST_S: Final = 8.0
_FRAME: Final = RATE // 50
_LOUD: Final = 256
"""Mean size of a frame's samples above which Asterisk, too, takes it for sound (`silencethreshold`)."""
_LEAST_FRAMES: Final = 8
"""160 ms of sound: less is a click or a cough, «да» is more."""


class SpeechSoFar:
    """What a caller says: 8 kHz 16-bit samples, a piece at a time."""

    def __init__(self) -> None:
        self.samples = b""
        self._loud = 0
        self._quiet_since = 0
        """In frames of 20 ms."""
        self._frames = 0

    def feed(self, piece: bytes) -> None:
        """Take the next samples; half a frame at its end is left out of the reckoning, not of the sound."""
        self.samples += piece
        values = np.frombuffer(piece[: len(piece) // 2 * 2], "<i2")
        frames = values[: len(values) // _FRAME * _FRAME].reshape(-1, _FRAME).astype(np.int32)
        for loud in np.abs(frames).mean(axis=1) > _LOUD:
            self._frames += 1
            if loud:
                self._loud += 1
                self._quiet_since = self._frames

    @property
    def seconds(self) -> float:
        """How long it has been listened to."""
        return len(self.samples) / 2 / RATE

    @property
    def spoke(self) -> bool:
        """Whether there was more than a click in it."""
        return self._loud >= _LEAST_FRAMES

    @property
    def over(self) -> bool:
        """Whether there is no more to come: a pause after words, nothing at all, or as long as may be."""
        if self.spoke:
            return self.seconds >= LONGEST_S or (self._frames - self._quiet_since) * _FRAME / RATE >= PAUSE_S
        return self.seconds >= BEGINS_WITHIN_S
