"""The file Asterisk asks for what changes while it runs: the telephones' SIP secrets, shown numbers, bans.

Asterisk reads it through res_config_sqlite3 at every registration and call. That a secret or a ban has expired, or
that its agent is barred, is part of the views it reads, so that it is so whoever else has stopped working.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gridline.errors import Unavailable
from gridline.settings import Settings

_VERSION = 3
_SCHEMA = f"""
PRAGMA journal_mode = WAL;
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS secrets (endpoint TEXT PRIMARY KEY, secret TEXT NOT NULL, expires_at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS holders (endpoint TEXT PRIMARY KEY, holder TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS desk_secrets (agent TEXT PRIMARY KEY, secret TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS barred (agent TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS agent_numbers (agent TEXT PRIMARY KEY, number TEXT NOT NULL);
DROP VIEW IF EXISTS ps_auths;
CREATE VIEW ps_auths AS
    SELECT endpoint AS id, 'userpass' AS auth_type, endpoint AS username, secret AS password FROM secrets
    WHERE expires_at > CAST(strftime('%s', 'now') AS INTEGER)
    UNION ALL
    SELECT agent, 'userpass', agent, secret FROM desk_secrets WHERE agent NOT IN (SELECT agent FROM barred);
CREATE TABLE IF NOT EXISTS bans (address TEXT PRIMARY KEY, until INTEGER NOT NULL);
CREATE VIEW IF NOT EXISTS ps_acls AS
    SELECT address AS id, address AS deny FROM bans WHERE until > CAST(strftime('%s', 'now') AS INTEGER)
    UNION ALL SELECT 'nobody', '255.255.255.255';
PRAGMA user_version = {_VERSION};
COMMIT;
"""
_WAIT_S = 2.0


@dataclass(frozen=True)
class AgentsFile:
    """One SQLite file. Every method raises Unavailable when it cannot be read or written."""

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
            if connection.execute("PRAGMA user_version").fetchone() != (_VERSION,):
                connection.executescript(_SCHEMA)

    def put_secret(self, endpoint: str, secret: str, expires_at: datetime, holder: str = "") -> None:
        """From now on `endpoint` signs in with this secret and no other; what has expired is swept out.

        `holder` names who has asked for it: see `holder_of`.
        """
        with self._open() as connection:
            connection.execute(
                "INSERT INTO secrets VALUES (?, ?, ?) ON CONFLICT (endpoint) "
                "DO UPDATE SET secret = excluded.secret, expires_at = excluded.expires_at",
                (endpoint, secret, int(expires_at.timestamp())),
            )
            connection.execute(
                "INSERT INTO holders VALUES (?, ?) ON CONFLICT (endpoint) DO UPDATE SET holder = excluded.holder",
                (endpoint, holder),
            )
            connection.execute("DELETE FROM secrets WHERE expires_at <= CAST(strftime('%s', 'now') AS INTEGER)")

    def drop_secret(self, endpoint: str) -> None:
        """`endpoint` signs in with nothing any more."""
        with self._open() as connection:
            connection.execute("DELETE FROM secrets WHERE endpoint = ?", (endpoint,))

    def holder_of(self, endpoint: str) -> str:
        """Who has the secret that `endpoint` signs in with now; "" for nobody."""
        with self._open() as connection:
            found = connection.execute(
                "SELECT holder FROM holders JOIN secrets USING (endpoint) "
                "WHERE endpoint = ? AND expires_at > CAST(strftime('%s', 'now') AS INTEGER)",
                (endpoint,),
            ).fetchone()
        return str(found[0]) if found else ""

    def put_desk_secrets(self, secrets: Mapping[str, str]) -> None:
        """The lasting secrets of the desk phones, by agent; whoever is not named has none."""
        with self._open() as connection:
            connection.execute("DELETE FROM desk_secrets")
            connection.executemany("INSERT INTO desk_secrets VALUES (?, ?)", list(secrets.items()))

    def bar(self, agents: Mapping[str, str]) -> None:
        """Exactly these agents sign in with neither telephone: agent -> the endpoint of their browser."""
        with self._open() as connection:
            connection.execute("DELETE FROM barred")
            connection.executemany("INSERT INTO barred VALUES (?)", [(agent,) for agent in agents])
            connection.executemany("DELETE FROM secrets WHERE endpoint = ?", [(name,) for name in agents.values()])

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
        """The IP addresses that are not listened to now; none while no Asterisk of ours was ever started."""
        if not self.file.exists():
            return []
        with self._open() as connection:
            return [row[0] for row in connection.execute("SELECT deny FROM ps_acls WHERE id != 'nobody' ORDER BY id")]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self.file, timeout=_WAIT_S)) as connection, connection:
                yield connection
        except sqlite3.Error as error:
            raise Unavailable(f"Файл телефонов {self.file.name} недоступен: {error}") from error
