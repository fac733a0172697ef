"""What the controller does beside its calls, for ever and now and then; `service.jobs` sees to it that it goes on."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from agent_console.calls import forgetting
from agent_console.web.public import sendings
from grid.numbering import numbering
from grid.offices import visits
from grid.reference.shelf import OnTheShelf
from gridline.processes import news
from ivr.actions.reference import beforehand
from ivr.journal import closing
from ivr.outbound import dialer
from ivr.storm import announcer, storm
from outreach import messages
from quality.measures import measuring
from quality.transcripts import transcription, waiting
from recordings import compression, reconciliation
from service.jobs import Jobs
from service.nodes import serving
from service.process import loop
from service.process.supervisor import heartbeat

if TYPE_CHECKING:
    from service.controller import Controller

SWEEP_S = 2.0
FEEDS_S = 2.0
DRAIN_SPOOL_S = 3.0
WATCH_MENUS_S = 1.0
WATCH_REFERENCE_S = 2.0
PROMPTS_S = 24 * 3600.0
REFERENCE_S = 30.0
ESCALATE_S = 60.0
LEVELS_S = 5.0
LOST_DANGER_S = 3.0
DICTATIONS_S = 10.0
FORGIVE_S = 3600.0
LEAVERS_S = 5.0
OLD_VISITS_S = 3600.0
LAST_WRITE_S = 10.0

log = structlog.get_logger(__name__)


def begun(controller: Controller) -> Jobs:
    """Every background job of the controller, running."""
    chores = Chores(controller)
    jobs = Jobs(controller.leases)
    jobs.keep("journal", controller.journal.run)  # first, so stopped last: the others may still tell it something
    if controller.leases is not None:
        jobs.keep("leases", controller.leases.run)
    _of_the_process(controller, chores, jobs)
    _of_the_installation(controller, chores, jobs)
    return jobs


def _of_the_process(controller: Controller, chores: Chores, jobs: Jobs) -> None:
    """What each process does for itself: for its memory, its Asterisk, its disk, the rows with its node's name."""
    # what it keeps in memory, or in files that its Asterisk plays
    jobs.every("prompts", PROMPTS_S, chores.make_prompts)
    jobs.every("reference-files", WATCH_REFERENCE_S, chores.watch_reference)
    jobs.every("reference", REFERENCE_S, chores.make_reference)
    jobs.every("menus", WATCH_MENUS_S, chores.watch_menus)
    jobs.every("storm", storm.ROUND_S, controller.storm.round, sooner=controller.storm.sooner)
    jobs.every("numbering", numbering.ROUND_S, controller.numbering.round)
    jobs.every("announcements", announcer.ROUND_S, controller.announcer.round, sooner=controller.announcer.sooner)
    jobs.keep("news", controller.news.run)
    jobs.every("bans", FORGIVE_S, controller.doorkeeper.forgive)
    # its Asterisk, and whoever is on its line
    jobs.keep("ami", controller.ami.run)
    jobs.keep("desk", controller.desk.run)
    jobs.keep("reconnect", controller.reconnect.run)
    jobs.keep("recording-pause", controller.recording_pause.run)
    jobs.keep("visits", controller.visits.run)
    jobs.keep("call-legs", controller.call_legs.run)
    jobs.keep("handed-over", controller.handed_over.run)
    jobs.keep("lost-callers", controller.lost_callers.run)
    jobs.keep("called-again", controller.called_again.run)
    jobs.keep("whispers", controller.whispers.run)
    jobs.every("leavers", LEAVERS_S, controller.leavers.see_off)
    # its disk: recordings on their way to the store, promises in its spool, files of feeds that were put here
    jobs.every("recordings", SWEEP_S, controller.intake.sweep)
    jobs.every("spool", DRAIN_SPOOL_S, controller.drain.run_once)
    jobs.every("feeds", FEEDS_S, controller.matters.feed_folders.sweep)
    # rows with its node's name: its calls, those it placed, those it had from the trust line
    jobs.every("closing", closing.LOOK_EVERY_S, controller.closing.run_once)
    jobs.every("calls-out", dialer.CLOSE_LEFT_S, controller.calls_out.dialer.close_left)
    jobs.every("trust-calls", forgetting.LOOK_S, controller.forgetting.run_once)
    # every process hears words, each recording claimed by its row; how many wait is a figure of each
    jobs.every("transcripts", transcription.LOOK_S, controller.transcription.run_once)
    jobs.every("transcripts-waiting", waiting.MEASURE_S, controller.transcripts_watch.run_once)
    if controller.serving.matters:
        jobs.every("serving", serving.TELL_S, controller.serving.tell)
    jobs.keep("messages-receipts", controller.matters.messages.receive)  # of the connections that it has
    jobs.keep("heartbeat", heartbeat)
    jobs.keep("loop", loop.measured)


