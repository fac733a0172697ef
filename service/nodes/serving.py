"""Tells Asterisk, second by second, that this node serves: Kamailio asks it by OPTIONS and gives calls to whoever does.

What is told holds for some seconds alone, so that a controller that is dead or hangs need not be found out by anybody.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from gridline.clock import Clock
from gridline.errors import GridlineError
from ivr.telephony.ami import Ami
from ivr.telephony.variables import SERVES_UNTIL

TELL_S: Final = 1.0
HOLDS_S: Final = 3
"""Two tellings may fail or be late."""

log = structlog.get_logger(__name__)


class Serving:
    """Whether this node takes calls, as Asterisk answers it (`dialplan/extensions.conf.j2`, the extension `health`)."""

    def __init__(self, ami: Ami, clock: Clock, able: Callable[[], Awaitable[bool]]) -> None:
        """`able` says whether it could serve a call now."""
        self._ami, self._clock, self._able = ami, clock, able
        self._told: bool | None = None
        self._over = False

    async def tell(self) -> None:
        """Tell it once more, or that it does not serve. Raises Unavailable while Asterisk cannot be told."""
        serves = not self._over and await self._able()
        if serves or self._told is not False:
            await self._set(int(self._clock.now().timestamp()) + HOLDS_S if serves else 0)
        if serves is not self._told:
            log.info("node-serves" if serves else "node-does-not-serve")
            self._told = serves

    async def end(self) -> None:
        """No more calls from now on: this node stops."""
        self._over = True
        if not self._told:
            return
        try:
            await self._set(0)
        except GridlineError as error:  # what was told last is over in some seconds
            log.warning("not-told-that-it-stops", reason=error.message)

    async def _set(self, until: int) -> None:
        await self._ami.action("Setvar", Variable=SERVES_UNTIL, Value=str(until))
