"""Consoles without a screen, in a process of their own: each opens the wallboard and follows its stream to the letter.

`python listeners.py` takes one JSON line a command on its standard input (`open`: addresses and cookies; `told`: what
was heard) and answers each with one JSON line.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
import zlib
from dataclasses import dataclass, field
from typing import Any

_LIMIT = 1 << 22
_AT_ONCE = 4
_SLOWEST_S = 60.0
_LIVE = re.compile(r'data-live="([^"]+)"')
_LIVE_ID = re.compile(r'data-live-id="(\d+)"')


@dataclass
class Shared:
    """What the consoles heard together."""

    topic: str
    texts: dict[int, int] = field(default_factory=dict)
    """Checksum of each message of the topic, by its id."""
    last_at: dict[int, float] = field(default_factory=dict)
    """When the last console had it, `time.monotonic()`."""
    rows: dict[int, str] = field(default_factory=dict)
    """The messages themselves."""
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    different: int = 0
    """Times a console heard another text than the first one under the same id."""


class BenchListener:
    """One console."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self.ids: list[int] = []
        self.messages = self.bytes = self.resets = self.backwards = 0
        self.hello = False
        self.made = 0
        """The last message when its page was made: all later ones are its to hear."""
        self.ended = False

    async def open(self, host: str, port: int, path: str, cookie: str) -> None:
        """Load the page as a browser does, then follow what it is to follow."""
        page = await _page(host, port, path, cookie)
        topics = sorted({topic for found in _LIVE.findall(page) for topic in found.split()})
        made = _LIVE_ID.search(page)
        if not topics or made is None:
            raise RuntimeError(f"no live page at {path}: {page[:200]}")
        self.made = int(made[1])
        reader, writer = await asyncio.open_connection(host, port, limit=_LIMIT)
        writer.write(_request(f"/events?topics={','.join(topics)}&last={made[1]}", host, port, cookie))
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head.splitlines()[0]:
            raise RuntimeError(f"no stream: {head[:200]!r}")
        self.hello = b"event: hello" in await reader.readuntil(b"\n\n")
        self._task = asyncio.create_task(self._follow(reader, writer))

    def is_whole(self, everything: list[int]) -> bool:
        """Whether it was greeted and has every message since its page was made, in order, once."""
        if self.ended or self.resets or self.backwards or not self.hello:
            return False
        return self.ids == [id for id in everything if id > self.made]

    async def _follow(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        last = 0
        try:
            while True:
                block = await reader.readuntil(b"\n\n")
                at = time.monotonic()
                self.messages += 1
                self.bytes += len(block)
                lines = block.decode().split("\n")
                id, event = int(lines[0].removeprefix("id: ")), lines[1].removeprefix("event: ")
                self.backwards += id < last
                last = max(id, last)
                self.resets += event == "reset"
                if lines[2] == f"data: {self._shared.topic}":
                    self._keep(id, block, at)
        except (asyncio.IncompleteReadError, OSError):
            self.ended = True
        finally:
            writer.close()

    def _keep(self, id: int, block: bytes, at: float) -> None:
        shared, text = self._shared, zlib.crc32(block)
        self.ids.append(id)
        shared.heard.set()
        shared.last_at[id] = at
        if shared.texts.setdefault(id, text) != text:
            shared.different += 1
        if id not in shared.rows:
            shared.rows[id] = block.decode()


async def _page(host: str, port: int, path: str, cookie: str) -> str:
    reader, writer = await asyncio.open_connection(host, port, limit=_LIMIT)
    writer.write(_request(path, host, port, cookie))
    answer = (await reader.read()).decode()
    writer.close()
    return answer


def _request(path: str, host: str, port: int, cookie: str) -> bytes:
    # HTTP/1.0: the answer ends with its connection and needs no unpacking of chunks.
    return f"GET {path} HTTP/1.0\r\nHost: {host}:{port}\r\nCookie: gridline={cookie}\r\n\r\n".encode()


def _told(listeners: list[BenchListener], shared: Shared) -> dict[str, Any]:
    """What was heard."""
    everything = sorted(shared.texts)
    return {
        "consoles": len(listeners),
        "whole": sum(one.is_whole(everything) for one in listeners),
        "ended": sum(one.ended for one in listeners),
        "resets": sum(one.resets for one in listeners),
        "different": shared.different,
        "messages": sum(one.messages for one in listeners),
        "bytes": sum(one.bytes for one in listeners),
        "heard": [[shared.last_at[id], shared.rows[id]] for id in everything],
    }


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    commands = asyncio.StreamReader(limit=_LIMIT)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    listeners: list[BenchListener] = []
    shared = Shared("")
    turns = asyncio.Semaphore(_AT_ONCE)

    async def opened(command: dict[str, Any], cookie: str) -> BenchListener:
        one = BenchListener(shared)
        async with turns, asyncio.timeout(_SLOWEST_S):
            await one.open(command["host"], command["port"], command["path"], cookie)
        return one

    while line := await commands.readline():
        command = json.loads(line)
        if command["do"] == "open":
            shared.topic = command["topic"]
            listeners += await asyncio.gather(*(opened(command, cookie) for cookie in command["cookies"]))
            answer: dict[str, Any] = {"consoles": len(listeners)}
        else:
            async with asyncio.timeout(_SLOWEST_S):
                while len({one.ids[-1] for one in listeners if one.ids}) > 1:  # the last message is under way to some
                    await shared.heard.wait()
                    shared.heard.clear()
            answer = _told(listeners, shared)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_serve())
