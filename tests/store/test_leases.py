"""Background work in one place at a time: taken over, given back, and nothing done twice by whoever was stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import event, select, update

from gridline.clock import SystemClock
from gridline.db import Database, new_id
from gridline.processes import leases as rules
from gridline.processes.leases import LEASE_S, RENEW_S, LeaseLost, Leases
from gridline.processes.models import LeaseRow
from outreach import consents
from outreach.models import Consent, MessageOut, MessageState, MessageWay, Purpose
from service.jobs import Jobs
from tests.unit.eventually import eventually

MESSAGES = 300
"""More than both can send while one of them stands still: some are left for when it goes on."""
STOPPED_S = 20.0


@pytest.fixture
async def postgres(postgres_url: str) -> AsyncIterator[Database]:
    """A migrated PostgreSQL database."""
    db = Database(postgres_url)
    yield db
    await db.close()


@dataclass
class Sender:
    """A process of `leased_sender`."""

    node: str
    process: asyncio.subprocess.Process

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.process.pid, number)


@asynccontextmanager
async def sender(url: str, node: str, ledger: Path) -> AsyncIterator[Sender]:
    """A process that sends messages while its lease is its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.store.leased_sender", url, node, str(ledger)
    )
    try:
        yield Sender(node, process)
    finally:
        if process.returncode is None:
            os.kill(process.pid, signal.SIGCONT)
            process.terminate()
        await process.wait()


async def queue(db: Database, count: int) -> set[str]:
    """So many messages that are due now; their ids."""
    now = SystemClock().now()
    ids = [new_id() for _ in range(count)]
    async with db.write() as session:
        given = Consent(
            id=new_id(),
            company_id="skek",
            phone="+79135557788",
            purpose=Purpose.APPEAL,
            given_at=now,
            call_id=new_id(),
            asked="Прислать?",
            subject_id="a" * 32,
        )
        consent = await consents.give(session, given)
        await session.flush()
        for id in ids:
            session.add(
                MessageOut(
                    id=id,
                    company_id="skek",
                    way=MessageWay.EMAIL,  # which the night does not hold back
                    to="reader@example.org",
                    text="Ваше обращение зарегистрировано.",
                    purpose=Purpose.APPEAL,
                    key=id,
                    consent_id=consent.id,
                    subject_id="a" * 32,
                    call_id=None,
                    queued_at=now,
                    next_at=now,
                    leased_until=None,
                    attempts=0,
                    state=MessageState.WAITING,
                    sent_at=None,
                    settled_at=None,
                    problem="",
                )
            )
    return set(ids)


def sent(ledger: Path) -> list[tuple[str, str]]:
    """Node and message of everything that has left."""
    return [(node, id) for node, id in (line.split() for line in ledger.read_text().splitlines())]


async def within(seconds: float, is_so: Callable[[], bool]) -> float:
    """Wait for it; the seconds it took."""
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < seconds, f"not within {seconds:.0f} s"
        await asyncio.sleep(0.05)
    return time.monotonic() - began


@pytest.mark.postgres
@pytest.mark.timeout(240)
async def test_a_process_that_stands_still_and_goes_on_sends_nothing_twice(
    postgres: Database, postgres_url: str, tmp_path: Path
) -> None:
    ledger = tmp_path / "ledger"
    ledger.touch()
    async with sender(postgres_url, "one", ledger) as one:
        queued = await queue(postgres, MESSAGES)
        await within(60, lambda: len(sent(ledger)) > 20)
        async with sender(postgres_url, "two", ledger):
            await asyncio.sleep(RENEW_S)  # the second has asked for the lease as well, and was not given it
            assert {node for node, _ in sent(ledger)} == {"one"}
            one.signal(signal.SIGSTOP)
            stopped_at = time.monotonic()
            took_s = await within(15, lambda: "two" in {node for node, _ in sent(ledger)})
            print(f"taken over after {took_s:.1f} s")
            await asyncio.sleep(max(0.0, stopped_at + STOPPED_S - time.monotonic()))
            one.signal(signal.SIGCONT)
            await within(90, lambda: len({id for _, id in sent(ledger)}) >= MESSAGES - 1)
            await asyncio.sleep(1)
            async with postgres.read() as session:
                states = {id: state for id, state in await session.execute(select(MessageOut.id, MessageOut.state))}  # noqa: C416
    ids = [id for _, id in sent(ledger)]
    assert len(ids) == len(set(ids)), "a message was sent twice"
    assert set(ids) <= queued
    unsent = queued - set(ids)
    # The one that was in hand when its process stopped has left once it went on, or is a person's to decide on.
    assert len(unsent) <= 1
    assert {id for id, state in states.items() if state is not MessageState.SENT} - set(ids) <= unsent
    assert sum(state is MessageState.SENT for state in states.values()) >= MESSAGES - 1


