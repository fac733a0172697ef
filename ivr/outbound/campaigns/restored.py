"""Calls back after a restoration: is the power really there? One «no» opens the outage again, all «yes» close it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

import structlog

from grid.models import Premise
from grid.outages import reports, tellings
from grid.outages.models import Outage, Service, TellingWay
from grid.outages.reports import OutageContact
from gridline.clock import Clock
from gridline.db import Database
from gridline.errors import GridlineError, Unavailable
from ivr.line import Line
from ivr.telephony.channel import CallerHungUp
from ivr.voice import spoken
from ivr.voice.prompts import Prompt
from outreach import campaigns, consents
from outreach.campaigns import Claimed
from outreach.campaigns.models import Said
from worklist import still_dark
from worklist.outage_desk import OutageDesk
from worklist.worklist import Worklist

ANSWER_S: Final = 6.0
STORE_S: Final = 5.0
"""How long somebody who said «no» waits for it to be stored before they hear that it was not."""
ACTOR: Final = "robot"
WHAT: Final = {Service.ELECTRICITY: "свет", Service.WATER: "воду"}
KEYS: Final = {"1": Said.YES, "2": Said.NO, "9": Said.STOP}

log = structlog.get_logger(__name__)


class RestorationScript:
    """Asks whether the power is back; one «no» opens the outage again, all «yes» close it."""

    def __init__(self, db: Database, clock: Clock, worklist: Worklist, desk: OutageDesk) -> None:
        self._db = db
        self._clock = clock
        self._worklist = worklist
        self._desk = desk

    async def speak(self, call: Claimed, line: Line) -> str:
        """What they say, stored before it is answered; "" when they say nothing twice."""
        async with self._db.read() as session:
            outage = await session.get_one(Outage, call.outage_id)
        company = line.call.company
        at = spoken.at_moment(outage.actual_end or self._clock.now(), self._clock.now(), company.zone)
        words = Prompt("out-restored", what=WHAT[outage.service], at=at)
        question = Prompt("out-restored-ask", what=WHAT[outage.service])
        said = KEYS.get(await line.ask_key(words, question, wait_s=ANSWER_S))
        if said is None:
            said = KEYS.get(await line.ask_key(question, wait_s=ANSWER_S))
        if said is None:
            return ""
        try:
            reopened = await self._take(call, outage, said, line, line.words(words))
        except Unavailable as error:
            log.error("campaign-answer-not-stored", call=call.id, reason=error.message)
            await line.say("out-not-stored", "goodbye")
            return ""
        still_dark = "out-still-dark" if reopened else "report-taken"
        answer = {Said.YES: "out-restored-yes", Said.NO: still_dark, Said.STOP: "consent-withdrawn"}
        try:
            await line.say(answer[said], "goodbye")
        except (CallerHungUp, GridlineError) as gone:  # what they said is stored, and is what the call came to
            log.info("campaign-goodbye-not-heard", call=call.id, reason=repr(gone))
        return said

    async def _take(self, call: Claimed, outage: Outage, said: Said, line: Line, words: str) -> bool:
        """Store what somebody said, and what follows from it; whether the outage is open again. Raises Unavailable."""
        now = self._clock.now()
        async with self._db.write(within_s=STORE_S) as session:
            phone = await campaigns.number_of(session, call.id)
            await tellings.told(session, outage.id, now, TellingWay.CALL_OUT, words, line.call.id, phone)
            if said is Said.STOP:
                await consents.withdraw(session, call.company_id, call.phone, at=now, call_id=None)
        return said is Said.NO and await self._reopen(call, outage, now)

    async def _reopen(self, call: Claimed, outage: Outage, now: datetime) -> bool:
        """A report that they are still dark, with its item; and their place is dark again with its first clock.

        Where no place is known of them, or the outage has changed meanwhile, the report waits for a dispatcher: False.
        """
        async with self._db.write(within_s=STORE_S) as session:
            phone = await campaigns.number_of(session, call.id)
            earlier = await reports.of_phone(session, outage.id, call.phone)
            premise = await session.get(Premise, earlier.premise_id) if earlier and earlier.premise_id else None
            told = OutageContact(
                call.company_id, outage.service, now, phone=phone, branch=outage.branch, premise=premise
            )
            if premise is None and earlier is not None:
                told = replace(told, settlement=earlier.settlement, street=earlier.street, house=earlier.house)
                told = replace(told, branch=earlier.branch or outage.branch)
            taken = await still_dark.take(session, self._worklist, told, outage, ACTOR)
            reopened = taken.report.outage_id is not None
        for changed in taken.news:
            self._worklist.tell(changed)
        self._desk.tell(call.company_id)
        return reopened
