"""A telephone that can be rung: an agent's SIP phone registered at our Asterisk, or a subscriber of the carrier."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from carrier.errors import NotRung
from carrier.leg import Leg
from gridline.errors import Unavailable

_T = TypeVar("_T")
_MOST_CALLS = 100
BUSY, NO_SUCH_NUMBER = 17, 1
"""Q.850 causes; Asterisk makes SIP 486 and 404 of them."""


@dataclass(frozen=True)
class Ring:
    """One call that rings here: Asterisk's channel (name and unique id) and the caller's number as it was shown."""

    channel: str
    unique_id: str
    caller: str


class Phone:
    """A telephone; by default it rings and nobody answers. Change its behaviour only while it is not ringing."""

    def __init__(
        self,
        number: str,
        pick_up: Callable[[Ring, float], Awaitable[Leg | None]],
        refuse: Callable[[Ring, int], Awaitable[None]],
    ) -> None:
        self.number = number
        self._pick_up = pick_up
        self._refuse = refuse
        self._answers_after_s: float | None = None
        self._refuses_with: int | None = None
        self._rings: asyncio.Queue[Ring] = asyncio.Queue(_MOST_CALLS)
        self._talks: asyncio.Queue[Leg] = asyncio.Queue(_MOST_CALLS)

    def answers(self, after_s: float = 0.5) -> None:
        """From now on pick up every call after `after_s` seconds of ringing."""
        self._answers_after_s, self._refuses_with = after_s, None

    def does_not_answer(self) -> None:
        """From now on ring without an answer."""
        self._answers_after_s = self._refuses_with = None

    def rejects(self, cause: int = BUSY) -> None:
        """From now on reject every call at once, with a Q.850 cause."""
        self._answers_after_s, self._refuses_with = None, cause

    async def rung(self, within_s: float) -> Ring:
        """The next call that rang here. Raises NotRung."""
        return await self._next(self._rings, within_s, "не звонил")

    async def answered(self, within_s: float) -> Leg:
        """The next call picked up here. Raises NotRung."""
        return await self._next(self._talks, within_s, "не соединён ни с кем")

    async def ring(self, ring: Ring) -> None:
        """Take an incoming call; called by the carrier."""
        self._rings.put_nowait(ring)
        if self._refuses_with is not None:
            await self._refuse(ring, self._refuses_with)
        elif self._answers_after_s is not None and (leg := await self._pick_up(ring, self._answers_after_s)):
            self._talks.put_nowait(leg)

    async def _next(self, queue: asyncio.Queue[_T], within_s: float, otherwise: str) -> _T:
        try:
            async with asyncio.timeout(within_s):
                return await queue.get()
        except TimeoutError:
            raise NotRung(f"Телефон {self.number} за {within_s:g} с {otherwise}.") from None


class AgentPhone(Phone):
    """A SIP phone of an agent. It registers when the carrier starts, and again and again until it succeeds."""

    def __init__(
        self,
        number: str,
        pick_up: Callable[[Ring, float], Awaitable[Leg | None]],
        refuse: Callable[[Ring, int], Awaitable[None]],
        register: Callable[[str, bool], Awaitable[None]],
    ) -> None:
        super().__init__(number, pick_up, refuse)
        self._register = register
        self._is_registered = asyncio.Event()
        self._is_gone = asyncio.Event()

    async def registers(self, within_s: float = 10, *, anew: bool = False) -> None:
        """Register at our Asterisk; returns once registered. Raises Unavailable when refused.

        `anew`: even if it believes it is registered, because our Asterisk was restarted and forgot it.
        """
        if anew:
            self._is_registered.clear()
        if not self._is_registered.is_set():
            await self._register(self.number, True)
        await self._wait(self._is_registered, within_s, "не зарегистрировался")

    async def unregisters(self, within_s: float = 10) -> None:
        """Unregister; returns once our Asterisk knows."""
        await self._register(self.number, False)
        await self._wait(self._is_gone, within_s, "не снял регистрацию")

    def registration(self, status: str) -> None:
        """Take the registration's new status; called by the carrier."""
        there = status == "Registered"
        (self._is_registered.set if there else self._is_registered.clear)()
        (self._is_gone.clear if there else self._is_gone.set)()

    async def _wait(self, event: asyncio.Event, within_s: float, otherwise: str) -> None:
        try:
            async with asyncio.timeout(within_s):
                await event.wait()
        except TimeoutError:
            raise Unavailable(f"Телефон агента {self.number} за {within_s:g} с {otherwise}.") from None
