"""One call that is being placed: what Asterisk tells of it, what its script says, what it comes to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from gridline.errors import GridlineError
from ivr.line import Line, Spoken
from ivr.outbound.codes import CallPurpose
from worklist.codes import AttemptResult

Script = Callable[[Line], Awaitable[str]]
"""What is said to whoever answered, after the robot has said that it is one; what it comes to, or "" for nothing."""

Check = Callable[[], Awaitable[bool]]
"""Whether a call is still wanted; asked when its turn has come."""


class NoLongerWanted(GridlineError):
    """By its turn the call was not wanted any more; nobody was called."""

    code = "no-longer-wanted"


_BUSY: Final = frozenset({17, 21})
"""Q.850: busy, or refused by hand."""
_NOT_ANSWERED: Final = frozenset({16, 18, 19, 102, 127})
"""Q.850 causes of a call that rang in vain: 19 is ours, when it has rung long enough (22.10)."""


@dataclass(frozen=True, slots=True)
class CallOut:
    """A call to place."""

    company_id: str
    phone: str
    """E.164."""
    purpose: CallPurpose
    subject_id: str | None = None
    ring_s: int = 30


@dataclass(frozen=True, slots=True)
class CallOutResult:
    """What a call came to."""

    result: AttemptResult
    key: str
    """What the script returned; "" when nothing came of it."""
    call_out_id: str
    answered_at: datetime | None
    ended_at: datetime
    cause: int
    """Q.850: why Asterisk ended it, 0 when it did not say."""

    @property
    def trunk_full(self) -> bool:
        """Whether the carrier had no room: the number itself was not tried."""
        return self.result is AttemptResult.FAILED and self.cause in TRUNK_FULL


CAUSE_S: Final = 0.5
TRUNK_FULL: Final = frozenset({34, 38, 41, 42, 44})
"""Q.850: no circuit, out of order, temporary failure, congestion, channel not available."""


@dataclass(slots=True)
class PlacedCall:
    """A call under way."""

    out: CallOut
    script: Script
    over: asyncio.Future[AttemptResult]
    rang_at: datetime | None = None
    answered_at: datetime | None = None
    cause: int = 0
    key: str = ""
    heard: list[dict[str, Any]] = field(default_factory=list)
    served: bool = False
    """Whether the controller has it on a line: then the script says how it ends."""

    def came_to(self, result: AttemptResult) -> None:
        """The first to say so is right."""
        if not self.over.done():
            self.over.set_result(result)

    def hung_up(self, cause: int) -> None:
        """Its leg has ended."""
        self.cause = cause
        if self.answered_at is None:
            self.came_to(_unanswered(cause, rang=self.rang_at is not None))
        elif not self.served:
            self.came_to(AttemptResult.SILENT)

    def failed(self) -> None:
        """Nobody has answered; why, the end of its leg tells, which may come just after. There may have been no leg."""
        self.over.get_loop().call_later(CAUSE_S, self.came_to, _unanswered(0, rang=self.rang_at is not None))

    def spoken(self, said: Spoken) -> None:
        """Something was said."""
        self.heard.append(
            {
                "at": said.started_at.isoformat(),
                "prompts": list(said.prompt_ids),
                "text": said.text,
                "key": said.key,
                "whole": said.whole,
            }
        )


def _unanswered(cause: int, *, rang: bool) -> AttemptResult:
    """The cause tells why; where there is none, whether it rang."""
    if cause in _BUSY:
        return AttemptResult.BUSY
    if cause in _NOT_ANSWERED or (cause == 0 and rang):
        return AttemptResult.NO_ANSWER
    return AttemptResult.FAILED
