"""News between processes: what was changed is a row of the same transaction, told to every process after its commit.

    news.tell(session, NewsTopic.WORK, company_id, "danger:4f…")  # inside the transaction of the change
    news.listen(NewsTopic.WORK, hook)                             # called in every process

On SQLite there is one process: the hooks are called after the commit, and no row is stored. On PostgreSQL the hooks of
this process are called just so; the others hear of the row by `gridline.processes.relay`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Table, event, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapper, Session, object_session

from gridline.db import Base, Database, new_id
from gridline.log import contained
from gridline.processes.models import NewsRow
from gridline.processes.relay import Relay

FORGOTTEN_AFTER_S: Final = 3600
FORGET_S: Final = 300.0
_TOLD: Final = "news"
_ROWS: Final[Table] = NewsRow.__table__  # type: ignore[assignment]


class NewsTopic(StrEnum):
    """What news are about."""

    WORK = "work"
    """Items of the worklist; the subject is `KIND:ID`."""
    OUTAGE = "outage"
    """Outages, proposals and feeds of a company."""
    STORM = "storm"
    ANNOUNCEMENT = "announcement"
    APPEAL = "appeal"
    """The subject is its id."""


@dataclass(frozen=True, slots=True)
class OneNews:
    """One piece of news."""

    topic: str
    company_id: str = ""
    """Empty: of any company."""
    subject: str = ""
    """What was changed; empty: anything of the topic, so read it all again."""
    elsewhere: bool = False
    """Whether another process changed it."""


Hook = Callable[[OneNews], None]


def tell(session: AsyncSession | Session, topic: str, company_id: str, subject: str = "") -> None:
    """Tell of a change within its transaction: it is told with the commit, once however often it was said."""
    session.info.setdefault(_TOLD, {})[OneNews(topic, company_id, subject)] = None


def follow(model: type[Base], topic: str, subject: Callable[[Any], str] | None = None) -> None:
    """Tell of every row of the model (it has a company) that a session adds or changes; `subject` says which.

    Statements that change many rows at once go past it: whoever writes one tells of them.
    """

    def added(_mapper: Mapper[Any], _connection: Connection, row: Any) -> None:
        if (session := object_session(row)) is not None:
            tell(session, topic, row.company_id, subject(row) if subject else "")

    def changed(mapper: Mapper[Any], connection: Connection, row: Any) -> None:
        if (session := object_session(row)) is not None and session.is_modified(row):
            added(mapper, connection, row)

    event.listen(model, "after_insert", added)
    event.listen(model, "after_update", changed)


class News:
    """One process's. `run` must go on for anything to be heard from others, or by them."""

    tell = staticmethod(tell)

    def __init__(self, db: Database, node: str) -> None:
        self._db = db
        self._node = node
        self._boot = new_id()
        self._hooks: dict[str, list[Hook]] = {}
        self.on_gap: list[Callable[[], None]] = []
        """Called when news may have been missed, after the hooks of every topic were told to read all again."""
        self._relay = None if db.is_sqlite else Relay(db, self._boot, self._heard, self._gap)
        db.companions.append(self)

    def listen(self, topic: str, hook: Hook) -> None:
        """Call `hook` with every piece of news of the topic, this process's own too. It returns at once."""
        self._hooks.setdefault(topic, []).append(hook)

    async def run(self) -> None:
        """Tell others and hear them, for ever; nothing to do on SQLite."""
        if self._relay is not None:
            await self._relay.run()

    async def begun(self, session: AsyncSession) -> None:
        """Nothing was told yet."""

    async def ending(self, session: AsyncSession) -> None:
        """Store what was told with what it is about."""
        if self._relay is None:
            return
        await session.flush()
        if told := _of(session):
            rows = [
                {"topic": one.topic, "company_id": one.company_id, "subject": one.subject[:80]}
                | {"node": self._node, "boot": self._boot}
                for one in told
            ]
            await session.execute(insert(_ROWS), rows)

    def committed(self, session: AsyncSession) -> None:
        """Tell this process's pages, and have the others told."""
        told = _of(session)
        session.info.pop(_TOLD, None)
        for one in told:
            self._deliver(one)
        if told and self._relay is not None:
            self._relay.tell()

    async def forget(self) -> None:
        """Delete what is older than an hour: whoever has not read it by then reads everything again."""
        if self._relay is not None:
            await self._relay.forget(FORGOTTEN_AFTER_S)

    def _heard(self, rows: Sequence[tuple[str, str, str]]) -> None:
        for topic, company_id, subject in dict.fromkeys(rows):
            self._deliver(OneNews(topic, company_id, subject, elsewhere=True))

    def _gap(self) -> None:
        for topic in self._hooks:
            self._deliver(OneNews(topic, elsewhere=True))
        for hook in self.on_gap:
            with contained("news", "gap-not-told"):
                hook()

    def _deliver(self, told: OneNews) -> None:
        for hook in self._hooks.get(told.topic, ()):
            with contained("news", "news-not-told", topic=told.topic, subject=told.subject):
                hook(told)


def _of(session: AsyncSession) -> Sequence[OneNews]:
    return list(session.info.get(_TOLD, ()))