def _of_the_installation(controller: Controller, chores: Chores, jobs: Jobs) -> None:
    """What is done in one place at a time, whichever process that is."""
    matters, calls_out = controller.matters, controller.calls_out
    # clocks of what was promised
    jobs.once("promises", chores.escalate, every_s=ESCALATE_S)
    jobs.once("worklist", matters.worklist.raise_levels, every_s=LEVELS_S)
    jobs.once("dictations", matters.dictations.run_once, every_s=DICTATIONS_S)
    jobs.once("lost-danger", matters.lost_danger.run_once, every_s=LOST_DANGER_S)
    jobs.once("outages", matters.outage_desk.run)
    # to people: each call and message is claimed by its own row as well, before it leaves
    jobs.once("messages", matters.messages.run_once, every_s=messages.LOOK_S)
    jobs.once("messages-asked", matters.messages.ask_once, every_s=messages.ASK_EVERY.total_seconds())
    jobs.once("campaigns", calls_out.campaigns.run)
    jobs.once("duty", calls_out.duty.run)
    # the store of recordings, which is all nodes' own
    jobs.once("recordings-reconciled", controller.reconciliation.run_once, every_s=reconciliation.LOOK_S)
    jobs.once("recordings-compressed", controller.compression.run_once, every_s=compression.ROUND_S)
    jobs.once("measures", controller.measuring.run_once, every_s=measuring.LOOK_S)
    # forgetting
    jobs.once("news-forgotten", controller.news.forget, every_s=news.FORGET_S)
    jobs.once("old-visits", chores.forget_visits, every_s=OLD_VISITS_S)
    jobs.once("site-forms", chores.forget_forms, every_s=sendings.FORGET_S)


async def write_the_rest(controller: Controller) -> None:
    """What is still in memory at the end; each by itself: one that fails does not take the others with it."""
    parts = (
        ("journal", controller.journal.flush),
        ("visits", controller.visits.write),
        ("call-legs", controller.call_legs.write),
        ("lost-callers", controller.lost_callers.write),
        ("desk", controller.desk.write),
    )
    for name, write in parts:
        try:
            async with asyncio.timeout(LAST_WRITE_S):
                await write()
        except Exception:
            log.exception("not-written-at-the-end", what=name)


class Chores:
    """Rounds that belong to no other part."""

    def __init__(self, controller: Controller) -> None:
        self._voice = controller.voice
        self._companies = controller.companies
        self._promises = controller.console.promises
        self._line_files = controller.line_files
        self._db = controller.db
        self._clock = controller.console.clock
        self._offices = controller.console.offices
        self._calendar_days = controller.console.calendar_days
        self._shelf = controller.console.shelf
        self._aloud: OnTheShelf | None = None
        """The articles, passports and surveys whose sound was made."""

    async def make_prompts(self) -> None:
        """Make what is not there yet (a new wording, a cleared cache), let go of what nobody hears any more (F32)."""
        companies = [company.id for company in self._companies]
        slow = {company.id for company in self._companies if company.slow_speech}
        for built in await self._voice.build_all(companies=companies, slow=slow):
            if built.problem:
                log.error("prompt-not-made", company=built.company_id, prompt=built.prompt_id, reason=built.problem)
        await asyncio.to_thread(self._voice.prune)

    async def make_reference(self) -> None:
        """Make the sound of articles, passports and surveys that have changed, before a caller needs it."""
        told = self._shelf.now()
        if told is self._aloud:
            return
        for company in self._companies:
            for problem in await beforehand.made(self._voice, self._shelf, company):
                log.error("reference-not-made", reason=problem)
        self._aloud = told

    async def watch_reference(self) -> None:
        """Offices, articles and passports that have changed serve the next caller; a broken file leaves the old one."""
        await self._offices.look()
        await self._shelf.look()

    async def escalate(self) -> None:
        """Raise promises at half, at four fifths and at the end of their time."""
        for company in self._companies:
            for due in await self._promises.escalate(company.id):
                log.warning("promise-due", kind=due.kind, per_cent=due.per_cent, owner=due.owner, at=str(due.due_at))

    async def forget_forms(self) -> None:
        """Forget which forms of the site were taken in, once their seals are good no more."""
        await sendings.forget_old(self._db, self._clock.now())

    async def forget_visits(self) -> None:
        """Keep no telephone and name of a booked visit longer than its company says."""
        now = self._clock.now()
        for company in self._companies:
            before = now - timedelta(days=self._offices.of(company.id).booking.keep_days)
            async with self._db.write() as session:
                forgotten = await visits.forget_before(session, company.id, before)
            if forgotten:
                log.info("visits-forgotten", company=company.id, visits=forgotten)

    async def watch_menus(self) -> None:
        """What has changed serves new calls at once; a broken file is refused whole, the old one serves (F38)."""
        await self._calendar_days.look()
        if await self._line_files.look():
            await self.make_prompts()
