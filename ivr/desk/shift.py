"""One agent's shift as pure state: ready, paused for a reason, or wrapping up until a moment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from gridline.errors import InvalidInput
from ivr.desk import devices


class State(StrEnum):
    """What an agent has said of himself; whether his phone rings or he talks is the board's to know."""

    READY = "ready"
    PAUSED = "paused"
    WRAP_UP = "wrap-up"


MISSED = "не ответил"
UNREACHABLE = "телефон недоступен"
REASONS = ("перерыв", "обед", "документы", "обучение", "совещание")
"""Reasons an agent may choose; `MISSED` and `UNREACHABLE` are given by us alone."""
WRAP_UP = timedelta(seconds=60)
"""How long an agent may finish his notes before he is ready again by himself."""


@dataclass(frozen=True, slots=True)
class Shift:
    """An agent on shift."""

    agent: str
    user_id: str
    name: str
    company_id: str
    queues: tuple[str, ...]
    state: State
    reason: str
    since: datetime
    until: datetime | None = None
    phone: devices.Phone = devices.Phone.BROWSER
    """Where he takes calls; chosen when he signs on."""

    @property
    def interface(self) -> str:
        """How app_queue calls him: the telephone he has chosen."""
        return devices.interface(self.agent, self.phone)

    @property
    def takes_calls(self) -> bool:
        """Whether the queue may ring him."""
        return self.state is State.READY

    def ready(self, now: datetime) -> Shift:
        """He takes calls again (after a pause, or the wrap-up is done)."""
        return replace(self, state=State.READY, reason="", since=now, until=None)

    def pause(self, reason: str, now: datetime) -> Shift:
        """He takes no calls. Raises InvalidInput for a reason that is not on the list."""
        if reason not in (*REASONS, MISSED, UNREACHABLE):
            raise InvalidInput(f"Причины «{reason}» нет. Выберите одну из: {', '.join(REASONS)}.")
        return replace(self, state=State.PAUSED, reason=reason, since=now, until=None)

    def talk_ended(self, now: datetime, limit: timedelta = WRAP_UP) -> Shift:
        """A talk ended: he finishes his notes. Whoever paused during the talk stays paused."""
        if self.state is not State.READY:
            return self
        return replace(self, state=State.WRAP_UP, reason="", since=now, until=now + limit)

    def missed(self, now: datetime) -> Shift:
        """His phone rang in vain: no further caller is sent to an empty chair."""
        return self.pause(MISSED, now)

    def unreachable(self, now: datetime) -> Shift:
        """His telephone is gone: no caller is sent to it (fault F36). He is ready again as soon as it is back."""
        return self.pause(UNREACHABLE, now)

    def due(self, now: datetime) -> bool:
        """Whether the wrap-up's time is over."""
        return self.until is not None and now >= self.until
