"""One simulated night: callers of a drawn storm through the real reception, actions and stores, in virtual time."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, select

import migrations
from appeals.register import Register
from bench.storm.ear import EarChannel, EstimatedVoice
from bench.storm.floor import Agents, Dispatcher
from bench.storm.shares import at_share, share_of
from bench.storm.virtual import VirtualTime
from bench.storm.weather import Persona, Weather, Wish
from grid import places
from grid.models import Premise, PremisePhone, Subscriber, SubscriberKind
from grid.numbering.numbering import Numbering
from grid.offices.book import OfficeBook
from grid.outages import thresholds
from grid.outages.models import OutageProposal, OutageReport
from grid.places import directory
from grid.reference.shelf import ReferenceShelf
from gridline.calendar.workdays import ProductionCalendar
from gridline.companies import Companies
from gridline.db import Database
from gridline.settings import HOUSE, Settings
from ivr.actions import SIGNATURES
from ivr.desk.visits import Visits
from ivr.desk.whisper import Whispers
from ivr.journal.journal import Journal
from ivr.live.board import Board
from ivr.live.view import CallKey
from ivr.menus.flows import Flows
from ivr.menus.vocabulary import Vocabulary
from ivr.outbound.dialer import Dialer
from ivr.promised.spool import Spool
from ivr.reception.called_out import CalledOut
from ivr.reception.ends import Ends
from ivr.reception.reception import Reception
from ivr.services import Services
from ivr.storm.announcer import Announcer
from ivr.storm.limits import StormLimit, StormLimits, StormOf
from ivr.storm.storm import Storm
from ivr.telephony.ami import Ami
from ivr.telephony.seal import Seal
from ivr.voice.hearing.hearing import CallersVoice
from ivr.voice.prompts import PromptBook
from outreach import quiet
from outreach.messages import Messages
from outreach.senders.of_settings import senders
from recordings.disk import Disk
from recordings.incoming import Incoming
from speech.ears import ears_of
from worklist import clocks
from worklist.callbacks import Callbacks
from worklist.codes import ItemKind
from worklist.models import WorkItem
from worklist.outage_desk import OutageDesk
from worklist.steps.call_outs import CallOuts
from worklist.worklist import Worklist

COMPANY: Final = "skek"
NODE, BOOT = "node1", "1"
START: Final = datetime(2026, 11, 28, 12, tzinfo=UTC)
ROUND_S: Final = 10.0
"""Between two looks at the rate of calls: the product's two seconds, made cheaper."""
LINES: Final = 300
"""Calls at once: beyond them a caller is refused by the trunk."""
NEVER: Final = 1e9


@dataclass(frozen=True, slots=True)
class Means:
    """What the line has to meet the night with."""

    storm_mode: bool = True
    memory: bool = True
    """Numbers on file and first clocks: without, nobody's number says anything."""
    gathered: bool = True
    """Reports are clustered into proposals."""
    agents: int = 8


