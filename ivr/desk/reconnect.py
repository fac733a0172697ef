"""A reload of the agent's page in mid-talk: his caller is parked, hears why, and comes back to the same agent.

The waiting and the way back are the dialplan's (`[reconnect]` in dialplan/agents.conf.j2), so that they go on when this
process dies. Here the caller is sent there, and the queue is kept from ringing the agent before his own caller does.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from gridline.clock import Clock
from gridline.errors import Unavailable
from ivr.desk import devices
from ivr.live.board import Board
from ivr.live.view import AgentState, CallerPlace, CallKey
from ivr.telephony.ami import Ami, AmiActionFailed
from ivr.telephony.events import Event, PhoneSeen

CONTEXT = "reconnect"
REASON = "перезагрузка страницы"
LONGEST = timedelta(seconds=40)
"""Longer than the dialplan holds a caller for his agent: prompt, wait and ringing."""
GRACE = timedelta(seconds=6)
"""A browser that lost its connection comes back within 5 s by itself, and the talk's sound may not even be touched."""
_LOOK_S = 0.2

log = structlog.get_logger(__name__)


@dataclass
class _Parked:
    """The callers of one agent who wait for his page."""

    since: datetime
    waiting: set[CallKey]
    paused_by_us: bool
    left: set[CallKey] = field(default_factory=set)
    """Those that were seen to have left the old talk: till then they look as if they were talking again."""


class Reconnect:
    """Parks callers and watches until each is back, in a queue, or gone. `run()` is its job."""

    def __init__(self, ami: Ami, board: Board, clock: Clock) -> None:
        self._ami = ami
        self._board = board
        self._clock = clock
        self._parked: dict[str, _Parked] = {}
        self._gone: dict[str, datetime] = {}
        self._news = asyncio.Event()

    def is_parked(self, agent: str) -> bool:
        """Whether a caller waits for this agent's page."""
        return agent in self._parked

    def on_event(self, event: Event) -> None:
        """A browser that died could not say so: its lost registration does (fault F35)."""
        if not isinstance(event, PhoneSeen) or not devices.is_browser(event.interface):
            return
        agent = devices.agent_of(event.interface)
        if event.there:
            self._gone.pop(agent, None)
        elif self._board.partners(event.interface):
            self._gone[agent] = self._clock.now()
            self._news.set()

    async def park_for_reload(self, agent: str) -> int:
        """His browser's page is going: send everybody he talks with to wait for him; how many they are.

        Raises Unavailable when Asterisk cannot be told: the talk then ends with the browser's sound.
        """
        interface = devices.browser(agent)
        partners = self._board.partners(interface)
        member = self._board.agent(interface)
        pausing = bool(partners) and member is not None and member.state is not AgentState.PAUSED
        if pausing:  # before the redirect: the moment it is done, the queue may think him free
            await self._pause(interface, True)
        if not partners:
            return 0
        parked = 0
        # Before the redirect: the end of his old leg must not be taken for the end of the talk.
        self._parked[agent] = _Parked(self._clock.now(), set(partners), pausing)
        self._news.set()
        for key in partners:
            with contextlib.suppress(AmiActionFailed):  # hung up in this very moment
                await self._ami.action("Redirect", Channel=key.linkedid, Context=CONTEXT, Exten=agent, Priority="1")
                parked += 1
        log.info("parked-for-reload", agent=agent, callers=parked)
        return parked

    async def resume(self, agent: str) -> bool:
        """His page is back and registered: whether a caller is about to come back to him."""
        parked = self._parked.get(agent)
        if parked is None:
            return False
        took = (self._clock.now() - parked.since).total_seconds()
        log.info("page-is-back", agent=agent, after_s=round(took, 2))
        return True

    async def run(self) -> None:
        """Until cancelled: let the queue ring an agent again as soon as nobody waits for his page any more."""
        while True:
            await self._news.wait()
            self._news.clear()
            while self._parked or self._gone:
                await self._park_the_gone()
                for agent, parked in list(self._parked.items()):
                    if self._is_over(parked):
                        await self._end(agent, parked)
                await asyncio.sleep(_LOOK_S)

    async def _park_the_gone(self) -> None:
        for agent, since in list(self._gone.items()):
            if self._clock.now() - since > GRACE:
                del self._gone[agent]
                try:
                    await self.park_for_reload(agent)
                except Unavailable as error:
                    log.warning("caller-not-parked", agent=agent, reason=error.message)

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

    async def _end(self, agent: str, parked: _Parked) -> None:
        if parked.paused_by_us:
            try:
                await self._pause(devices.browser(agent), False)
            except Unavailable as error:
                log.warning("pause-not-lifted", agent=agent, reason=error.message)
                return  # tried again at the next look
        del self._parked[agent]

    async def _pause(self, interface: str, paused: bool) -> None:
        with contextlib.suppress(AmiActionFailed):  # a member of no queue
            await self._ami.action(
                "QueuePause", Interface=interface, Paused="true" if paused else "false", Reason=REASON if paused else ""
            )
