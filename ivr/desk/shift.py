"""One agent's shift as pure state: ready, paused for a reason, or wrapping up until a moment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from gridline.errors import InvalidInput
from ivr.desk import devices


class ShiftState(StrEnum):
    """What an agent has said of themselves; whether they are rung or talk is the board's to know."""

    READY = "ready"
    PAUSED = "paused"
    WRAP_UP = "wrap-up"


MISSED = "не ответил"
UNREACHABLE = "телефон недоступен"
REASONS = ("перерыв", "обед", "документы", "обучение", "совещание")
"""Reasons an agent may choose; `MISSED` and `UNREACHABLE` are given by us alone."""
WRAP_UP = timedelta(seconds=60)
"""How long an agent may finish their notes before they are ready again by themselves."""


@dataclass(frozen=True, slots=True)
class Shift:
    """An agent on shift."""

    agent: str
    user_id: str
    name: str
    company_id: str
    queues: tuple[str, ...]
    state: ShiftState
    reason: str
    since: datetime
    until: datetime | None = None
    phone: devices.DeviceKind = devices.DeviceKind.BROWSER
    """Where they take calls; chosen when they sign on."""

    @property
    def interface(self) -> str:
        """What app_queue calls them by: the telephone they have chosen."""
        return devices.interface(self.agent, self.phone)

    @property
    def takes_calls(self) -> bool:
        """Whether the queues may ring them."""
        return self.state is ShiftState.READY

    def ready(self, now: datetime) -> Shift:
        """They take calls again (after a pause, or when the wrap-up is done)."""
        return replace(self, state=ShiftState.READY, reason="", since=now, until=None)

    def pause(self, reason: str, now: datetime) -> Shift:
        """They take no calls. Raises InvalidInput for a reason that is not on the list."""
        if reason not in (*REASONS, MISSED, UNREACHABLE):
            raise InvalidInput(f"Причины «{reason}» нет. Выберите одну из: {', '.join(REASONS)}.")
        return replace(self, state=ShiftState.PAUSED, reason=reason, since=now, until=None)

    def talk_ended(self, now: datetime, limit: timedelta = WRAP_UP) -> Shift:
        """A talk ended: they finish their notes. Whoever paused during the talk stays paused."""
        if self.state is not ShiftState.READY:
            return self
        return replace(self, state=ShiftState.WRAP_UP, reason="", since=now, until=now + limit)

    def missed(self, now: datetime) -> Shift:
        """Their telephone rang and was not answered: no further caller is sent to an empty chair."""
        return self.pause(MISSED, now)

    def unreachable(self, now: datetime) -> Shift:
        """Their telephone is gone: no caller is sent to it (fault F36). They are ready again as soon as it is back."""
        return self.pause(UNREACHABLE, now)

    def due(self, now: datetime) -> bool:
        """Whether the wrap-up's time is over."""
        return self.until is not None and now >= self.until
