"""Several PostgreSQL servers in the address: whichever takes writes is found, what was acknowledged outlives one."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import pytest
import pytest_asyncio
from sqlalchemy import select

import migrations
from grid.models import Subscriber, SubscriberKind
from gridline.db import BUSY_S, Database, Glance
from gridline.errors import Unavailable
from tests.postgres import PostgresServer, url_of

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("postgres_server")]  # which skips where there is none

ACCOUNTS = select(Subscriber.account)
WRITERS = 4


@pytest.fixture
def primary() -> Iterator[PostgresServer]:
    """A server of the test's own to lose."""
    server = PostgresServer()
    server.create("grid")
    yield server
    server.stop()


@pytest.fixture
def standby(primary: PostgresServer) -> Iterator[PostgresServer]:
    """Whatever the primary acknowledges is on its disk as well."""
    server = PostgresServer(follows=primary)
    yield server
    server.stop()


@pytest_asyncio.fixture
async def db(primary: PostgresServer, standby: PostgresServer) -> AsyncIterator[Database]:
    """The database of both; the address names the standby first."""
    database = Database(url_of("grid", standby, primary))
    await migrations.upgrade(database)
    yield database
    await database.close()


async def stored(db: Database) -> set[str]:
    async with db.read() as session:
        return set(await session.scalars(ACCOUNTS))


async def read_by_the_driver(glance: Glance) -> None:
    await glance.execute(ACCOUNTS, {})


async def store(db: Database, account: str) -> None:
    async with db.write() as session:
        session.add(Subscriber(company_id="skek", account=account, name="Иванов И. И.", kind=SubscriberKind.PERSON))


async def test_nothing_acknowledged_is_lost_when_the_standby_takes_over(
    db: Database, primary: PostgresServer, standby: PostgresServer
) -> None:
    acknowledged: set[str] = set()
    refused_at: list[float] = []
    taken_again: dict[int, float] = {}
    under_way, refused, promoted, over = (asyncio.Event() for _ in range(4))

    async def writes(writer: int) -> None:
        number = 0
        while not over.is_set():
            number += 1
            try:
                await store(db, f"{writer}-{number}")
            except Unavailable:
                refused_at.append(time.monotonic())
                refused.set()
                await promoted.wait()
            else:
                acknowledged.add(f"{writer}-{number}")
                if len(acknowledged) == 100:
                    under_way.set()
                if refused_at:
                    taken_again.setdefault(writer, time.monotonic())
                    if len(taken_again) == WRITERS:
                        over.set()

    async def loses_the_primary() -> None:
        await under_way.wait()
        primary.kill()
        await refused.wait()
        await asyncio.to_thread(standby.promote)
        promoted.set()

    async with asyncio.timeout(60), asyncio.TaskGroup() as all_at_once:
        all_at_once.create_task(loses_the_primary())
        for writer in range(WRITERS):
            all_at_once.create_task(writes(writer))
    print(f"writes go on {max(taken_again.values()) - refused_at[0]:.2f} s after the first refusal")
    assert acknowledged <= await stored(db)
    async with db.glance(within_s=BUSY_S) as glance:  # the driver's own pool finds it, too
        await read_by_the_driver(glance)


async def test_a_machine_that_is_gone_costs_the_others_no_time(primary: PostgresServer) -> None:
    """Its address answers nothing at all, as that of a machine without power."""
    with socket.socket() as gone:
        gone.bind(("127.0.0.1", 0))
        gone.listen(0)
        full = [_knocks(gone.getsockname()[1]) for _ in range(4)]  # whoever comes now is not even refused
        url = (
            f"postgresql+asyncpg://gridline@/grid?host=127.0.0.1:{gone.getsockname()[1]}&host=127.0.0.1:{primary.port}"
        )
        db = Database(url)
        await migrations.upgrade(db)
        await db.engine.dispose()
        began = time.monotonic()
        await store(db, "1")
        assert time.monotonic() - began < BUSY_S / 2
        await db.close()
        for one in full:
            one.close()


def _knocks(port: int) -> socket.socket:
    knocking = socket.socket()
    knocking.setblocking(False)
    with suppress(BlockingIOError):
        knocking.connect(("127.0.0.1", port))
    return knocking


async def test_with_nobody_who_takes_writes_each_is_named(
    db: Database, primary: PostgresServer, standby: PostgresServer
) -> None:
    primary.kill()
    with pytest.raises(Unavailable) as told:
        await store(db, "1")
    with pytest.raises(Unavailable) as told:
        await stored(db)  # what was in the pool is gone by now
    assert f"127.0.0.1:{standby.port}: " in told.value.message
    assert f"127.0.0.1:{primary.port}: " in told.value.message
    with pytest.raises(Unavailable):
        async with db.glance(within_s=BUSY_S) as glance:
            await read_by_the_driver(glance)
