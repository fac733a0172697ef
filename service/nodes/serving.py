"""Whether this node takes calls: said every second to the other nodes, and to Asterisk, whom Kamailio asks by OPTIONS.

What is told holds for some seconds alone, so that a controller that is dead or hangs need not be found out by anybody.
"""

from __future__ import annotations

from typing import Final

import structlog

from gridline.clock import Clock
from gridline.db import Database
from gridline.errors import GridlineError, Unavailable
from gridline.processes.nodes import NodeAnswer, Nodes
from gridline.settings import Settings
from ivr.telephony.ami import Ami
from ivr.telephony.variables import SERVES_UNTIL
from service.nodes.what_runs import WordsRun, this_node

TELL_S: Final = 1.0
HOLDS_S: Final = 3
"""Two tellings may fail or be late."""
DATABASE_ANSWERS_S: Final = 2.0
"""A node that waits longer for it serves worse than another: its callers get receipts for promises alone."""

log = structlog.get_logger(__name__)


class Serving:
    """What this node says of itself; Asterisk answers for it (extension `health` of `dialplan/extensions.conf.j2`)."""

    def __init__(self, config: Settings, db: Database, ami: Ami, clock: Clock) -> None:
        self._db, self._ami, self._clock = db, ami, clock
        self._is_asked = bool(config.kamailio_nodes)
        self._nodes = None if db.is_sqlite else Nodes(db, this_node(config))
        self._words = WordsRun(config.dialplan)
        self._told: NodeAnswer | None = None
        self._over = False

    @property
    def matters(self) -> bool:
        """Whether there may be another node, or a Kamailio."""
        return self._is_asked or self._nodes is not None

    async def claim(self) -> None:
        """Take this node's name and series. Raises Misconfigured where another node has them, Unavailable."""
        if self._nodes is not None:
            await self._nodes.claim()

    async def tell(self) -> None:
        """Say it once more. Raises Unavailable while Asterisk cannot be told."""
        answer = await self._answer()
        if answer != self._told:
            log.info("node-serves") if answer.serves else log.warning("node-does-not-serve", reason=answer.reason)
        if self._is_asked and (answer.serves or self._told is None or self._told.serves):
            await self._set(int(self._clock.now().timestamp()) + HOLDS_S if answer.serves else 0)
        self._told = answer

    async def end(self) -> None:
        """No more calls from now on: this node stops."""
        self._over = True
        try:
            if self._told is not None:
                await self.tell()
        except GridlineError as error:  # what was told last is over in some seconds
            log.warning("not-told-that-it-stops", reason=error.message)

    async def _answer(self) -> NodeAnswer:
        able = self._ami.connected and not self._over
        try:
            if self._nodes is not None:
                return await self._nodes.announce(await self._words.fingerprint(), able=able)
            async with self._db.read(within_s=DATABASE_ANSWERS_S) as session:
                await session.connection()
        except Unavailable as error:
            return NodeAnswer(False, error.message)
        return NodeAnswer(able)

    async def _set(self, until: int) -> None:
        await self._ami.action("Setvar", Variable=SERVES_UNTIL, Value=str(until))
