"""What can go wrong for a caller of the carrier."""

from __future__ import annotations

from gridline.errors import GridlineError


class CallRefused(GridlineError):
    """The call was not answered: refused, busy, no way there, or nobody picked up in time.

    `cause` is the Q.850 cause Asterisk makes of the SIP answer (17 = 486 busy, 21 = 403), 0 when none came.
    """

    code = "call-refused"
    status = 502

    def __init__(self, message: str, *, cause: int) -> None:
        super().__init__(message)
        self.cause = cause


class CallOver(GridlineError):
    """The telephone was asked to do something after its call had ended."""

    code = "call-over"
    status = 409


class NotHeard(AssertionError):
    """What had to be heard was not; the message says what was in the ear instead."""


class NotRung(AssertionError):
    """The telephone was not called, or the call did not come about, in the time given."""


class StillTalking(AssertionError):
    """The other side had to hang up and did not."""


class StoryBroken(AssertionError):
    """What a story promised did not come about: not stored, not said, not done."""