class Night:
    """The product's parts as `service.controller` wires them, without Asterisk, under `folder`."""

    def __init__(self, folder: Path, weather: Weather, means: Means, seed: int) -> None:
        self.weather, self.means = weather, means
        self.time = time = VirtualTime(START)
        self.db = db = Database(f"sqlite+aiosqlite:///{folder / 'night.db'}")
        dialplan = HOUSE / "dialplan"
        companies, calendar = Companies.load(dialplan / "companies"), ProductionCalendar()
        self.voice = EstimatedVoice(PromptBook.load(dialplan / "prompts.ru.yaml"))
        self.disk, board = Disk(), Board(NODE)
        self.journal = Journal(db, time, folder / "spool/journal")
        worklist = Worklist(db, time, clocks.of_installation(dialplan))
        register = Register(db, time, companies, calendar)
        self.desk = OutageDesk(db, time, companies, worklist, thresholds.of_installation(dialplan))
        self.storm = Storm(db, time, _limits(means), NODE)
        self.agents = Agents(time, means.agents, seed)
        self.dispatcher = Dispatcher(time, db, self.desk, weather, COMPANY, gathered=means.gathered)

        incoming = Incoming(folder / "incoming", time, least_free=0)
        own, rules, receipts = Settings(var=folder), quiet.of_installation(dialplan), asyncio.Queue[Any]()
        messages = Messages(db, time, companies, rules, senders(own, time, receipts), receipts)
        ami = Ami("127.0.0.1", 1, "nobody", "", on_event=lambda _: None, on_resync=lambda _: None, clock=time)
        seal = Seal("simulated")
        nobody = Dialer(own, db, time, companies, ami, self.voice, seal)

        def key_of(channel: str) -> CallKey:
            return CallKey(NODE, BOOT, channel)

        services = Services(
            db=db,
            clock=time,
            companies=companies,
            calendar=calendar,
            register=register,
            worklist=worklist,
            callbacks=Callbacks(db, time, worklist),
            call_outs=CallOuts(db, time, calendar, companies, register, worklist),
            outage_desk=self.desk,
            messages=messages,
            board=board,
            journal=self.journal,
            spool=Spool(folder / "spool", 1),
            incoming=incoming,
            disk=self.disk,
            hearing=CallersVoice(ears_of(own), incoming, self.disk),
            whispers=Whispers(db, time, board, self.voice, folder / "w", key_of=key_of, disk=self.disk, on=False),
            visits=Visits(db, time, NODE, lambda: BOOT),
            ends=Ends(self.journal, board, key_of),
            storm=self.storm,
            announcer=Announcer(db, time, self.voice, folder / "announced", self.disk),
            numbering=Numbering(db),
            offices=OfficeBook(dialplan / "offices", companies),
            shelf=ReferenceShelf(dialplan, companies),
        )
        lengths = {id: entry.estimate_s(COMPANY) for id, entry in self.voice.book.items() if not entry.placeholders}
        flows = Flows(companies, dialplan / "menus", lambda company: Vocabulary.of(company, lengths, SIGNATURES))
        called_out = CalledOut(services, self.voice, node=NODE, boot=lambda: BOOT, seal=seal)
        self.reception = Reception(
            services, self.voice, flows, nobody, called_out, node=NODE, boot=lambda: BOOT, seal=seal
        )
        self.ears: list[EarChannel] = []
        self.refused = 0
        self._at_once = 0

    async def run(self) -> dict[str, Any]:
        """Live through it; the figures."""
        async with AsyncExitStack() as closing:
            closing.push_async_callback(self.db.close)
            closing.push_async_callback(self.disk.close)
            await self._town()
            journal = asyncio.create_task(self.journal.run())
            await self.time.run(self._night())
            await self.journal.flush()
            journal.cancel()
            with suppress(asyncio.CancelledError):
                await journal
            return await self._figures()

    async def _town(self) -> None:
        await migrations.upgrade(self.db)
        people: list[Any] = []
        homes: list[Any] = []
        phones: list[Any] = []
        for house in self.weather.houses:
            id = f"{house.number:032x}"
            own = {"company_id": COMPANY, "code": str(house.number), "subscriber_id": id, "branch": ""}
            where = {"settlement": house.settlement, "street": house.street, "house": house.house}
            rest = {"building": "", "flat": ""}
            keys = {"settlement_key": places.key(house.settlement), "street_key": places.key(house.street)}
            fed = {"line": house.feeder, "transformer": house.transformer, "substation": house.substation}
            person = {"company_id": COMPANY, "name": "Абонент", "kind": SubscriberKind.PERSON}
            people.append(Subscriber(id=id, account=house.account, **person))
            homes.append(
                Premise(id=id, **own, **where, **rest, **keys, **fed, address=places.one_line(**where, **rest))
            )
            if house.known:
                phones.append(PremisePhone(premise_id=id, phone=house.phone))
        async with self.db.write() as session:
            for rows in (people, homes, phones):
                session.add_all(rows)
                await session.flush()
            await directory.rebuild(session, {COMPANY})

    async def _night(self) -> None:
        self.time.spawn(self._watch_rate())
        self.time.spawn(self.dispatcher.work())
        for persona in self.weather.callers:
            await self.time.sleep(max(0.0, persona.at_s - self.time.monotonic()))
            self.time.spawn(self._call(persona))
        await self.time.sleep(1200)

    async def _watch_rate(self) -> None:
        while True:
            await self.storm.round()
            await self.time.sleep(ROUND_S)

    async def _call(self, persona: Persona) -> None:
        if self._at_once >= LINES:
            self.refused += 1
            return
        ear = EarChannel(persona, self.time, self.voice, self.weather, self.agents)
        number = persona.house.phone if self.means.memory and persona.knows_number else f"+7999{len(self.ears):07d}"
        ear.env = {
            "network_script": f"call/{COMPANY}/78005009494////",
            "uniqueid": f"{len(self.ears)}.1",
            "callerid": number,
        }
        self.ears.append(ear)
        self._at_once += 1
        try:
            await self.reception.take(ear)
        finally:
            self._at_once -= 1

    async def _figures(self) -> dict[str, Any]:
        ears = self.ears
        dark = [one for one in ears if one.persona.subject is Wish.OUTAGE]
        told = [one for one in dark if one.heard.truth_s is not None and not one.heard.falsehood]
        known = [one.heard.truth_s or 0 for one in told if self.means.memory and one.persona.knows_number]
        unknown = [one.heard.truth_s or 0 for one in told if not (self.means.memory and one.persona.knows_number)]
        waits = [one.heard.danger_wait_s for one in ears if one.heard.danger_wait_s is not None]
        minutes = await self._minutes_to_proposal()
        served = sum(not one.heard.talked for one in ears)
        published = self.dispatcher.published.values()
        return {
            "calls": len(ears),
            "outage_calls": len(dark),
            "told_own_truth_share": share_of(len(told), len(dark)),
            "seconds_to_truth_p95": {"known": at_share(known, 0.95), "unknown": at_share(unknown, 0.95)},
            "reports_lost": await self._reports_lost(),
            "danger_calls": len(waits),
            "danger_wait_p99_s": at_share(waits, 0.99),
            "false_outages": sum(one.false for one in published),
            "outages_published": len(published),
            "blackouts": len(self.weather.blackouts),
            "minutes_to_proposal_p50": at_share(minutes, 0.5),
            "calls_refused_without_word": self.refused,
            "served_without_person_share": share_of(served, len(ears)),
            "lost_waiting_share": share_of(sum(one.heard.lost for one in ears), len(ears)),
            "told_of_anothers_outage": sum(one.heard.falsehood for one in ears),
            "callbacks_promised": sum(one.heard.called_back for one in ears),
        }

    async def _reports_lost(self) -> int:
        """Reports that callers were told are taken, and that are not in the store, or lie there with nobody's item."""
        taken = sum(one.heard.reports for one in self.ears)
        async with self.db.read() as session:
            stored = await session.scalar(select(func.sum(OutageReport.contacts))) or 0
            items = select(WorkItem.subject_id).where(WorkItem.kind == ItemKind.OUTAGE_REPORT)
            left = select(func.count()).where(OutageReport.closed_at.is_(None), OutageReport.id.not_in(items))
            return max(0, taken - int(stored)) + int(await session.scalar(left) or 0)

    async def _minutes_to_proposal(self) -> list[float]:
        """Of each blackout: from its first report to the proposal (without proposals: to its publication)."""
        async with self.db.read() as session:
            reports = list(await session.scalars(select(OutageReport).where(OutageReport.premise_id.is_not(None))))
            proposed = {one.outage_id: one.made_at for one in await session.scalars(select(OutageProposal))}
        minutes = []
        for blackout in self.weather.blackouts:
            fed = {f"{house.number:032x}" for house in self.weather.houses if blackout.node in house.nodes}
            begins, ends = (START + timedelta(seconds=at) for at in (blackout.begins_s, blackout.ends_s))
            own = [one for one in reports if one.premise_id in fed and begins <= one.reported_at <= ends]
            if not own:
                continue
            published = {one.outage_id for one in own if one.outage_id in self.dispatcher.published}
            let_out = self.dispatcher.published
            at = [proposed.get(id) or START + timedelta(seconds=let_out[id].at_s) for id in published if id]
            first = min(one.reported_at for one in own)
            known = min((moment for moment in at if moment >= first), default=ends)
            minutes.append((known - first).total_seconds() / 60)
        return minutes


def _limits(means: Means) -> StormLimits:
    rows = [
        StormLimit(of=of, on=20 if means.storm_mode else NEVER, off=8, calm_min=10, window_s=60, hand_min=60)
        for of in StormOf
    ]
    return StormLimits(rows)
