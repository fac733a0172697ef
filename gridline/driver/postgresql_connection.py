"""asyncpg's connection to whichever of several servers takes writes: a fail-over changes which one that is."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # it has no types

_NO_CONNECTION = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.TargetServerAttributeNotMatched,
)


class NobodyTakesWrites(ConnectionError):
    """None of the servers in the address is there and takes writes; the message says what each of them answered."""


async def connect(
    dsn: str | None = None,
    *,
    host: str | Sequence[str] | None = None,
    port: int | Sequence[int] | None = None,
    **options: Any,
) -> Any:
    """A connection to the server that takes writes; `options` as of `asyncpg.connect`.

    All are asked at once. asyncpg asks one after another, and the address of a machine that is gone would take all the
    time there is for the next one, every time. Raises NobodyTakesWrites; with one server, what asyncpg raises.
    """
    if not host or not port or isinstance(host, str) or isinstance(port, int):
        return await asyncpg.connect(dsn, host=host, port=port, **options)
    asked = [asyncio.create_task(_asked(name, door, options)) for name, door in zip(host, port, strict=True)]
    found, answers = None, []
    try:
        for answer in asyncio.as_completed(asked):
            try:
                found = await answer
                return found
            except NobodyTakesWrites as error:
                answers.append(str(error))
        raise NobodyTakesWrites("; ".join(answers))
    finally:
        for one in asked:
            if not one.cancel() and one.exception() is None and one.result() is not found:
                one.result().terminate()  # a second one that takes writes: whoever fails over must see to that


async def _asked(host: str, port: int, options: dict[str, Any]) -> Any:
    try:
        return await asyncpg.connect(host=host, port=port, target_session_attrs="read-write", **options)
    except _NO_CONNECTION as error:
        raise NobodyTakesWrites(f"{host}:{port}: {error or type(error).__name__}") from error
