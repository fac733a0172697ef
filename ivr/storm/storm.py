"""Storm mode of every company and branch: a call asks memory; a round every few seconds counts, decides and shares."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from gridline.clock import Clock
from gridline.companies import Company
from gridline.db import Database
from gridline.errors import Conflict, Unavailable
from ivr.call import Call
from ivr.storm import events
from ivr.storm.limits import StormLimits
from ivr.storm.mode import Lull, StormMode, decided
from ivr.storm.rates import Rates, Scoped

ROUND_S: Final = 2.0
"""Between two rounds: a switch made on one node is known on the others after that long, or with the news of it."""
CALM: Final = StormMode()

log = structlog.get_logger(__name__)


class Storm:
    """One node's view of it. `listeners` are told a company's id when anything of it has changed."""

    def __init__(self, db: Database, clock: Clock, limits: StormLimits, node: str) -> None:
        self._db = db
        self._clock = clock
        self._limits = limits
        self._node = node
        self._rates = Rates()
        self._others: dict[Scoped, float] = {}
        self._modes: dict[Scoped, StormMode] = {}
        self._lulls: dict[Scoped, Lull] = {}
        self._written: dict[Scoped, float] = {}
        self._unstored: dict[Scoped, StormMode] = {}
        self.listeners: list[Callable[[str], None]] = []
        self.sooner = asyncio.Event()
        """Set when a round is wanted at once."""

    def came(self, call: Call) -> None:
        """A call has come: it counts at once."""
        branch = call.branch or call.guessed
        self._rates.came(call.company.id, branch.id if branch else "", self._clock.now())

    def mode(self, company_id: str, branch: str = "") -> StormMode:
        """The mode of the company, or of its branch where that alone is in a storm."""
        whole = self._modes.get((company_id, ""), CALM)
        return whole if whole.on or not branch else self._modes.get((company_id, branch), CALM)

    def is_on(self, call: Call) -> bool:
        """Whether this call is served as in a storm."""
        branch = call.here
        return self.mode(call.company.id, branch.id if branch else "").on

    def own_mode(self, company_id: str, branch: str) -> StormMode:
        """The mode of just this scope, whatever the company's."""
        return self._modes.get((company_id, branch), CALM)

    def rate(self, company_id: str, branch: str = "") -> float:
        """Calls a minute of all nodes together."""
        scope = company_id, branch
        window_s = self._limits.of(*scope).window_s
        return self._rates.a_minute(scope, self._clock.now(), window_s) + self._others.get(scope, 0.0)

    def limit(self, company_id: str, branch: str = "") -> float:
        """Calls a minute from which on it switches itself on."""
        return self._limits.of(company_id, branch).on

    async def round(self) -> None:
        """Share this node's rates, learn the others' and their switches, and decide.

        With the database away the rates of this node decide alone; the switch is stored when it is back.
        """
        now = self._clock.now()
        own = {scope: self._own(scope) for scope in self._rates.scopes()}
        try:
            await self._share({scope: rate for scope, rate in own.items() if rate})
        except Unavailable as error:
            self._others = {}
            log.warning("storm-not-shared", reason=error.message)
        for scope in {*own, *self._others, *self._modes}:
            limit, rate = self._limits.of(*scope), self.rate(*scope)
            lull = self._lulls[scope] = self._lulls.get(scope, Lull()).seen(rate, limit, now)
            switched = decided(self._modes.get(scope, CALM), lull, rate, limit, now)
            if switched is not None:
                await self._switch(scope, switched)

    async def by_hand(self, company: Company, branch: str, *, on: bool, actor: str) -> None:
        """A person's word: it stands for as long as the limits say, then the rate decides again. Raises Conflict."""
        scope, now = (company.id, branch), self._clock.now()
        limit, before = self._limits.of(*scope), self._modes.get(scope, CALM)
        mode = StormMode(
            on, actor, now, self.rate(*scope), limit.on if on else limit.off, now + limit.hand, before.ordinal + 1
        )
        async with self._db.write() as session:
            await events.switch(session, scope, mode)
        self._became(scope, mode)

    async def _share(self, own: dict[Scoped, float]) -> None:
        now = self._clock.now()
        if own or self._written:
            async with self._db.write() as session:
                await events.write_loads(session, self._node, own, now)
            self._written = own
        for scope, mode in list(self._unstored.items()):
            await self._store(scope, mode)
        async with self._db.glance(within_s=ROUND_S) as session:
            self._others = await events.loads(session, now, but=self._node)
            stored = await events.modes(session)
        for scope in events.changed(self._modes, stored):
            if stored[scope].ordinal >= self._modes.get(scope, CALM).ordinal:
                self._became(scope, stored[scope])

    async def _switch(self, scope: Scoped, mode: StormMode) -> None:
        try:
            if not await self._store(scope, mode):
                return
        except Unavailable as error:  # callers cannot wait for the database: this node is in the mode it decided
            self._unstored[scope] = mode
            log.error("storm-switch-not-stored", company=scope[0], branch=scope[1], on=mode.on, reason=error.message)
        self._became(scope, mode)

    async def _store(self, scope: Scoped, mode: StormMode) -> bool:
        """Whether it is this node's switch: where another node was first, the next round learns what it decided."""
        try:
            async with self._db.write() as session:
                await events.switch(session, scope, mode)
        except Conflict:
            return False
        finally:
            self._unstored.pop(scope, None)
        return True

    def _became(self, scope: Scoped, mode: StormMode) -> None:
        self._modes[scope] = mode
        self._lulls[scope] = Lull()
        log.warning(
            "storm-mode",
            company=scope[0],
            branch=scope[1],
            on=mode.on,
            by=mode.actor,
            calls_a_minute=round(mode.calls_a_minute, 1),
            limit=mode.limit,
        )
        for listener in self.listeners:
            listener(scope[0])

    def _own(self, scope: Scoped) -> float:
        return self._rates.a_minute(scope, self._clock.now(), self._limits.of(*scope).window_s)
