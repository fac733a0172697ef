"""Which errors of the two database drivers mean that the store is gone, locked or full, and not that we are wrong."""

from __future__ import annotations

import sqlite3

import asyncpg  # type: ignore[import-untyped]  # it has no types

from gridline.errors import Unavailable

SQLITE_OUTAGES = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_NOTADB,
}
POSTGRESQL_OUTAGES = (
    "08",  # connection exceptions
    "25006",  # read-only: a fail-over left us on a replica
    "25P03",  # a transaction stood still too long: our process did
    "28",  # the server does not let us in
    "3D000",  # no such database
    "40",  # deadlock, serialization: the same transaction may succeed when tried again
    "53",  # out of disk, memory, connections
    "55P03",  # a lock was not given in time
    "57",  # shut down, starting up, cancelled
    "58",  # I/O error of the server
)


def outage(error: BaseException) -> Unavailable | None:
    """The error as Unavailable if it says that the store is gone, locked or full; None for any other error."""
    if isinstance(error, Unavailable):
        return error
    return Unavailable(f"База данных недоступна: {error}") if _is_outage(error) else None


def _is_outage(error: BaseException) -> bool:
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", -1) & 0xFF in SQLITE_OUTAGES  # the low byte is the primary code
    if isinstance(error, asyncpg.InternalClientError):  # the server ended the connection in the middle of a statement
        return True
    if isinstance(error, asyncpg.InterfaceError):  # "connection is closed"; wrong data is a ValueError as well
        return not isinstance(error, ValueError)
    return isinstance(error, OSError | TimeoutError) or str(getattr(error, "sqlstate", None) or "").startswith(
        POSTGRESQL_OUTAGES
    )
