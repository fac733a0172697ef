"""After a survey's low mark: a call back or a message, as they choose by a key; stored before it is said."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Final

import structlog

from appeals.intake.drafts import Draft
from grid.offices.models import Appointment
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import Clock
from gridline.db import Database
from gridline.errors import Unavailable
from ivr.line import Line
from ivr.promised.words import SHORTEST_S
from ivr.telephony.channel import CallerHungUp
from ivr.voice import audio, spoken
from ivr.voice.prompts import Phrase, Prompt
from outreach.campaigns import Claimed
from outreach.surveys import answers
from recordings.incoming import Incoming, Label
from worklist import unregistered
from worklist.callbacks import CallbackAsked, Callbacks
from worklist.unregistered import HalfTold
from worklist.worklist import Worklist

MENU: Final = "out-survey-low"
CALLBACK, MESSAGE, NOTHING = "1", "2", "3"
TIMES: Final = 2
ANSWER_S: Final = 6.0
STORE_S: Final = 5.0
LIMIT_S, SILENCE_S = 120, 4
BY_THE_LINE: Final = "ivr"
"""Who promised: the robot."""

log = structlog.get_logger(__name__)


class LowMark:
    """What the robot offers to who is not content; `calendar` says when those who would call work."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        callbacks: Callbacks,
        worklist: Worklist,
        incoming: Incoming,
        calendar: Callable[[], ProductionCalendar],
    ) -> None:
        self._db = db
        self._clock = clock
        self._callbacks = callbacks
        self._worklist = worklist
        self._incoming = incoming
        self._calendar = calendar

    async def offer(self, call: Claimed, line: Line) -> None:
        """Ask, and do what they choose; whoever presses nothing wants nothing. Raises CallerHungUp."""
        key = await self._chosen(line)
        if key not in (CALLBACK, MESSAGE):
            return
        try:
            async with self._db.read(within_s=STORE_S) as session:
                visit = await answers.visit_of(session, call.id)
            label = await self._recorded(line, call, visit) if key == MESSAGE else None
            if label is not None:
                await self._keep(line, call, visit, label, unregistered.CONTACT)
                await line.say("message-kept")
            else:  # or nothing was said after the tone
                await line.say(await self._promised(line, call, visit))
        except Unavailable as error:
            log.error("survey-wish-not-stored", call=call.id, reason=error.message)
            await line.say("out-survey-wish-not-stored")

    async def _chosen(self, line: Line) -> str:
        for _ in range(TIMES):
            key = await line.ask_key(MENU, wait_s=ANSWER_S)
            if key in (CALLBACK, MESSAGE, NOTHING):
                return key
        return ""

    async def _promised(self, line: Line, call: Claimed, visit: Appointment | None) -> Phrase:
        """Store the promise of a call; what may be said of it. Raises Unavailable."""
        opened = await self._callbacks.promise(
            CallbackAsked(
                call.company_id,
                call.phone,
                BY_THE_LINE,
                branch=visit.branch if visit else "",
                topic=visit.topic if visit else "",
                call_id=line.call.id,
                opens_at=await self._opens_at(line, visit),
            ),
            within_s=STORE_S,
        )
        now = self._clock.now()
        until = spoken.until_moment(opened.due_at, now, line.call.company.zone)
        if opened.contacts == 1:
            return Prompt("callback-promised", until=until)
        return Prompt("callback-promised-already" if now < opened.due_at else "callback-promised-late", until=until)

    async def _opens_at(self, line: Line, visit: Appointment | None) -> datetime | None:
        """When the people of the visit's topic begin to work; None where they do now."""
        company = line.call.company
        if visit is None or visit.topic not in company.topics:
            return None
        calendar = await asyncio.to_thread(self._calendar)
        return company.opens_at(visit.topic, self._clock.now(), calendar)

    async def _recorded(self, line: Line, call: Claimed, visit: Appointment | None) -> Label | None:
        """What they said after the tone; None when nothing was said, or no recording can begin.

        Whoever hangs up while they speak has left what they said.
        """
        label = await asyncio.to_thread(self._announced, line)
        if label is None:
            return None
        file = self._incoming.samples(label)
        await line.say("out-survey-message", "beep", interruptible=False)
        try:
            await line.record(file, limit_s=LIMIT_S, silence_s=SILENCE_S)
        except CallerHungUp:
            if await asyncio.to_thread(self._whole, label):
                with suppress(Unavailable):
                    await self._keep(line, call, visit, label, unregistered.MESSAGE)
            raise
        return label if await asyncio.to_thread(self._whole, label) else None

    def _announced(self, line: Line) -> Label | None:
        try:
            if self._incoming.has_room("message"):
                company, caller = line.call.company.id, line.call.caller
                return self._incoming.announce(line.call.id, "message", company_id=company, caller=caller)
        except OSError as error:
            log.error("recording-refused", call=line.call.id, reason=str(error))
        return None

    def _whole(self, label: Label) -> bool:
        """Whether something was said: then the recording is over, else it is forgotten."""
        if audio.spoken_seconds(self._incoming.samples(label)) < SHORTEST_S:
            self._incoming.forget(label)
            return False
        self._incoming.ended(label.id)
        return True

    async def _keep(self, line: Line, call: Claimed, visit: Appointment | None, label: Label, stage: str) -> None:
        topic = visit.topic if visit else None
        told = HalfTold(
            Draft(call.company_id, stage, line.call.id, call.phone, topic, label.id),
            self._clock.now(),
            branch=visit.branch if visit else "",
        )
        await unregistered.keep(self._db, self._worklist, told, within_s=STORE_S)
