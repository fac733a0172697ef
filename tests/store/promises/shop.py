"""A caller and all that is behind them but Asterisk: real actions on a real SQLite that can be told to refuse."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from appeals.casework.casework import Casework
from appeals.codes import PromiseKind
from appeals.intake.intake import accept
from appeals.models import Appeal, Promise
from appeals.register import Register, Registered
from grid.models import Premise
from grid.numbering.numbering import Numbering
from grid.offices.book import OfficeBook
from grid.offices.models import Appointment, VisitState
from grid.outages import thresholds
from grid.outages.models import Outage, OutageReport, OutageStatus
from grid.reference.shelf import ReferenceShelf
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import SystemClock
from gridline.companies import Companies
from gridline.db import Database, new_id
from gridline.errors import Unavailable
from gridline.settings import HOUSE, Settings
from ivr.call import Call
from ivr.desk.visits import Visits
from ivr.desk.whisper import Whispers
from ivr.journal.journal import Journal
from ivr.line import CallerHungUp, Line, Message
from ivr.live.board import Board
from ivr.live.view import CallKey
from ivr.promised import spool as spools
from ivr.promised.spool import Spool
from ivr.reception.ends import Ends
from ivr.services import Services
from ivr.storm.announcer import Announcer
from ivr.storm.limits import of_installation
from ivr.storm.storm import Storm
from ivr.voice.hearing.hearing import CallersVoice
from ivr.voice.prompts import Phrase
from ivr.voice.voice import Voice
from outreach import quiet
from outreach.messages import Messages
from outreach.models import Consent, MessageOut, MessageState, Purpose
from recordings.disk import Disk
from recordings.incoming import Incoming
from speech.ears import ears_of
from worklist import clocks
from worklist.callbacks import Callbacks
from worklist.codes import ItemKind
from worklist.models import WorkContact, WorkItem
from worklist.outage_desk import OutageDesk
from worklist.steps.call_outs import CallOuts
from worklist.worklist import Worklist

CALLER: Final = "+79131203401"
HANGS_UP: Final = "hangs up"
FULL: Final = 1 << 62
"""More free bytes than any disk has: the spool takes nothing."""


class RefusingDatabase(Database):
    """A database that takes nothing while it `refuses`; what is stored can be read."""

    refuses = False

    @asynccontextmanager
    async def write(self, *, within_s: float | None = None) -> AsyncIterator[AsyncSession]:
        if self.refuses:
            raise Unavailable("База данных не принимает записи")
        async with super().write(within_s=within_s) as session:
            yield session


class ScriptedCaller(Line):
    """Each question takes the next key of the script, "" is silence; at the tone they speak for two seconds."""

    def __init__(self, call: Call, keys: Iterable[str], heard: Callable[[str], Awaitable[None]]) -> None:
        self.call = call
        self._keys = iter(keys)
        self._heard = heard

    def mark(self, name: str, value: str) -> None:
        """No dialplan reads it here."""

    def words(self, *phrases: Phrase) -> str:
        return str(phrases)

    async def say(
        self, *phrases: Phrase, interruptible: bool = True, last: bool = False, unwritten: bool = False
    ) -> str:
        for phrase in phrases:
            await self._heard(phrase if isinstance(phrase, str) else phrase.id)
        return ""

    async def say_unkept(self, *phrases: Phrase) -> None:
        await self.say(*phrases)

    async def ask_key(self, *phrases: Phrase, wait_s: float = 5) -> str:
        await self.say(*phrases)
        return self._next()

    async def ask_digits(self, *phrases: Phrase, at_most: int, wait_s: float = 5) -> str:
        return await self.ask_key(*phrases)

    async def record(self, file: Path, *, limit_s: int, silence_s: int) -> Message:
        file.write_bytes((8000 * np.sin(np.arange(16000) / 3)).astype("<i2").tobytes())
        return Message(file, 2.0, "key", self._next())

    async def play_file(self, file: Path) -> str:
        return ""

    @asynccontextmanager
    async def recorded(self, file: Path | None) -> AsyncIterator[None]:
        yield

    async def queue(
        self,
        queue: str,
        *,
        priority: int,
        timeout_s: int,
        recording: Path | None,
        whisper: Path | None = None,
        after_talk: Callable[[], Awaitable[None]] | None = None,
    ) -> str:
        """Nobody answers."""
        return ""

    async def hang_up(self) -> None:
        """The caller does not notice."""

    def _next(self) -> str:
        key = next(self._keys, "")
        if key == HANGS_UP:
            raise CallerHungUp
        return key


class Shop:
    """The services of one installation, and what was heard of the sentence that is watched."""

    def __init__(self, var: Path, db: RefusingDatabase, watched: str, keeper: str) -> None:
        clock, calendar = SystemClock(), ProductionCalendar()
        settings = Settings(var=var)
        companies = Companies.load(HOUSE / "dialplan" / "companies")
        self.db, self.watched, self.keeper = db, watched, keeper
        self.skek = companies.by_id("skek")
        self.casework = Casework(db, clock, companies, calendar)
        self.spool = Spool(var / "spool", 1)
        self.node_var = var
        self.kept: list[bool] = []
        """At each time the watched sentence began: whether what keeps it was stored."""
        disk, board = Disk(), Board("node1")
        journal = Journal(db, clock, var / "journal")
        incoming = Incoming(var / "incoming", clock, least_free=0)
        worklist = Worklist(db, clock, clocks.of_installation(HOUSE / "dialplan"))
        register = Register(db, clock, companies, calendar)
        self._voice = Voice.of(settings)
        self._key = lambda channel: CallKey("node1", "b", channel)
        self.services = Services(
            db=db,
            clock=clock,
            companies=companies,
            calendar=calendar,
            register=register,
            worklist=worklist,
            callbacks=Callbacks(db, clock, worklist),
            call_outs=CallOuts(db, clock, calendar, companies, register, worklist),
            messages=Messages(db, clock, companies, quiet.of_installation(HOUSE / "dialplan"), {}, asyncio.Queue()),
            outage_desk=OutageDesk(db, clock, companies, worklist, thresholds.of_installation(HOUSE / "dialplan")),
            board=board,
            journal=journal,
            spool=self.spool,
            incoming=incoming,
            disk=disk,
            hearing=CallersVoice(ears_of(settings), incoming, disk),
            whispers=Whispers(db, clock, board, self._voice, var / "whispers", key_of=self._key, disk=disk, on=False),
            visits=Visits(db, clock, "node1", lambda: "b"),
            storm=Storm(db, clock, of_installation(HOUSE / "dialplan"), "node1"),
            announcer=Announcer(db, clock, self._voice, var / "announced", disk),
            numbering=Numbering(db),
            offices=OfficeBook(HOUSE / "dialplan" / "offices", companies),
            shelf=ReferenceShelf(HOUSE / "dialplan", companies),
            ends=Ends(journal, board, self._key),
        )

    async def close(self) -> None:
        """Let go of the disk's thread and the voice."""
        await self.services.whispers.close()
        await self.services.disk.close()
        await self._voice.close()

    def refuse(self, patch: pytest.MonkeyPatch) -> None:
        """From now on neither the database nor the disk takes anything."""
        self.db.refuses = True
        patch.setattr(spools, "FULL_BYTES", FULL)

    def caller(self, *keys: str, number: str | None = CALLER, premise: Premise | None = None) -> ScriptedCaller:
        """A caller of СКЭК who has heard the notice, with what they will press."""
        now = self.services.clock.now()
        call = Call(new_id(), "1.1", self.skek, "78005009494", number, number or "", now, notice_heard=True)
        call.premise = premise
        self.call = call
        return ScriptedCaller(call, keys, self._on_heard)

    async def premise(self) -> Premise:
        """A premise of the sample data without an outage."""
        async with self.db.read() as session:
            return (await session.scalars(select(Premise).where(Premise.code == "120034004-1"))).one()

    async def registered(self, **facts: object) -> Registered | None:
        """An appeal of CALLER; None where the store refuses it."""
        told = {"company_id": "skek", "channel": "phone", "kind": "complaint", "topic": "service", "phone": CALLER}
        try:
            return await self.services.register.register(accept(told | {"text": "Долго ждал."} | facts))
        except Unavailable:
            return None

    async def _on_heard(self, id: str) -> None:
        if id == self.watched:
            self.kept.append(await self.is_kept())

    async def is_kept(self) -> bool:
        """Whether what keeps the watched sentence is stored now."""
        async with self.db.read() as session:
            match self.keeper:
                case "receipt":
                    return any(True for _ in self.spool.waiting())
                case "answer":
                    owed = (Promise.kind == PromiseKind.ANSWER, Promise.settled_at.is_(None))
                    query = select(Promise.id).join(Appeal, Appeal.id == Promise.appeal_id).where(*owed)
                case "outage":
                    query = select(Outage.id).where(Outage.expected_end > self.services.clock.now())
                case "report":
                    query = select(OutageReport.id).where(
                        OutageReport.call_id == self.call.id, OutageReport.outage_id.is_not(None)
                    )
                case "reopened":
                    nested = (Outage.parent_id.is_not(None), Outage.status == OutageStatus.ACTIVE)
                    agreed = exists().where(Consent.phone == CALLER, Consent.withdrawn_at.is_(None))
                    query = select(Outage.id).where(*nested, agreed)
                case "consent":
                    query = select(Consent.id).where(Consent.phone == CALLER, Consent.withdrawn_at.is_(None))
                case "planned-consent":
                    given = (Consent.phone == CALLER, Consent.withdrawn_at.is_(None))
                    query = select(Consent.id).where(*given, Consent.purpose == Purpose.PLANNED)
                case "message-out":
                    query = select(MessageOut.id).where(
                        MessageOut.to == CALLER, MessageOut.state == MessageState.WAITING
                    )
                case "appointment":
                    held = (Appointment.call_id == self.call.id, Appointment.state == VisitState.BOOKED)
                    query = select(Appointment.id).where(*held)
                case "withdrawal":
                    query = select(Consent.id).where(Consent.withdrawn_call_id == self.call.id)
                case kind:
                    contact = (WorkContact.item_id == WorkItem.id, WorkContact.call_id == self.call.id)
                    query = select(WorkItem.id).join(WorkContact, contact[0]).where(contact[1])
                    query = query.where(WorkItem.kind == ItemKind(kind), WorkItem.ended_at.is_(None))
            return await session.scalar(query.limit(1)) is not None


@asynccontextmanager
async def opened(template: Path, folder: Path, watched: str, keeper: str) -> AsyncIterator[Shop]:
    """A shop on a copy of the sample data."""
    shutil.copyfile(template, folder / "gridline.db")
    db = RefusingDatabase(f"sqlite+aiosqlite:///{folder / 'gridline.db'}")
    shop = Shop(folder, db, watched, keeper)
    try:
        yield shop
    finally:
        await shop.close()
        await db.close()
