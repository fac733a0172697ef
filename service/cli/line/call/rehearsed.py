"""What actions reach for, on a copy of the data in a folder that is gone afterwards."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import migrations
from appeals.deadlines import rules
from appeals.register import Register
from grid.numbering.numbering import Numbering
from grid.offices import book
from grid.offices.book import OfficeBook
from grid.reference.shelf import ReferenceShelf
from gridline.calendar.calendar_file import load_calendar
from gridline.clock import Clock
from gridline.companies import Companies
from gridline.db import Database
from gridline.errors import InvalidInput
from gridline.settings import Settings
from ivr.desk.visits import Visits
from ivr.desk.whisper import Whispers
from ivr.journal.journal import Journal
from ivr.live.board import Board
from ivr.live.view import CallKey
from ivr.promised.spool import Spool
from ivr.reception.ends import Ends
from ivr.services import Services
from ivr.storm import limits
from ivr.storm.announcer import Announcer
from ivr.storm.storm import Storm
from ivr.voice.hearing.hearing import CallersVoice
from ivr.voice.voice import Voice
from recordings.disk import Disk
from recordings.incoming import Incoming
from service.matters import Matters
from speech.ears import ears_of
from worklist.steps.call_outs import CallOuts


@asynccontextmanager
async def rehearsed(config: Settings, clock: Clock, voice: Voice) -> AsyncIterator[Services]:
    """The services of one call that nobody places. Raises InvalidInput where the data cannot be copied."""
    with tempfile.TemporaryDirectory(prefix="gridline-call-") as folder:
        var = Path(folder)
        db = Database(f"sqlite+aiosqlite:///{_copied(config, var / 'gridline.db')}")
        disk = Disk()
        try:
            await migrations.upgrade(db)
            services = _services(config, clock, voice, db, disk, var)
            await services.numbering.round()
            yield services
            await services.whispers.close()
        finally:
            await disk.close()
            await voice.close()
            await db.close()


def _copied(config: Settings, target: Path) -> Path:
    """A copy of the installation's data, or nothing where it has none yet."""
    database = Database(config.db_url)
    if not database.is_sqlite:
        raise InvalidInput("База на PostgreSQL не копируется. Задайте GRIDLINE_DATABASE_URL с копией в SQLite.")
    file = Path(database.url.database or "")
    if file.exists():
        with (
            closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)
    return target


def _services(config: Settings, clock: Clock, voice: Voice, db: Database, disk: Disk, var: Path) -> Services:
    companies, calendar = Companies.load(config.dialplan / "companies"), load_calendar(config.var)
    matters = Matters.of(config.model_copy(update={"var": var}), db, clock, companies)
    board, journal = Board(config.node), Journal(db, clock, var / "journal")
    incoming = Incoming(var / "incoming", clock, least_free=0)

    def key(channel: str) -> CallKey:
        return CallKey(config.node, "typed", channel)

    register = Register(db, clock, companies, calendar, rules.of_installation(config.dialplan))
    return Services(
        db=db,
        clock=clock,
        companies=companies,
        calendar=calendar,
        register=register,
        worklist=matters.worklist,
        callbacks=matters.callbacks,
        outage_desk=matters.outage_desk,
        messages=matters.messages,
        board=board,
        journal=journal,
        spool=Spool(var / "spool", config.node_series),
        incoming=incoming,
        disk=disk,
        hearing=CallersVoice(ears_of(config), incoming, disk),
        whispers=Whispers(db, clock, board, voice, var / "whispers", key_of=key, disk=disk, on=False),
        visits=Visits(db, clock, config.node, lambda: "typed"),
        ends=Ends(journal, board, key),
        storm=Storm(db, clock, limits.of_installation(config.dialplan), config.node),
        announcer=Announcer(db, clock, voice, var / "announced", disk),
        numbering=Numbering(db),
        call_outs=CallOuts(db, clock, calendar, companies, register, matters.worklist),
        shelf=ReferenceShelf(config.dialplan, companies),
        offices=OfficeBook(config.dialplan / book.FOLDER, companies),
    )
