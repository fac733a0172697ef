"""Live updates: one hub of messages by topic, a bounded queue per listener, a ring to replay from.

A message is `id`, the event's name, and data of which the first line is its topic. The event `morph` carries HTML whose
elements take the place of those with the same ids (pieces joined by NEXT, where parts of tables and other elements go
together); any other name is an event of the page's own scripts, with JSON.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from gridline.clock import Clock, happens
from gridline.metrics import PUSH_DROPPED, PUSH_LISTENERS

KEPT = 2000
"""Messages kept for those who come back: some 20 s of a storm, hours of a quiet night."""
WAITING = 500
"""Messages a listener may lag behind; a slower one is cut off and comes back by itself, with what it missed."""
MORPH = "morph"
NEXT = "<!--next-->"
"""Between pieces of HTML that a browser must read one by one: a row of a table after anything else is no row to it."""


class Listener:
    """One stream to one browser."""

    def __init__(self, topics: frozenset[str]) -> None:
        self.topics = topics
        self.ended = False
        self._waiting: deque[bytes] = deque()
        self._news = asyncio.Event()

    def put(self, message: bytes) -> None:
        """Queue a message; a listener that lags too far is ended instead."""
        if len(self._waiting) >= WAITING:
            PUSH_DROPPED.inc()
            self.end()
            return
        self._waiting.append(message)
        self._news.set()

    def end(self) -> None:
        """No more messages: the stream closes."""
        self._waiting.clear()
        self.ended = True
        self._news.set()

    async def take(self, within_s: float) -> bytes:
        """All that waits, in one piece; empty when nothing came within that time."""
        if not await happens(self._news, within_s=within_s):
            return b""
        self._news.clear()
        taken = b"".join(self._waiting)
        self._waiting.clear()
        return taken


class Push:
    """The hub; `publish` is sync and never waits for anybody."""

    def __init__(self, clock: Clock, *, kept: int = KEPT) -> None:
        # Ids grow over restarts too, so that an id of yesterday is told from one of today.
        self.last_id = int(clock.now().timestamp() * 1_000_000)
        self._ring: deque[tuple[int, str, bytes]] = deque(maxlen=kept)
        self._complete_since = self.last_id
        self._listeners: dict[str, set[Listener]] = {}
        self._closed = False

    def publish(self, topic: str, event: str, data: str) -> None:
        """Tell everybody who follows `topic`; `data` is HTML for `morph`, JSON for others."""
        self.last_id += 1
        told = message(self.last_id, event, topic, data)
        if len(self._ring) == self._ring.maxlen:
            self._complete_since = self._ring[0][0]
        self._ring.append((self.last_id, topic, told))
        for listener in tuple(self._listeners.get(topic, ())):
            listener.put(told)

    def forget(self, *marks: str) -> None:
        """Replay nothing any more that speaks of one of these: an id, a number."""
        named = [mark.encode() for mark in marks if mark]
        kept = [one for one in self._ring if not any(mark in one[2] for mark in named)]
        self._ring = deque(kept, maxlen=self._ring.maxlen)

    def reset(self) -> None:
        """Have every open page taken anew: something was missed that nobody can tell any more."""
        self.last_id += 1
        self._complete_since = self.last_id  # for those who come back from before it, too
        self._ring.clear()
        for listener in {one for listeners in self._listeners.values() for one in listeners}:
            listener.put(message(self.last_id, "reset"))

    def listening(self, topic: str) -> bool:
        """Whether anybody follows the topic now: what nobody sees need not be rendered, unless replay matters."""
        return bool(self._listeners.get(topic))

    @contextmanager
    def listen(self, topics: Iterable[str], last_id: int | None = None) -> Iterator[Listener]:
        """Follow topics; what came after `last_id` is replayed, or `reset` is told when that is not kept any more."""
        listener = Listener(frozenset(topics))
        for topic in listener.topics:
            self._listeners.setdefault(topic, set()).add(listener)
        PUSH_LISTENERS.inc()
        try:
            self._greet(listener, last_id)
            yield listener
        finally:
            PUSH_LISTENERS.dec()
            for topic in listener.topics:
                self._listeners[topic].discard(listener)
                if not self._listeners[topic]:
                    del self._listeners[topic]

    def close(self) -> None:
        """End every stream: the server goes down."""
        self._closed = True
        for listener in {one for listeners in self._listeners.values() for one in listeners}:
            listener.end()

    def _greet(self, listener: Listener, last_id: int | None) -> None:
        if self._closed:
            listener.end()
            return
        listener.put(message(self.last_id if last_id is None else last_id, "hello"))
        if last_id is None:
            return
        if not self._complete_since <= last_id <= self.last_id:
            listener.put(message(self.last_id, "reset"))
            return
        missed = [told for id, topic, told in self._ring if id > last_id and topic in listener.topics]
        if len(missed) >= WAITING - 1:
            listener.put(message(self.last_id, "reset"))
            return
        for told in missed:
            listener.put(told)


def message(id: int, event: str, topic: str = "", data: str = "{}") -> bytes:
    """A message as it goes over the wire."""
    # Every line ending a browser knows must begin a new data line, or text from outside could begin a field (A13).
    lines = "".join(f"data: {line}\n" for line in [topic, *data.replace("\r\n", "\n").replace("\r", "\n").split("\n")])
    return f"id: {id}\nevent: {event}\n{lines}\n".encode()
