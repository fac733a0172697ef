"""The file Asterisk asks for what changes while it runs: browsers' short-lived SIP secrets, shown numbers, bans.

Asterisk reads it through res_config_sqlite3 at every registration and call. The end of a secret and of a ban is part
of the views it reads, so that an expired one is gone whoever else has stopped working.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gridline.errors import Unavailable
from gridline.settings import Settings

_SCHEMA = """
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS secrets (endpoint TEXT PRIMARY KEY, secret TEXT NOT NULL, expires_at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS agent_numbers (agent TEXT PRIMARY KEY, number TEXT NOT NULL);
CREATE VIEW IF NOT EXISTS ps_auths AS
    SELECT endpoint AS id, 'userpass' AS auth_type, endpoint AS username, secret AS password FROM secrets
    WHERE expires_at > CAST(strftime('%s', 'now') AS INTEGER);
CREATE TABLE IF NOT EXISTS bans (address TEXT PRIMARY KEY, until INTEGER NOT NULL);
CREATE VIEW IF NOT EXISTS ps_acls AS
    SELECT address AS id, address AS deny FROM bans WHERE until > CAST(strftime('%s', 'now') AS INTEGER)
    UNION ALL SELECT 'nobody', '255.255.255.255';
"""
_WAIT_S = 2.0


@dataclass(frozen=True)
class AgentsFile:
    """One SQLite file. Every method raises Unavailable when it cannot be written."""

    file: Path

    @classmethod
    def of(cls, settings: Settings) -> AgentsFile:
        """The file of this installation."""
        return cls(settings.var.absolute() / "asterisk/agents.sqlite3")

    def ensure(self) -> None:
        """Make the file and its tables where they are missing; only the owner may read it."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.touch(mode=0o600)
        with self._open() as connection:
            connection.executescript(_SCHEMA)

    def put_secret(self, endpoint: str, secret: str, expires_at: datetime) -> None:
        """From now on `endpoint` signs in with this secret and no other; what has expired is swept out."""
        with self._open() as connection:
            connection.execute(
                "INSERT INTO secrets VALUES (?, ?, ?) ON CONFLICT (endpoint) "
                "DO UPDATE SET secret = excluded.secret, expires_at = excluded.expires_at",
                (endpoint, secret, int(expires_at.timestamp())),
            )
            connection.execute("DELETE FROM secrets WHERE expires_at <= CAST(strftime('%s', 'now') AS INTEGER)")

    def drop_secret(self, endpoint: str) -> None:
        """`endpoint` signs in with nothing any more."""
        with self._open() as connection:
            connection.execute("DELETE FROM secrets WHERE endpoint = ?", (endpoint,))

    def put_number(self, agent: str, number: str) -> None:
        """The number (digits) that is shown when this agent calls out."""
        with self._open() as connection:
            connection.execute(
                "INSERT INTO agent_numbers VALUES (?, ?) ON CONFLICT (agent) DO UPDATE SET number = excluded.number",
                (agent, number),
            )

    def ban(self, address: str, until: datetime) -> None:
        """Nothing from this IP address is listened to until then (Asterisk reads it with its next request)."""
        with self._open() as connection:
            connection.execute(
                "INSERT INTO bans VALUES (?, ?) ON CONFLICT (address) DO UPDATE SET until = excluded.until",
                (address, int(until.timestamp())),
            )
            connection.execute("DELETE FROM bans WHERE until <= CAST(strftime('%s', 'now') AS INTEGER)")

    def lift(self, address: str) -> None:
        """Listen to it again."""
        with self._open() as connection:
            connection.execute("DELETE FROM bans WHERE address = ?", (address,))

    def banned(self) -> list[str]:
        """The IP addresses that are not listened to now."""
        with self._open() as connection:
            return [row[0] for row in connection.execute("SELECT deny FROM ps_acls WHERE id != 'nobody' ORDER BY id")]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self.file, timeout=_WAIT_S)) as connection, connection:
                yield connection
        except sqlite3.Error as error:
            raise Unavailable(f"Файл телефонов {self.file.name} не записан: {error}") from error
