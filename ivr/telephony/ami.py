"""The standing link to Asterisk's manager: connects, watches, re-reads the state, hands on typed events."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import structlog

from gridline import metrics
from gridline.clock import Clock, happens
from gridline.errors import Unavailable
from gridline.log import incident
from ivr.telephony import events, state
from ivr.telephony.ami_session import AmiActionFailed, AmiLost, AmiRefused, AmiTimeout, Session, Value
from ivr.telephony.events import Event, Message
from ivr.telephony.state import Snapshot

__all__ = ["Ami", "AmiActionFailed", "AmiCounts", "AmiLost", "AmiPace", "AmiRefused", "AmiTimeout", "Message", "Value"]

T = TypeVar("T")

log = structlog.get_logger(__name__)
_AT_ONCE = 200
"""Events handed on before the loop may turn to the calls again."""

OWN_DIGITS = 10
"""Of a number of ours, however the carrier writes it."""


@dataclass(frozen=True, slots=True)
class AmiPace:
    """The link's times in seconds, and its queue's bound."""

    ping_every_s: float = 5.0
    ping_deadline_s: float = 5.0
    reread_every_s: float = 30.0
    """Fault F15: an event that never came is made good by the next re-read, well within 60 s."""
    reread_least_s: float = 2.0
    """Between two re-reads, however often one is asked for."""
    action_timeout_s: float = 5.0
    backoff_s: float = 0.5
    backoff_most_s: float = 15.0
    refused_backoff_s: float = 5.0
    """After a wrong secret: slower, so that we do not look like a break-in."""
    inbox: int = 20_000
    """Events that may wait; beyond it they are dropped and the whole state is read again."""


@dataclass(slots=True)
class AmiCounts:
    """What the link has seen since it started, for the metrics page."""

    events: int = 0
    unwanted: int = 0
    garbled: int = 0
    failed: int = 0
    """Events whose handling raised."""
    overflows: int = 0
    logins: int = 0
    rereads: int = 0


class Ami:
    """Owns one connection at a time; `run()` keeps it up until cancelled.

    After every login, every `reread_every_s` and after an overflow, `on_resync` gets the whole state; events that
    arrived while it was read are given to `on_event` after it, in order, and may repeat what it already holds. Both
    are plain functions and must be quick; an exception of theirs is logged and counted, the link goes on.
    """

    def __init__(
        self,
        host: str,
        port: int,
        user: str,
        secret: str,
        on_event: Callable[[Event], None],
        on_resync: Callable[[Snapshot], None],
        clock: Clock,
        pace: AmiPace | None = None,
        *,
        nameless: Collection[str] = (),
    ) -> None:
        """`nameless`: numbers of ours (the last ten digits) whose callers' numbers are not handed on."""
        self.connected = False
        """Whether the state handed on is being kept up to date."""
        self.stale_since: datetime | None = clock.now()
        """Since when it is not; None while it is."""
        self.trouble: Unavailable | None = None
        """Why there is no connection, for people to read."""
        self.boot = ""
        """The run of Asterisk we are connected to; part of a call's key."""
        self.counts = AmiCounts()
        self._address = (host, port, user, secret)
        self._on_event, self._on_resync = on_event, on_resync
        self._clock = clock
        self._pace = pace or AmiPace()
        self._nameless = frozenset(nameless)
        self._session: Session | None = None
        self._inbox: deque[Message] = deque()
        self._reread_wanted = False
        self._rereading = False
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Connect, serve, reconnect with a growing, jittered pause; ends only by cancellation."""
        failures = 0
        while True:
            rereads = self.counts.rereads
            try:
                await self._one_session()
            except Unavailable as trouble:
                self.trouble = trouble
                (log.error if isinstance(trouble, AmiRefused) else log.warning)("ami-down", reason=trouble.message)
            failures = 0 if self.counts.rereads > rereads else failures + 1
            least = self._pace.refused_backoff_s if isinstance(self.trouble, AmiRefused) else self._pace.backoff_s
            pause = max(least, min(self._pace.backoff_most_s, least * 2 ** min(failures, 10)))
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))

    async def action(self, name: str, timeout_s: float | None = None, **headers: Value) -> list[Message]:
        """Do one AMI action: its response and, for a list, the list's events.

        Never repeated, whatever happens. Raises AmiLost (not connected, or lost meanwhile), AmiTimeout,
        AmiActionFailed (Asterisk said no), InvalidInput (a header that could inject another).
        """
        if self._session is None:
            raise self.trouble or AmiLost("Связи с AMI ещё нет.")
        return await self._session.ask(name, headers, timeout_s or self._pace.action_timeout_s)

    def resync(self) -> None:
        """Ask for the whole state to be read again soon (the board found that it missed something)."""
        self._reread_wanted = True
        self._wake.set()

    async def _one_session(self) -> None:
        self._inbox.clear()  # before login: nothing that happens after it may be missed
        session = await Session.open(*self._address, self._take, self._pace.action_timeout_s)
        self.counts.logins += 1
        self._session = session
        tasks = [asyncio.create_task(self._serve(session)), asyncio.create_task(self._watch(session))]
        try:
            done, _ = await asyncio.wait({*tasks, session.lost}, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task in done:
                    task.result()
            raise AmiLost("Asterisk закрыл соединение AMI.")
        finally:
            self._session = None
            if self.connected:
                self.connected, self.stale_since = False, self._clock.now()
                metrics.AMI_CONNECTED.set(0)
            session.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _take(self, messages: Sequence[Message]) -> None:
        """What came together: it must not raise, and does not wait.

        Handed on at once, unless others wait before it, the state is being read, or there is so much that the calls
        would wait: then it goes through the inbox.
        """
        wanted = [message for message in messages if message.get("Event") in events.WANTED]
        self.counts.unwanted += len(messages) - len(wanted)
        if self.connected and not (self._rereading or self._inbox) and len(wanted) <= min(_AT_ONCE, self._pace.inbox):
            for message in wanted:
                self._hand_on(message)
            return
        for message in wanted:
            if len(self._inbox) >= self._pace.inbox:
                self.counts.overflows += 1
                self._inbox.clear()
                self._reread_wanted = True
            self._inbox.append(message)
        self._wake.set()

    async def _watch(self, session: Session) -> None:
        """A half-open connection shows no end: only an answer proves life."""
        while True:
            await asyncio.sleep(self._pace.ping_every_s)
            await session.ask("Ping", {}, self._pace.ping_deadline_s)

    async def _serve(self, session: Session) -> None:
        due = soonest = self._clock.monotonic()
        while True:
            now = self._clock.monotonic()
            if now >= due or (self._reread_wanted and now >= soonest):
                self._reread_wanted, self._rereading = False, True
                try:
                    await self._reread(session)
                finally:
                    self._rereading = False
                due, soonest = now + self._pace.reread_every_s, now + self._pace.reread_least_s
            for _ in range(min(len(self._inbox), _AT_ONCE)):
                self._hand_on(self._inbox.popleft())
            if self._inbox:
                await asyncio.sleep(0)
                continue
            self._wake.clear()
            await self._sleep_until(soonest if self._reread_wanted else due)

    async def _sleep_until(self, due: float) -> None:
        await happens(self._wake, within_s=max(0.0, due - self._clock.monotonic()))

    async def _reread(self, session: Session) -> None:
        at = self._clock.now()
        limit = self._pace.action_timeout_s
        core = await session.ask("CoreStatus", {}, limit)
        channels = [self._seen(one) for one in await session.ask("CoreShowChannels", {}, limit)]
        queues = await session.ask("QueueStatus", {}, limit)
        try:
            snapshot = state.read(core[0], channels, queues, at)
        except (KeyError, ValueError) as error:
            raise AmiActionFailed(f"Состояние Asterisk не прочитано: {error!r}") from error
        self.boot = snapshot.boot
        self.counts.rereads += 1
        self._guarded(self._on_resync, snapshot, "resync")
        self.connected, self.stale_since, self.trouble = True, None, None
        metrics.AMI_CONNECTED.set(1)

    def _hand_on(self, message: Message) -> None:
        event = events.parse(self._seen(message), self._clock.now())
        if event is None:
            self.counts.garbled += 1
            log.warning("ami-garbled", name=message.get("Event"))
            return
        self.counts.events += 1
        self._guarded(self._on_event, event, message.get("Linkedid", ""))

    def _seen(self, message: Message) -> Message:
        """The message as it may be known here: a trust line's first event comes before the dialplan's first step."""
        if self._nameless and message.get("Exten", "")[-OWN_DIGITS:] in self._nameless:
            return {**message, "CallerIDNum": "", "CallerIDName": ""}
        return message

    def _guarded(self, handle: Callable[[T], None], told: T, call: str) -> None:
        try:
            handle(told)
        except Exception:  # the one place an event's failure ends: the next event is handed on all the same
            self.counts.failed += 1
            metrics.EVENT_FAILURES.inc()
            log.exception("event-failed", call=call, incident=incident())
