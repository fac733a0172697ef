"""The line between the ears and their worker: JSON objects, each after its length in four bytes. No pickle.

What comes from the worker is checked like anything from outside: an engine that has gone wild may write what it likes.
"""

from __future__ import annotations

import asyncio
import json
from typing import IO, Any

from speech.port import NotHeard, Word

Message = dict[str, Any]

LONGEST = 32 * 1024 * 1024
"""Bytes of one message; the words of a talk of four hours take about four million."""


class Garbled(ValueError):
    """What came is no message of ours."""


def words(said: Message) -> tuple[Word, ...]:
    """The words of an answer. Raises NotHeard for what are no words."""
    try:
        return tuple(Word(str(text), float(at), float(to), float(sure)) for text, at, to, sure in said["words"])
    except (KeyError, TypeError, ValueError) as error:
        raise NotHeard(f"Распознаватель ответил неразборчиво: {error!r}.") from error


def packed(message: Message) -> bytes:
    """The message as it goes over the line."""
    body = json.dumps(message, ensure_ascii=False).encode()
    return len(body).to_bytes(4, "big") + body


def read(line: IO[bytes]) -> Message | None:
    """The next message, waited for; None when the line has ended, whole or not. Raises Garbled."""
    size = _exactly(line, 4)
    body = None if size is None else _exactly(line, _length(size))
    return None if body is None else _message(body)


async def read_async(line: asyncio.StreamReader) -> Message | None:
    """The same for the event loop."""
    try:
        return _message(await line.readexactly(_length(await line.readexactly(4))))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


def _exactly(line: IO[bytes], size: int) -> bytes | None:
    parts = b""
    while len(parts) < size:
        part = line.read(size - len(parts))
        if not part:
            return None
        parts += part
    return parts


def _length(size: bytes) -> int:
    length = int.from_bytes(size, "big")
    if length > LONGEST:
        raise Garbled(f"a message of {length} bytes")
    return length


def _message(body: bytes) -> Message:
    try:
        message = json.loads(body)
    except ValueError as error:
        raise Garbled(str(error)) from error
    if not isinstance(message, dict):
        raise Garbled(f"{type(message).__name__} in place of an object")
    return message
