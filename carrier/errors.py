"""What can go wrong for a caller at the carrier."""

from __future__ import annotations

from gridline.errors import GridlineError


class CallRefused(GridlineError):
    """The call was not answered: refused, busy, no route, or nobody picked up in time.

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


class ClipNotHeard(AssertionError):
    """An expected sound was not heard; the message says what was in the ear instead."""


class NotRung(AssertionError):
    """The telephone was not called, or the call not established, in time."""


class StillTalking(AssertionError):
    """The other side should have hung up but did not."""


class StoryBroken(AssertionError):
    """Something a story promised did not happen: not stored, not said, not done."""
