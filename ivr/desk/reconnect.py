"""A page that is loaded again in mid-talk, or dies: the caller is parked, hears why, and comes back to the same agent.

The waiting and the way back are the dialplan's (`[reconnect]` in dialplan/agents.conf.j2), so that they go on when this
process dies. Here callers are sent there, and the queues are kept from ringing the agent before their own caller does.

A reload says so itself. That a browser has died is concluded from its sound alone: a lost registration only makes us
listen, because a page whose script is busy answers no OPTIONS for seconds while both sides go on talking (case C5).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from gridline.clock import Clock
from gridline.errors import Unavailable
from ivr.desk import devices
from ivr.desk.sound import packets_from
from ivr.live.board import Board
from ivr.live.view import AgentState, CallerPlace, CallKey
from ivr.telephony.ami import Ami, AmiActionFailed
from ivr.telephony.events import Event, PhoneSeen

CONTEXT = "reconnect"
REASON = "перезагрузка страницы"
LONGEST = timedelta(seconds=40)
"""Longer than the dialplan holds a caller for an agent: prompt, wait and ringing."""
SILENT = timedelta(seconds=6)
"""A browser that lost its connection comes back within 5 s by itself."""
_LOOK_S = 0.2
_LISTEN_S = 1.0

log = structlog.get_logger(__name__)


@dataclass
class _Parked:
    """The callers of one agent who wait for the page."""

    since: datetime
    waiting: set[CallKey]
    left: set[CallKey] = field(default_factory=set)
    """Those that were seen to have left the old talk: till then they look as if they were talking again."""


@dataclass
class _Unheard:
    """A browser in a talk that has lost its registration."""

    since: datetime
    """When a packet of its sound was last known to have come."""
    packets: int | None = None


class Reconnect:
    """Parks callers and watches until each is back, in a queue, or gone. `run()` is its job.

    `on_over(agent)` is called when nobody waits for this agent's page any more.
    """

    def __init__(self, ami: Ami, board: Board, clock: Clock, on_over: Callable[[str], None]) -> None:
        self._ami = ami
        self._board = board
        self._clock = clock
        self._on_over = on_over
        self._parked: dict[str, _Parked] = {}
        self._unheard: dict[str, _Unheard] = {}
        self._listened_at = 0.0
        self._news = asyncio.Event()

    def is_parked(self, agent: str) -> bool:
        """Whether a caller waits for this agent's page."""
        return agent in self._parked

    def on_event(self, event: Event) -> None:
        """A browser that died could not say so: its lost registration makes us listen to it (fault F35)."""
        if not isinstance(event, PhoneSeen) or not devices.is_browser(event.interface):
            return
        agent = devices.agent_of(event.interface)
        if event.there:
            self._unheard.pop(agent, None)
        elif self._board.partners(event.interface):
            self._unheard[agent] = _Unheard(self._clock.now())
            self._news.set()

    async def park_for_reload(self, agent: str) -> int:
        """The agent's page is going: send everybody they talk with to wait for it; how many those are.

        Raises Unavailable when Asterisk cannot be told: the talk then ends with the browser's sound.
        """
        interface = devices.browser(agent)
        partners = self._board.partners(interface)
        if not partners:
            return 0
        member = self._board.agent(interface)
        if member is not None and member.state is not AgentState.PAUSED:
            # Before the redirect: the moment it is done, a queue may think the agent free.
            with contextlib.suppress(AmiActionFailed):  # a member of no queue
                await self._ami.action("QueuePause", Interface=interface, Paused="true", Reason=REASON)
        parked = 0
        # Before the redirect: the end of the old leg must not be taken for the end of the talk.
        self._parked[agent] = _Parked(self._clock.now(), set(partners))
        self._news.set()
        for key in partners:
            with contextlib.suppress(AmiActionFailed):  # hung up in this very moment
                await self._ami.action("Redirect", Channel=key.linkedid, Context=CONTEXT, Exten=agent, Priority="1")
                parked += 1
        log.info("parked-for-reload", agent=agent, callers=parked)
        return parked

    async def resume(self, agent: str) -> bool:
        """The page is back and registered: whether a caller is about to come back to it."""
        parked = self._parked.get(agent)
        if parked is None:
            return False
        took = (self._clock.now() - parked.since).total_seconds()
        log.info("page-is-back", agent=agent, after_s=round(took, 2))
        return True

    async def run(self) -> None:
        """Until cancelled: park the callers of browsers that died, let queues ring an agent whose callers are back."""
        while True:
            if not (self._parked or self._unheard):  # begun anew, there may be some from before
                await self._news.wait()
            self._news.clear()
            while self._parked or self._unheard:
                await self._listen()
                for agent, parked in list(self._parked.items()):
                    if self._is_over(parked):
                        del self._parked[agent]
                        self._on_over(agent)
                await asyncio.sleep(_LOOK_S)

    async def _listen(self) -> None:
        if self._clock.monotonic() - self._listened_at < _LISTEN_S:
            return
        self._listened_at = self._clock.monotonic()
        for agent, unheard in list(self._unheard.items()):
            try:
                dead = await self._is_dead(devices.browser(agent), unheard)
                if self._unheard.get(agent) is not unheard:  # back while Asterisk was asked
                    continue
                if dead:
                    await self.park_for_reload(agent)
                    self._unheard.pop(agent, None)
                elif not self._board.partners(devices.browser(agent)):  # the talk has ended by itself
                    self._unheard.pop(agent, None)
                else:
                    await self._ask_again(devices.browser(agent))
            except Unavailable as error:
                log.warning("caller-not-parked", agent=agent, reason=error.message)

    async def _is_dead(self, interface: str, unheard: _Unheard) -> bool:
        packets, now = await packets_from(self._ami, self._board, interface), self._clock.now()
        if unheard.packets is not None and packets != unheard.packets:
            unheard.since = now
        unheard.packets = packets
        return now - unheard.since > SILENT

    async def _ask_again(self, interface: str) -> None:
        """Asterisk itself asks every 15 s: who calls right after this talk would be told that nobody is there."""
        with contextlib.suppress(AmiActionFailed):  # its contact has gone in this very moment
            await self._ami.action("PJSIPQualify", Endpoint=interface.removeprefix("PJSIP/"))

    def _is_over(self, parked: _Parked) -> bool:
        if self._clock.now() - parked.since > LONGEST:
            return True
        for key in list(parked.waiting):
            call = self._board.call(key)
            if (
                call is None
                or call.place is CallerPlace.WAITING
                or (call.place is CallerPlace.TALKING and key in parked.left)
            ):
                parked.waiting.discard(key)
            elif call.place is not CallerPlace.TALKING:
                parked.left.add(key)
        return not parked.waiting