@pytest.mark.postgres
async def test_a_clean_stop_hands_the_work_on_at_once(postgres: Database, postgres_url: str) -> None:
    other = Database(postgres_url)
    done: list[str] = []

    def running(db: Database, node: str) -> Jobs:
        leases = Leases(db, node)
        jobs = Jobs(leases)
        jobs.keep("leases", leases.run)

        async def round() -> None:
            done.append(node)

        jobs.once("work", round, every_s=0.02)
        return jobs

    one = running(postgres, "one")
    await eventually(lambda: "one" in done)
    two = running(other, "two")
    await asyncio.sleep(0.3)
    assert set(done) == {"one"}
    await one.stop()
    stopped = len(done)
    took_s = await within(RENEW_S + 1, lambda: "two" in done)
    assert took_s < LEASE_S
    assert "one" not in done[stopped:]
    await two.stop()
    await other.close()


@pytest.mark.postgres
async def test_work_whose_lease_went_to_another_stores_nothing(postgres: Database) -> None:
    leases, stored, at_work = Leases(postgres, "one"), asyncio.Event(), asyncio.Event()
    refused: list[LeaseLost] = []

    async def work() -> None:
        at_work.set()
        await stored.wait()
        try:
            await queue(postgres, 1)
        except LeaseLost as error:
            refused.append(error)
            raise

    renewing = asyncio.create_task(leases.run())
    working = asyncio.create_task(leases.hold("work", work))
    await asyncio.wait_for(at_work.wait(), 5)
    renewing.cancel()
    async with postgres.write() as session:  # as another process does once it has run out
        await session.execute(update(LeaseRow).values(holder="two/x", term=LeaseRow.term + 1))
    stored.set()
    await eventually(lambda: bool(refused))
    async with postgres.read() as session:
        assert (await session.scalars(select(MessageOut.id))).all() == []
    working.cancel()
    await asyncio.gather(working, renewing, return_exceptions=True)


@pytest.mark.postgres
async def test_a_holder_that_cannot_renew_stops_before_its_lease_ends(
    postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "LEASE_S", 2.0)
    monkeypatch.setattr(rules, "RENEW_S", 0.3)
    monkeypatch.setattr(rules, "GUARD_S", 0.5)
    leases, began, ended = Leases(postgres, "one"), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    renewing = asyncio.create_task(leases.run())
    working = asyncio.create_task(leases.hold("work", work))
    await asyncio.wait_for(began.wait(), 5)
    await postgres.engine.dispose()
    event.listen(postgres.engine.sync_engine, "do_connect", _cut_off)
    cut_at = time.monotonic()
    await asyncio.wait_for(ended.wait(), 5)
    assert time.monotonic() - cut_at < rules.LEASE_S
    assert not leases.holds("work")
    working.cancel()
    renewing.cancel()
    await asyncio.gather(working, renewing, return_exceptions=True)


def _cut_off(*_args: object) -> object:
    raise OSError("cut off")


async def test_with_one_process_work_needs_no_lease() -> None:
    jobs, done = Jobs(), asyncio.Event()

    async def work() -> None:
        done.set()

    jobs.once("work", work)
    await asyncio.wait_for(done.wait(), 5)
    await jobs.stop()
