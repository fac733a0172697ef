"""The one connection on which a process tells and hears news: NOTIFY is said here, never in a business transaction.

A notification says only that there is news; the rows are read from the last id on. Ids are given before the commit, so
a row may come after a later one: ids that are missing are asked for again until they cannot come any more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final

import structlog
from sqlalchemy import text

from gridline.clock import happens
from gridline.db import BUSY_S, Database
from gridline.driver import postgresql_connection
from gridline.driver.direct import DRIVER_ERRORS

CHANNEL: Final = "gridline_news"
LOOK_S: Final = 5.0
"""Rows are looked for this often without a notification too: programs without a relay tell as well."""
TOGETHER_S: Final = 0.02
"""What is told within this time goes in one notification."""
MISSING_S: Final = 60.0
"""How long an id may be missing: no transaction lives longer, unless it was rolled back."""
LOOKED_BACK: Final = 1000
"""Ids before the last one that may still be missing when the connection is made."""
MOST: Final = 5000
"""More at once is read no more one by one: everything is read again."""
PAUSES_S: Final = (0.2, 0.5, 1.0, 2.0)
_READ: Final = (
    "SELECT id, topic, company_id, subject, boot FROM news WHERE id > $1 OR id = ANY($2::bigint[]) ORDER BY id LIMIT $3"
)
_KNOWN: Final = "SELECT id FROM news WHERE id > (SELECT coalesce(max(id), 0) - $1 FROM news) ORDER BY id"
_FORGET: Final = text("DELETE FROM news WHERE at < now() - make_interval(secs => :seconds)")

log = structlog.get_logger(__name__)

Heard = Callable[[Sequence[tuple[str, str, str]]], None]
"""Told (topic, company, subject) of rows of other processes."""


class Relay:
    """One process's: `tell` says that rows were committed, `run` tells others and hears them."""

    def __init__(self, db: Database, boot: str, heard: Heard, gap: Callable[[], None]) -> None:
        self._db = db
        self._boot = boot
        self._heard = heard
        self._gap = gap
        self._wake = asyncio.Event()
        self._tell = False
        self._read = False
        self._missed = False
        """Whether there was a connection before: what was told since is not known."""
        self._last = 0
        self._missing: dict[int, float] = {}
        """Ids that were passed over, with the moment (of the loop) from which on they are not waited for."""

    def tell(self) -> None:
        """Rows of this process were committed; returns at once."""
        self._tell = True
        self._wake.set()

    async def run(self) -> None:
        """Be connected for ever. A connection that was lost means: everything is read again."""
        attempt = 0
        while True:
            connection = None
            try:
                connection = await self._connected()
                log.info("news-heard", missed=self._missed)
                if self._missed:
                    self._gap()
                attempt, self._missed = 0, True
                await self._serve(connection)
            except DRIVER_ERRORS as error:
                if attempt == 0:
                    log.warning("news-not-heard", reason=str(error) or type(error).__name__)
            finally:
                if connection is not None:
                    connection.terminate()
            await asyncio.sleep(PAUSES_S[min(attempt, len(PAUSES_S) - 1)])
            attempt += 1

    async def forget(self, seconds: float) -> None:
        """Delete rows that are older. Raises Unavailable."""
        async with self._db.write() as session:
            await session.execute(_FORGET, {"seconds": float(seconds)})

    async def _connected(self) -> Any:
        """A connection that listens, with the present as the last that was seen."""
        options = dict(self._db.engine.dialect.create_connect_args(self._db.url)[1])
        connection = await postgresql_connection.connect(
            **options, timeout=BUSY_S, command_timeout=LOOK_S, server_settings={"application_name": "gridline-news"}
        )
        connection.add_termination_listener(lambda _connection: self._wake.set())
        await connection.add_listener(CHANNEL, self._on_notification)
        known = [row["id"] for row in await connection.fetch(_KNOWN, LOOKED_BACK)]
        self._last, self._missing = known[0] - 1 if known else 0, {}
        self._pass(known)
        return connection

    async def _serve(self, connection: Any) -> None:
        while True:
            self._read = not await happens(self._wake, within_s=LOOK_S) or self._read
            self._wake.clear()
            if connection.is_closed():
                raise ConnectionError("the connection of the news is closed")
            if self._tell:
                self._tell = False
                await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, self._boot)
            if self._read:
                self._read = False
                await self._look(connection)
            await asyncio.sleep(TOGETHER_S)

    async def _look(self, connection: Any) -> None:
        rows = await connection.fetch(_READ, self._last, list(self._missing), MOST)
        if len(rows) == MOST:
            log.warning("news-too-many")
            known = [row["id"] for row in await connection.fetch(_KNOWN, LOOKED_BACK)]
            self._last, self._missing = known[0] - 1 if known else self._last, {}
            self._pass(known)
            self._gap()
            return
        self._pass([row["id"] for row in rows])
        self._heard([(row["topic"], row["company_id"], row["subject"]) for row in rows if row["boot"] != self._boot])

    def _pass(self, ids: Sequence[int]) -> None:
        """These were seen; what is missing between them may still come."""
        now = asyncio.get_running_loop().time()
        for id in ids:
            if id > self._last:
                between = range(max(self._last + 1, id - LOOKED_BACK), id)
                self._missing |= dict.fromkeys(between, now + MISSING_S)
                self._last = id
            else:
                self._missing.pop(id, None)
        self._missing = {id: until for id, until in self._missing.items() if until > now}

    def _on_notification(self, _connection: object, _process: int, _channel: str, boot: object) -> None:
        if boot != self._boot:
            self._read = True
            self._wake.set()
