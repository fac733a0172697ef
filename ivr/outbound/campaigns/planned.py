"""Calls before planned works: where, when and until when there will be no supply; * again, 9 calls no more."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import structlog

from grid.models import Premise
from grid.outages import tellings
from grid.outages.models import Outage, TellingWay
from gridline.clock import Clock
from gridline.db import Database
from gridline.errors import GridlineError, Unavailable
from ivr.actions.power.words import GONE
from ivr.line import Line
from ivr.telephony.channel import CallerHungUp
from ivr.voice import spoken
from ivr.voice.prompts import Phrase, Prompt
from outreach import campaigns, consents
from outreach.campaigns import Claimed
from outreach.campaigns.models import Said
from outreach.models import Purpose

MENU: Final = "out-planned-menu"
AGAIN, OPT_OUT = "*", "9"
TIMES: Final = 3
"""How often the words are said to whoever wants them again."""
STORE_S: Final = 5.0
PLACES_SAID: Final = 3

log = structlog.get_logger(__name__)


class PlannedScript:
    """Tells of the works. Whoever heard the words to their end was told, whether they hang up after them or not."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def speak(self, call: Claimed, line: Line) -> str:
        """Tell; `TOLD`, or `STOP` of whoever wants no more calls. Who hangs up in the words is to be tried again."""
        async with self._db.read() as session:
            outage = await session.get_one(Outage, call.outage_id)
            agreed = await consents.of_premises_in(session, outage, Purpose.PLANNED, phone=call.phone)
        if not agreed:  # withdrawn, or their place was taken out while it rang
            return ""
        words = told_of(outage, [premise for _, premise in agreed], self._clock.now(), line)
        await line.say(*words, interruptible=False)
        said = Said.TOLD
        try:
            if await self._pressed(line, words) == OPT_OUT:
                said = Said.STOP
            await self._store(call, said, line, line.words(*words))
            await line.say(*(("consent-withdrawn",) if said is Said.STOP else ()), "goodbye")
        except Unavailable as error:
            log.error("campaign-answer-not-stored", call=call.id, reason=error.message)
            if said is Said.STOP:
                await line.say("out-planned-not-stored", "goodbye")
            return Said.TOLD
        except (CallerHungUp, GridlineError) as gone:
            log.info("campaign-goodbye-not-heard", call=call.id, reason=repr(gone))
        return said

    async def _pressed(self, line: Line, words: list[Phrase]) -> str:
        """The key that ends it; "" for silence, and for whoever hangs up having heard the words."""
        try:
            for _ in range(TIMES):
                key = await line.ask_key(MENU)
                if key != AGAIN:
                    return key
                await line.say(*words, interruptible=False)
        except CallerHungUp:
            log.info("campaign-hung-up-after-the-words")
        return ""

    async def _store(self, call: Claimed, said: Said, line: Line, words: str) -> None:
        """Keep that they were told, and that they want no more calls. Raises Unavailable."""
        now = self._clock.now()
        async with self._db.write(within_s=STORE_S) as session:
            phone = await campaigns.number_of(session, call.id)
            await tellings.told(session, call.outage_id, now, TellingWay.CALL_OUT, words, line.call.id, phone)
            if said is Said.STOP:
                await consents.withdraw(session, call.company_id, call.phone, at=now, call_id=None)


def told_of(outage: Outage, premises: list[Premise], now: datetime, line: Line) -> list[Phrase]:
    """The sentences about planned works at these premises."""
    zone, what = line.call.company.zone, GONE[outage.service]
    places = "; ".join(dict.fromkeys(spoken.address(premise.address) for premise in premises[:PLACES_SAID]))
    if outage.expected_end is None:
        since = spoken.since_moment(outage.starts_at, now, zone)
        return [Prompt("out-planned-open", what=what, places=places, since=since)]
    period = spoken.period(outage.starts_at, outage.expected_end, now, zone)
    return [Prompt("out-planned", what=what, places=places, period=period)]
