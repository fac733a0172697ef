"""Readers of the public page: connections that ask again as soon as they are answered, and look at every answer."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass
from statistics import quantiles

from bench.public.controller import Served
from gridline.errors import Unavailable

_LENGTH = re.compile(rb"\r\nContent-Length: (\d+)\r\n", re.IGNORECASE)
_ETAG = re.compile(rb'\r\nETag: ("[^"]+")\r\n', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Kind:
    """What is asked."""

    path: str
    known: bool = False
    """By a reader who has it already: the answer is 304."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of one measurement."""

    answers: int
    seconds: float
    cpu_s: float
    """Processor time of the server."""
    bytes_an_answer: int
    p99_ms: float

    @property
    def per_core_s(self) -> float:
        """Answers a second of one core's time: what neighbours take of the machine does not count."""
        return round(self.answers / self.cpu_s) if self.cpu_s else 0.0

    @property
    def per_s(self) -> float:
        """Answers a second by the clock, beside whatever else ran."""
        return round(self.answers / self.seconds)


async def read(server: Served, kind: Kind, query: str, *, connections: int, seconds: float) -> Answered:
    """Read for so many seconds. Raises Unavailable when an answer is not what was asked for."""
    _, head, _ = await _once(server, _request(kind.path + query))
    etag = _ETAG.search(head)
    if etag is None:
        raise Unavailable("Работа не доказана: ответ без ETag.")
    asked = _request(kind.path + query, etag[1].decode() if kind.known else "")
    expected = 304 if kind.known else 200
    began, cpu = time.perf_counter(), server.cpu_s()
    readers = [_reader(server, asked, expected, began + seconds) for _ in range(connections)]
    took = [one for each in await asyncio.gather(*readers) for one in each]
    passed, used = time.perf_counter() - began, server.cpu_s() - cpu
    length = max(size for _, size in took)
    return Answered(len(took), passed, used, length, round(quantiles([s for s, _ in took], n=100)[98] * 1000, 1))


async def _reader(server: Served, asked: bytes, expected: int, until: float) -> list[tuple[float, int]]:
    """Seconds and bytes of each answer of one connection."""
    stream, sink = await asyncio.open_connection("127.0.0.1", server.port)
    took = []
    while (began := time.perf_counter()) < until:
        status, head, body = await _asked(stream, sink, asked)
        if status != expected or (status == 200 and not body):
            raise Unavailable(f"Работа не доказана: ответ {status} вместо {expected}.")
        took.append((time.perf_counter() - began, len(head) + len(body)))
    sink.close()
    return took


async def _once(server: Served, asked: bytes) -> tuple[int, bytes, bytes]:
    stream, sink = await asyncio.open_connection("127.0.0.1", server.port)
    answer = await _asked(stream, sink, asked)
    sink.close()
    return answer


async def _asked(stream: asyncio.StreamReader, sink: asyncio.StreamWriter, asked: bytes) -> tuple[int, bytes, bytes]:
    sink.write(asked)
    head = await stream.readuntil(b"\r\n\r\n")
    length = _LENGTH.search(head)
    body = await stream.readexactly(int(length[1])) if length else b""
    return int(head.split(b" ", 2)[1]), head, body


def _request(path: str, etag: str = "") -> bytes:
    known = f"If-None-Match: {etag}\r\n" if etag else ""
    return f"GET {path} HTTP/1.1\r\nHost: bench\r\nAccept-Encoding: gzip\r\n{known}\r\n".encode()
