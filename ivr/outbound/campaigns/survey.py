"""A targeted survey: each answer is stored as it is keyed, so one that is hung up half-way keeps what was answered.

After a low mark a person is offered.
"""

from __future__ import annotations

from typing import Final

import structlog

from grid.reference.surveys import Survey, SurveyQuestion
from gridline.clock import Clock
from gridline.db import Database
from gridline.errors import GridlineError, Unavailable
from ivr.actions.reference import survey_words
from ivr.line import Line
from ivr.outbound.campaigns.low_mark import LowMark
from ivr.telephony.channel import CallerHungUp
from outreach import consents
from outreach.campaigns import Claimed
from outreach.campaigns.models import Said
from outreach.surveys import answers

OPT_OUT: Final = "9"
TIMES: Final = 2
"""How often a question is asked of whoever presses nothing, or another key."""
ANSWER_S: Final = 6.0
STORE_S: Final = 5.0

log = structlog.get_logger(__name__)


class SurveyScript:
    """Asks. Whoever heard why we call is not called again, answered or not; whoever says nothing at all is."""

    def __init__(self, db: Database, clock: Clock, low_mark: LowMark) -> None:
        self._db = db
        self._clock = clock
        self._low_mark = low_mark

    async def speak(self, call: Claimed, line: Line) -> str:
        """How far they were asked (`Said`); "" of whoever hangs up before they heard why, or says nothing."""
        async with self._db.read() as session:
            survey = await answers.survey_of(session, call.campaign_id)
        if await line.say(survey_words.opening(survey)) == OPT_OUT:
            return await self._no_more(call, line)
        keyed: dict[str, str] = {}
        try:
            for question in survey.questions:
                key = await self._asked(line, question)
                if key == OPT_OUT:
                    return await self._no_more(call, line)
                if key:
                    keyed[question.id] = key
                    await self._keep(call, keyed)
        except CallerHungUp:
            log.info("survey-left-half-way", call=call.id, answers=len(keyed))
            return Said.PART
        return await self._thank(call, line, survey, keyed) if keyed else ""

    async def _asked(self, line: Line, question: SurveyQuestion) -> str:
        """The key that answers, or ends such calls; "" when there was none."""
        for _ in range(TIMES):
            key = await line.ask_key(survey_words.asked(question), wait_s=ANSWER_S)
            if key and key in question.keys + OPT_OUT:
                return key
        return ""

    async def _keep(self, call: Claimed, keyed: dict[str, str]) -> bool:
        """Store all that was keyed so far: what the database did not take before goes with the next answer."""
        try:
            async with self._db.write(within_s=STORE_S) as session:
                await answers.keep(session, call.id, keyed, self._clock.now())
        except Unavailable as error:
            log.error("survey-answer-not-stored", call=call.id, reason=error.message)
            return False
        return True

    async def _thank(self, call: Claimed, line: Line, survey: Survey, keyed: dict[str, str]) -> Said:
        kept = await self._keep(call, keyed)
        try:
            if kept and survey.low(keyed):
                await self._low_mark.offer(call, line)
            await line.say(survey_words.thanks(survey) if kept else "out-survey-not-stored", "goodbye")
        except (CallerHungUp, GridlineError) as gone:  # what they answered is stored, and is what the call came to
            log.info("campaign-goodbye-not-heard", call=call.id, reason=repr(gone))
        return Said.ASKED

    async def _no_more(self, call: Claimed, line: Line) -> Said:
        """They want no more calls, about anything they agreed to."""
        said = Said.STOP
        try:
            async with self._db.write(within_s=STORE_S) as session:
                await consents.withdraw(session, call.company_id, call.phone, at=self._clock.now(), call_id=None)
        except Unavailable as error:
            log.error("campaign-answer-not-stored", call=call.id, reason=error.message)
            said = Said.PART
        try:
            await line.say("consent-withdrawn" if said is Said.STOP else "out-planned-not-stored", "goodbye")
        except (CallerHungUp, GridlineError) as gone:
            log.info("campaign-goodbye-not-heard", call=call.id, reason=repr(gone))
        return said
