"""News between processes: told with the commit, heard by the others' hooks, never missed without a word."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

import pytest
from sqlalchemy import event, func, insert, select, text

from gridline.clock import SystemClock
from gridline.db import Database, new_id
from gridline.processes.models import NewsRow
from gridline.processes.news import News, NewsTopic, OneNews, tell
from gridline.settings import HOUSE
from tests.faults.injury import until_known
from tests.unit.eventually import eventually
from worklist import clocks
from worklist.codes import ItemKind
from worklist.steps.matters import Matter
from worklist.worklist import Worklist

COMPANY = "skek"


@dataclass
class Node:
    """One process's news, and what its hook heard."""

    db: Database
    news: News
    heard: list[OneNews] = field(default_factory=list)
    gaps: list[None] = field(default_factory=list)

    async def tells(self, *subjects: str) -> None:
        """One transaction that tells of these."""
        async with self.db.write() as session:
            for subject in subjects:
                tell(session, NewsTopic.WORK, COMPANY, subject)

    def subjects(self) -> list[str]:
        """What others told."""
        return [told.subject for told in self.heard if told.elsewhere]


@asynccontextmanager
async def node(url: str, name: str) -> AsyncIterator[Node]:
    """A process that tells and hears."""
    db = Database(url)
    made = Node(db, News(db, name))
    made.news.listen(NewsTopic.WORK, made.heard.append)
    made.news.on_gap.append(lambda: made.gaps.append(None))
    listened = 0 if db.is_sqlite else await listeners(db)
    running = asyncio.create_task(made.news.run())
    try:
        if not db.is_sqlite:
            await until_known(lambda: more_than(listened, db), "the connection of the news")
        yield made
    finally:
        ended = running.done()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert not ended or db.is_sqlite
        await db.close()


async def listeners(db: Database) -> int:
    """How many processes listen: the last statement of their connections is then a look at the rows."""
    query = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name = 'gridline-news' AND state = 'idle' AND query LIKE '%FROM news%'"
    )
    async with db.read() as session:
        return await session.scalar(query) or 0


async def more_than(listened: int, db: Database) -> bool:
    return await listeners(db) > listened


async def cut(db: Database) -> None:
    """The server ends every connection of the news."""
    async with db.write() as session:
        await session.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name = 'gridline-news'"
            )
        )


@contextmanager
def statements(db: Database) -> Iterator[list[str]]:
    """Every statement of the database's sessions inside the block."""
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        said.append(statement)

    event.listen(db.engine.sync_engine, "before_cursor_execute", note)
    yield said
    event.remove(db.engine.sync_engine, "before_cursor_execute", note)


async def undone(db: Database) -> None:
    """Tell of something that then comes to nothing."""
    async with db.write() as session:
        tell(session, NewsTopic.WORK, COMPANY, "undone")
        1 / 0  # noqa: B018


async def rows(db: Database) -> int:
    async with db.read() as session:
        return await session.scalar(select(func.count()).select_from(NewsRow)) or 0


@pytest.mark.postgres
async def test_what_one_process_tells_the_other_hears_and_its_own_hooks_too(postgres_url: str) -> None:
    async with node(postgres_url, "a") as a, node(postgres_url, "b") as b:
        await a.tells("1", "1", "2")
        assert a.heard == [OneNews(NewsTopic.WORK, COMPANY, "1"), OneNews(NewsTopic.WORK, COMPANY, "2")]
        await eventually(lambda: len(b.heard) == 2)
        assert b.heard == [OneNews(NewsTopic.WORK, COMPANY, one, elsewhere=True) for one in "12"]
        await b.tells("3")
        await eventually(lambda: a.subjects() == ["3"])
        assert (a.gaps, b.gaps) == ([], [])


@pytest.mark.postgres
async def test_what_was_undone_is_told_to_nobody(postgres_url: str) -> None:
    async with node(postgres_url, "a") as a, node(postgres_url, "b") as b:
        with pytest.raises(ZeroDivisionError):
            await undone(a.db)
        await a.tells("done")
        await eventually(lambda: b.subjects() == ["done"])
        assert [told.subject for told in a.heard] == ["done"]


@pytest.mark.postgres
async def test_a_row_that_commits_after_a_later_one_is_heard(postgres_url: str) -> None:
    async with node(postgres_url, "a") as a, node(postgres_url, "b") as b:
        async with a.db.write() as session:
            tell(session, NewsTopic.WORK, COMPANY, "first begun")
            for companion in a.db.companions:
                await companion.ending(session)  # its rows have their ids
            session.info.clear()
            await a.tells("second")
            await eventually(lambda: b.subjects() == ["second"])
        await a.tells("third")
        await eventually(lambda: len(b.subjects()) == 3)
        assert sorted(b.subjects()) == ["first begun", "second", "third"]


@pytest.mark.postgres
async def test_a_lost_connection_means_that_everything_is_read_again(postgres_url: str) -> None:
    async with node(postgres_url, "a") as a, node(postgres_url, "b") as b:
        await cut(a.db)
        await a.tells("while nobody listened")
        await eventually(lambda: len(b.gaps) == 1 and len(a.gaps) == 1, within_s=10)
        assert OneNews(NewsTopic.WORK, elsewhere=True) in b.heard  # of anything: read it all again
        await a.tells("after")
        await eventually(lambda: "after" in b.subjects())


@pytest.mark.postgres
async def test_many_at_once_and_an_hour_that_nobody_read(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gridline.processes.relay.MOST", 50)
    async with node(postgres_url, "a") as a, node(postgres_url, "b") as b:
        old = {"topic": "work", "company_id": COMPANY, "subject": "old", "node": "c", "boot": new_id()}
        async with a.db.write() as session:
            await session.execute(insert(NewsRow), [old] * 120)
        await a.tells("new")
        await eventually(lambda: len(b.gaps) == 1)
        await a.tells("newer")
        await eventually(lambda: "newer" in b.subjects())
        async with a.db.write() as session:
            await session.execute(text("UPDATE news SET at = now() - interval '61 minutes' WHERE subject = 'old'"))
        await a.news.forget()
        assert await rows(a.db) == 2


async def test_an_item_of_the_worklist_is_told_by_whoever_changes_it(db_url: str) -> None:
    async with node(db_url, "a") as a:
        worklist = Worklist(a.db, SystemClock(), clocks.of_installation(HOUSE / "dialplan"))
        with statements(a.db) as said:
            opened = await worklist.open(Matter(ItemKind.DANGER, COMPANY, "danger:1"))
            await worklist.take(opened.id, "user:olga")
        # One row with each transaction, and nothing else: callers wait for some of them.
        own = [one for one in said if "news" in one.lower() or "notify" in one.lower()]
        assert [one.split("(")[0].strip() for one in own] == ([] if a.db.is_sqlite else ["INSERT INTO news"] * 2)
        assert a.heard == [OneNews(NewsTopic.WORK, COMPANY, f"danger:{opened.id}")] * 2
        assert await rows(a.db) == (0 if a.db.is_sqlite else 2)
