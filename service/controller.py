"""The controller: the only place that wires the parts together, starts them and closes them in reverse order."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial

import structlog
import uvloop

from agent_console.api.clients import CLIENTS, Clients
from agent_console.app import make_app
from agent_console.calls import store as stores
from agent_console.calls.forgetting import Forgetting
from agent_console.card.ringing import Ringing
from agent_console.console import Console
from agent_console.pages.workplace import show_place
from agent_console.people.leavers import Leavers
from agent_console.people.users import USERS, Users
from agent_console.phone import Phones
from agent_console.push import Push
from agent_console.wallboard.live import LIVE, Live
from agent_console.web import elsewhere
from agent_console.web.site import served
from agent_console.worklist.call_bands import BANDS, CallBands
from appeals.answers import post_room
from appeals.casework.casework import Casework
from appeals.casework.endings import Endings
from appeals.casework.promises import Promises
from appeals.deadlines import rules
from appeals.register import Register
from asterisk_conf.logs import Logs
from asterisk_conf.secrets import secret
from grid.numbering.numbering import Numbering
from grid.offices import book
from grid.offices.book import OfficeBook
from grid.reference.shelf import ReferenceShelf
from gridline import log as logging
from gridline import metrics, settings
from gridline.calendar.calendar_file import load_calendar
from gridline.clock import SystemClock
from gridline.companies import Companies
from gridline.db import Database
from gridline.errors import GridlineError, InvalidInput, Unavailable
from gridline.processes.leases import Leases
from gridline.processes.news import News
from gridline.settings import Settings
from ivr.desk import whisper
from ivr.desk.desk import Desk
from ivr.desk.reconnect import Reconnect
from ivr.desk.recording_pause import RecordingPause
from ivr.desk.visits import Visits
from ivr.desk.whisper import Whispers
from ivr.journal.closing import Closing
from ivr.journal.journal import Journal
from ivr.journal.models import call_id
from ivr.live.board import Board
from ivr.live.view import CallKey, Changes
from ivr.menus.editions.calendar_days import CalendarDays
from ivr.menus.editions.checking import Checking, editions_settings
from ivr.menus.editions.editions import Editions
from ivr.menus.editions.line_files import LineFiles, vocabulary_by_voice
from ivr.menus.flows import Flows
from ivr.outbound.agents_calls import AgentsCalls
from ivr.outbound.called_again import CalledAgain
from ivr.outbound.lost_callers import LostCallers
from ivr.promised.drain import Drain
from ivr.promised.spool import Spool
from ivr.promised.words import ToldWords
from ivr.reception.call_legs import CallLegs
from ivr.reception.called_out import CalledOut
from ivr.reception.ends import Ends
from ivr.reception.handed_over import HandedOverRecordings
from ivr.reception.legs_left import LegsLeft
from ivr.reception.reception import Reception
from ivr.services import Services
from ivr.storm import limits
from ivr.storm.announcer import Announcer
from ivr.storm.storm import Storm
from ivr.telephony.agi import AgiServer
from ivr.telephony.ami import OWN_DIGITS, Ami, AmiActionFailed
from ivr.telephony.events import Event
from ivr.telephony.seal import Seal
from ivr.telephony.state import Snapshot
from ivr.voice.hearing.hearing import CallersVoice
from ivr.voice.voice import Voice
from outreach.senders.outbox import OUTBOX
from quality.judging import Judging
from quality.measures import rules as talk_rules
from quality.measures.measuring import Measuring
from quality.transcripts.transcription import Transcription
from quality.transcripts.waiting import WaitingWatch
from recordings.compression import Compression
from recordings.disk import Disk
from recordings.incoming import Incoming, unmet_call
from recordings.intake import RecordingIntake
from recordings.reconciliation import Reconciliation
from recordings.store import folder_of
from service import chores, only_for_us, opening
from service.calls_out import CallsOut
from service.doorkeeper import Doorkeeper
from service.matters import Matters
from service.nodes.serving import Serving
from service.process import loop, ports
from speech.ears import ears_of
from worklist.steps.call_outs import CallOuts

log = structlog.get_logger(__name__)

CHECK = (sys.executable, "-m", "service.cli.company.companies.edition_check")
"""The process that checks what is changed of menus and words."""
DATABASE_S = 5.0
"""Between two attempts to open a database that was away at the start."""


class Controller:
    """One node's controller, built from its settings."""

    def __init__(self, config: Settings) -> None:
        self.config = config
        clock = SystemClock()
        self.companies = companies = Companies.load(config.dialplan / "companies")
        calendar = load_calendar(config.var)
        recordings = config.var / "recordings"
        self.db = Database(config.db_url)
        self.news = News(self.db, config.node)
        self.leases = None if self.db.is_sqlite else Leases(self.db, config.node)
        folder_of(config).settle()
        store = stores.of_installation(config)
        self.voice = Voice.of(config)
        self.journal = Journal(self.db, clock, config.var / "spool/journal")
        self.board = Board(config.node)
        self.spool = Spool(config.var / "spool", config.node_series)
        rulebook = rules.of_installation(config.dialplan)
        self.register = Register(self.db, clock, companies, calendar, rulebook)
        self.matters = matters = Matters.of(config, self.db, clock, companies)
        self.drain = Drain(self.spool, self.db, self.register, matters.worklist, self.journal)
        self.disk = disk = Disk()
        incoming = Incoming(recordings / "incoming", clock, least_free=config.least_free_mb * 1024 * 1024)
        self.intake = RecordingIntake(
            self.db,
            incoming,
            store,
            disk,
            node=config.node,
            in_hands=self.journal.is_open,
            on_the_line=self._on_the_line,
            on_stored=ToldWords(self.db, self.register, matters.worklist, self.spool, incoming).on_stored,
        )
        self.compression = Compression(
            self.db,
            clock,
            store,
            recordings / "compressing",
            node=config.node,
            after=timedelta(days=config.compress_after_days) or None,
        )
        self.reconciliation = Reconciliation(self.db, clock, store)
        whispering = Voice.of(config, rate_percent=whisper.RATE_PERCENT)
        self.whispers = Whispers(
            self.db,
            clock,
            self.board,
            whispering,
            config.var / "whispers",
            key_of=self._key_of,
            disk=disk,
            on=config.whisper,
        )
        self.lost_callers = LostCallers(matters.callbacks)
        self.called_again = CalledAgain(matters.callbacks, self._id_of)
        self.visits = Visits(self.db, clock, config.node, lambda: self.ami.boot, self.lost_callers.lost)
        self.call_legs = CallLegs(self.db, config.node, lambda: self.ami.boot)
        logs = Logs(config.var / "asterisk/var/log", config.asterisk_logs_mb)
        last_told = LegsLeft(self.db, logs).keep
        self.closing = Closing(self.db, self.journal, clock, config.node, self._is_live, last_told)
        self.ends = Ends(self.journal, self.board, self._key_of)
        self.storm = Storm(self.db, clock, limits.of_installation(config.dialplan), config.node)
        self.announcer = Announcer(self.db, clock, self.voice, config.var / "prompts/announced", disk)
        self.numbering = Numbering(self.db)
        offices = OfficeBook(config.dialplan / book.FOLDER, companies)
        call_outs = CallOuts(self.db, clock, calendar, companies, self.register, matters.worklist)
        shelf = ReferenceShelf(config.dialplan, companies)
        self.ears = ears_of(config)
        services = Services(
            db=self.db,
            clock=clock,
            companies=companies,
            calendar=calendar,
            register=self.register,
            worklist=matters.worklist,
            callbacks=matters.callbacks,
            call_outs=call_outs,
            outage_desk=matters.outage_desk,
            messages=matters.messages,
            board=self.board,
            journal=self.journal,
            spool=self.spool,
            incoming=incoming,
            disk=disk,
            hearing=CallersVoice(self.ears, incoming, disk),
            whispers=self.whispers,
            visits=self.visits,
            ends=self.ends,
            storm=self.storm,
            announcer=self.announcer,
            numbering=self.numbering,
            offices=offices,
            shelf=shelf,
        )
        self.flows = Flows(companies, config.dialplan / "menus", partial(vocabulary_by_voice, self.voice))
        self.line_files = LineFiles(config.dialplan, companies, self.flows, [self.voice, whispering])
        checking = Checking(config.dialplan, config.var, CHECK, editions_settings(config))
        self.editions = Editions(self.db, clock, config.dialplan, config.var, self.line_files, checking)
        self.ami = Ami(
            config.ami_host,
            config.ami_port,
            config.ami_user,
            config.ami_secret.get_secret_value() or secret(config.var / "secrets", "ami"),
            on_event=self._on_event,
            on_resync=self._on_resync,
            clock=clock,
            nameless=[company.trust_line.did[-OWN_DIGITS:] for company in companies if company.trust_line],
        )
        self.handed_over = HandedOverRecordings(config, self.ami)
        self._show_place: Callable[[str], None] = lambda agent: None
        self._show_calls: Callable[[Changes], None] = lambda changes: None
        self._live: Live | None = None
        self._bands: CallBands | None = None
        self.reconnect = Reconnect(self.ami, self.board, clock, on_over=lambda agent: self.desk.tell_again(agent))
        is_parked = self.reconnect.is_parked
        self.desk = Desk(
            self.ami,
            self.db,
            clock,
            self.board,
            self._on_shift,
            is_parked=is_parked,
            ring_desk_phones=config.ring_desk_phones,
        )
        self.recording_pause = RecordingPause(
            self.ami,
            self.board,
            clock,
            self.desk.remember,
            self._on_shift,
            is_parked=is_parked,
            longest=timedelta(seconds=config.recording_pause_s),
        )
        days = config.transcribe_days
        self.transcription = Transcription(
            self.db,
            clock,
            self.ears,
            store,
            node=config.node,
            is_quiet=self._is_quiet,
            days=days,
        )
        self.transcripts_watch = WaitingWatch(self.db, clock, days=days)
        self.measuring = Measuring(self.db, clock, store, is_quiet=self._is_quiet, days=days)
        self.agents_calls = AgentsCalls(clock, self._id_of, self._on_agents_call)
        self.doorkeeper = Doorkeeper.of(config, clock)
        self.serving = Serving(config, self.db, self.ami, clock)
        phones = Phones(config, clock)
        self.leavers = Leavers(self.db, phones, self.desk.dismiss)
        self.push = Push(clock)
        casework = Casework(self.db, clock, companies, calendar, rulebook)
        endings = Endings(self.db, clock, companies)
        self.console = Console(
            db=self.db,
            clock=clock,
            companies=companies,
            calendar=calendar,
            register=self.register,
            worklist=matters.worklist,
            callbacks=matters.callbacks,
            call_outs=call_outs,
            feeds=matters.feed_intake,
            outage_desk=matters.outage_desk,
            messages=matters.messages,
            casework=casework,
            endings=endings,
            dispatch=post_room.dispatch(config, self.db, clock, companies, casework, endings),
            promises=Promises(self.db, clock),
            board=self.board,
            desk=self.desk,
            phones=phones,
            leavers=self.leavers,
            reconnect=self.reconnect,
            recording_pause=self.recording_pause,
            agents_calls=self.agents_calls,
            flows=self.flows,
            editions=self.editions,
            calendar_days=CalendarDays(self.db, clock, config.var, calendar),
            voice=self.voice,
            settings=config,
            push=self.push,
            storm=self.storm,
            announcer=self.announcer,
            numbering=self.numbering,
            offices=offices,
            shelf=shelf,
            judging=Judging.of(config.dialplan, self.db, clock, companies, calendar, matters.worklist),
            incoming=incoming,
            recordings=recordings / "store",
            store=store,
            ears=self.ears,
            talk_rules=talk_rules.of_installation(config.dialplan),
            line_up=lambda: self.ami.connected,
        )
        self.forgetting = Forgetting(
            self.db,
            clock,
            node=config.node,
            board=self.board,
            ami=self.ami,
            push=self.push,
            incoming=incoming,
            whispers=self.whispers,
            logs=logs,
            outbox=config.var / OUTBOX,
            tell=matters.worklist.tell,
        )
        self.register.on_shutting.append(self.forgetting.in_transaction)
        self.register.on_shut.append(self.forgetting.at_once)
        seal = Seal(config.seal_secret.get_secret_value() or secret(config.var / "secrets", "seal"))
        self.calls_out = CallsOut.of(
            config,
            self.db,
            clock,
            companies,
            matters,
            ami=self.ami,
            voice=self.voice,
            seal=seal,
            incoming=incoming,
            recordings=store,
        )
        self.called_out = CalledOut(services, self.voice, node=config.node, boot=lambda: self.ami.boot, seal=seal)
        reception = Reception(
            services,
            self.voice,
            self.flows,
            self.calls_out.dialer,
            self.called_out,
            node=config.node,
            boot=lambda: self.ami.boot,
            seal=seal,
        )
        self.agi = AgiServer(
            config.agi_host,
            config.agi_port,
            reception.take,
            permitted=config.agi_permitted,
            verify=self._is_on_the_line,
            on_crash=lambda _call, _error: metrics.CALL_CRASHES.inc(),
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set, then drain the calls and close everything in reverse order."""
        async with AsyncExitStack() as closing:
            closing.push_async_callback(self.db.close)
            closing.push_async_callback(self.disk.close)
            closing.push_async_callback(self.voice.close)
            closing.push_async_callback(self.ears.close)
            closing.push_async_callback(self.whispers.close)
            closing.push_async_callback(self.matters.messages.close)
            clients = Clients.load(self.config.var / CLIENTS)
            console = make_app(self.console, self.health, api_clients=clients)
            self._show_place = partial(show_place, console, self.console)
            self._show_calls = Ringing(console).on_changes
            self._live = console[LIVE]
            self._bands = console[BANDS]
            elsewhere.follow(self.console, self.news)
            opened = await opening.opened(self.config, self.db, console[USERS])
            if opened:
                await self.serving.claim()
            await closing.enter_async_context(served(console, self.config))
            await self.console.offices.look()
            await self.console.shelf.look()  # before a caller asks
            jobs = chores.begun(self)
            closing.push_async_callback(jobs.stop)
            if not opened:
                jobs.keep("database", partial(self._open_database_later, console[USERS]))
            loop.settled()
            await self.agi.start()
            log.info("serving", agi=self.agi.port, http=self.config.http_port, node=self.config.node)
            await stop.wait()
            log.info("draining", calls=self.agi.active)
            await self.serving.end()
            await self.calls_out.dialer.stop()
            self.agi.stop_accepting()
            await self.agi.drain(self.config.drain_s)
            await self.agi.close()
            self.ends.close()
            self.called_out.close()
            await chores.write_the_rest(self)
        log.info("controller-stopped")

    async def _open_database_later(self, users: Users) -> None:
        opened = False
        while not opened:
            await asyncio.sleep(DATABASE_S)
            opened = await opening.opened(self.config, self.db, users)

    async def health(self) -> dict[str, bool]:
        """Whether each part works now."""
        try:
            async with self.db.read() as session:
                await session.connection()
            database = True
        except Unavailable:
            database = False
        room = await asyncio.to_thread(self.console.incoming.has_room)
        return {
            "database": database,
            "asterisk": self.ami.connected,
            "disk": room,
            "recordings": not self.intake.stuck,
        }

    async def _is_on_the_line(self, env: Mapping[str, str]) -> bool:
        """Whether Asterisk has the channel that an AGI client announces (attack A9); when it cannot be asked, yes."""
        if not self.ami.connected:
            return True
        if self.board.call(self._key_of(env.get("uniqueid", ""))) is not None:
            return True
        try:  # the event may still be on its way
            await self.ami.action("Status", Channel=env.get("channel", ""))
        except (AmiActionFailed, InvalidInput):
            return False
        except Unavailable as error:
            log.warning("channel-not-checked", reason=error.message)
        return True

    def _is_quiet(self) -> bool:
        """Whether so few calls are on the line that recordings may be worked on."""
        return len(self.board.snapshot().calls) < self.config.transcribe_below_calls

    def _on_the_line(self) -> set[str] | None:
        """The ids of calls that Asterisk has, whether a controller met them or not; None while nobody can say."""
        if not self.ami.connected:
            return None
        return {id for channel in self.board.on_the_line() for id in (self._id_of(channel), unmet_call(channel))}

    def _key_of(self, channel: str) -> CallKey:
        return CallKey(self.config.node, self.ami.boot, channel)

    def _id_of(self, channel: str) -> str:
        return call_id(self.config.node, self.ami.boot, channel)

    def _is_live(self, boot: str, linkedid: str) -> bool | None:
        if not self.ami.connected:
            return None
        return self.board.has(CallKey(self.config.node, boot, linkedid))

    def _on_event(self, event: Event) -> None:
        self.doorkeeper.on_event(event)
        self.reconnect.on_event(event)
        changes = self.board.apply(event)
        if changes.suspect:
            self.ami.resync()
        self._on_changes(changes)
        self.desk.on_event(event)
        self.recording_pause.on_event(event)
        self.visits.on_event(event)
        self.call_legs.on_event(event)
        self.handed_over.on_event(event)
        self.called_out.on_event(event)
        self.lost_callers.on_event(event)
        self.called_again.on_event(event)
        self.agents_calls.on_event(event)
        self.ends.on_event(event)
        self.calls_out.dialer.on_event(event)

    def _on_resync(self, snapshot: Snapshot) -> None:
        self._on_changes(self.board.rebuild(snapshot))
        self.desk.rebuild(snapshot)
        self.recording_pause.rebuild()
        self.visits.rebuild(snapshot)
        self.call_legs.rebuild(snapshot)
        self.called_out.rebuild(snapshot)
        self.lost_callers.rebuild(snapshot)
        self.agents_calls.rebuild(snapshot)
        self.ends.rebuild()
        self.calls_out.dialer.rebuild(snapshot)

    def _on_changes(self, changes: Changes) -> None:
        self.desk.on_changes(changes)
        self._show_calls(changes)
        if self._live is not None:
            self._live.changed(changes)
        if self._bands is not None and changes.agents:
            self._bands.look_again()

    def _on_shift(self, agent: str) -> None:
        self._show_place(agent)
        if self._live is not None:
            self._live.shift_changed()
        if self._bands is not None:
            self._bands.look_again()

    def _on_agents_call(self, agent: str) -> None:
        if self._bands is not None:
            self._bands.call_changed(agent)


async def serve(config: Settings) -> None:
    """Run the controller until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await Controller(config).run(stop)


def main() -> None:
    """The controller as a process of its own, started by the supervisor.

    Exit code 2 for settings or files that only a person can put right, 1 for what may pass: it is then started again.
    """
    only_for_us()
    try:
        config = settings.load()
        logging.configure(config.log_format, config.log_level)
        if taken := ports.taken(ports.of_controller(config)):
            raise Unavailable("; ".join(taken))
        uvloop.run(serve(config))
    except GridlineError as error:
        sys.stderr.write(f"{error.message}\n")
        sys.exit(1 if isinstance(error, Unavailable) else 2)
    except OSError as error:
        sys.stderr.write(f"{error.filename or ''}: {error.strerror or error}\n".removeprefix(": "))
        sys.exit(1)


if __name__ == "__main__":
    main()
