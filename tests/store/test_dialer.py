"""The dialer when something beside it fails: the database at a call's end, Asterisk's events, the leg's way to us."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from gridline.clock import SystemClock
from gridline.companies import Companies
from gridline.db import Database
from gridline.errors import Conflict
from gridline.settings import Settings
from ivr.line import Line
from ivr.outbound import dialer
from ivr.outbound.codes import CallPurpose
from ivr.outbound.dialer import Dialer
from ivr.outbound.models import CallOutRecord
from ivr.outbound.placed import CallOut, CallOutResult, NoLongerWanted
from ivr.telephony.ami import Ami
from ivr.telephony.events import PLACED, Channel, ChannelAnswered, ChannelHungUp, ChannelRings
from ivr.telephony.seal import Seal
from ivr.telephony.state import Snapshot
from ivr.voice.voice import Voice
from tests.unit.telephony.fake_manager import FakeManager, message
from worklist.codes import AttemptResult

PHONE = "+79131209001"
BUSY = 17
NOW = datetime(2026, 11, 22, 5, 30, tzinfo=UTC)


async def nobody(line: Line) -> str:
    raise AssertionError(f"{line} is not to be reached")


@dataclass
class Node:
    """A dialer and the Asterisk it believes to talk to."""

    dialer: Dialer
    manager: FakeManager

    def call(self, phone: str = PHONE) -> asyncio.Task[CallOutResult]:
        return asyncio.create_task(self.dialer.call(CallOut("skek", phone, CallPurpose.RESTORED, "s" * 32), nobody))

    async def placed(self, times: int = 1) -> Channel:
        """The leg of the call that was placed as the n-th, once it was."""
        id = (await self.manager.saw("Originate", times))[times - 1]["Exten"]
        return Channel(f"{PLACED}{id}", f"{PLACED}{id}", "PJSIP/trunk-1", PHONE)


@asynccontextmanager
async def node(db: Database, companies: Companies, var: Path) -> AsyncIterator[Node]:
    manager = FakeManager()
    manager.replies["Originate"] = message({"Response": "Success", "ActionID": "{id}", "Message": "queued"})
    await manager.start()
    config = Settings(var=var, ami_port=manager.port, dialer_secret=SecretStr("secret"))
    ami = Ami("127.0.0.1", manager.port, "gridline", "secret", lambda event: None, lambda snapshot: None, SystemClock())
    running = asyncio.create_task(ami.run())
    try:
        yield Node(Dialer(config, db, SystemClock(), companies, ami, Voice.of(config), Seal("s" * 32)), manager)
    finally:
        running.cancel()
        await asyncio.wait([running])
        await manager.stop()


async def test_a_number_is_free_again_when_the_database_is_back(
    sqlite_url: str, companies: Companies, tmp_path: Path
) -> None:
    db, file = Database(sqlite_url), Path(sqlite_url.removeprefix("sqlite+aiosqlite:///"))
    async with node(db, companies, tmp_path) as made:
        call = made.call()
        leg = await made.placed()
        await made.dialer.close_left()
        away = file.rename(file.with_suffix(".away"))
        made.dialer.on_event(ChannelHungUp(NOW, leg, BUSY))
        assert (await call).result is AttemptResult.BUSY
        away.rename(file)
        with pytest.raises(Conflict):
            await made.call()
        await made.dialer.close_left()
        async with db.read() as session:
            (stored,) = await session.scalars(select(CallOutRecord))
        assert (stored.result, stored.cause) == (AttemptResult.BUSY, BUSY), "it is stored as it was, not as unknown"
        again = made.call()
        made.dialer.on_event(ChannelHungUp(NOW, await made.placed(2), BUSY))
        await again
    await db.close()


async def test_a_call_whose_end_was_not_heard_of_ends_with_the_next_reading(
    db: Database, companies: Companies, tmp_path: Path
) -> None:
    async with node(db, companies, tmp_path) as made:
        answered = made.call()
        first = await made.placed()
        dialled = made.call("+79131209002")
        await made.placed(2)
        made.dialer.on_event(ChannelRings(NOW, first))
        made.dialer.on_event(ChannelAnswered(NOW, first))
        made.dialer.rebuild(Snapshot(NOW, "boot"))
        assert (await answered).result is AttemptResult.SILENT
        second = (await made.manager.saw("Originate", 2))[-1]["Exten"]
        made.dialer.on_event(ChannelHungUp(NOW, Channel(PLACED + second, PLACED + second, "PJSIP/trunk-2", ""), BUSY))
        assert (await dialled).result is AttemptResult.BUSY, "it may have had no channel yet"


async def test_an_answered_call_that_never_comes_to_us_is_not_waited_for_long(
    db: Database, companies: Companies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialer, "UNSERVED_S", 0.05)
    async with node(db, companies, tmp_path) as made:
        call = made.call()
        made.dialer.on_event(ChannelAnswered(NOW, await made.placed()))
        async with asyncio.timeout(10):
            assert (await call).result is AttemptResult.FAILED
        assert await made.manager.saw("Hangup")


async def test_whoever_is_not_to_be_called_by_their_turn_is_not(
    db: Database, companies: Companies, tmp_path: Path
) -> None:
    async def no() -> bool:
        return False

    async with node(db, companies, tmp_path) as made:
        with pytest.raises(NoLongerWanted):
            await made.dialer.call(CallOut("skek", PHONE, CallPurpose.RESTORED), nobody, no)
        assert [one for one in made.manager.seen if one["Action"] == "Originate"] == []
    async with db.read() as session:
        assert (await session.scalars(select(CallOutRecord))).all() == []
