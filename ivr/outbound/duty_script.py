"""What a duty telephone hears of a danger: when, where, whose number, the message itself; 1 accepts, * repeats."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import structlog

from grid.models import Premise
from gridline.clock import Clock
from gridline.companies import Companies, Company
from gridline.db import Database
from gridline.errors import Conflict, Unavailable
from ivr.line import Line
from ivr.voice import spoken
from ivr.voice.prompts import Phrase, Prompt
from recordings.incoming import Incoming
from recordings.models import PLAYABLE, Recording
from recordings.store import Store
from worklist import items
from worklist.codes import AttemptResult, Ending
from worklist.models import WorkItem
from worklist.worklist import Worklist

ACCEPT, REPEAT = "1", "*"
TRIES = 2
"""Times the question is asked without an answer before the next telephone is rung."""
REPEATS = 5
WAIT_S = 5

log = structlog.get_logger(__name__)


class DutyScript:
    """Speaks to duty telephones; `store` is where recordings lie once they are taken in."""

    def __init__(
        self, db: Database, clock: Clock, companies: Companies, worklist: Worklist, incoming: Incoming, store: Store
    ) -> None:
        self._db = db
        self._clock = clock
        self._companies = companies
        self._worklist = worklist
        self._incoming = incoming
        self._store = store

    async def speak(self, line: Line, item: WorkItem, phone: str) -> str:
        """Tell it until somebody answers; "1" once it is theirs, "" when nobody has taken it here."""
        for _ in range(REPEATS):
            key = await self._tell(line, item) or await self._ask(line)
            if key == ACCEPT:
                return await self._accepted(line, item, phone)
            if key != REPEAT:
                break
        await line.say("duty-next")
        return ""

    async def _tell(self, line: Line, item: WorkItem) -> str:
        """The message; the key that matters where one was pressed meanwhile."""
        key = await line.say(*await self._facts(item))
        if key in (ACCEPT, REPEAT):
            return key
        if item.recording_id is None:
            return ""
        async with self._sound(item.recording_id) as file:
            if file is None:
                log.error("duty-message-without-sound", item=item.id, recording=item.recording_id)
                await line.say("duty-no-sound")
                return ""
            key = await line.say("duty-message") or await line.play_file(file)
        return key if key in (ACCEPT, REPEAT) else ""

    async def _ask(self, line: Line) -> str:
        for _ in range(TRIES):
            key = await line.ask_key("duty-question", wait_s=WAIT_S)
            if key in (ACCEPT, REPEAT):
                return key
        return ""

    async def _accepted(self, line: Line, item: WorkItem, phone: str) -> str:
        """Theirs once it is stored, and only then are they told so."""
        actor = f"duty:{phone}"
        for _ in range(TRIES):
            try:
                holder = await self._holder(item)
                if not holder:
                    await self._worklist.end(
                        item.id, actor, Ending.ACCEPTED, result=AttemptResult.TALKED, call_id=line.call.id
                    )
                elif holder != actor:  # their own: the store took it, and its answer was lost
                    await line.say("duty-accepted-already")
                    return ACCEPT
            except Conflict:  # a moment ago
                await line.say("duty-accepted-already")
                return ACCEPT
            except Unavailable as error:
                log.error("duty-not-stored", item=item.id, reason=error.message)
                await line.say("duty-not-stored")
                continue
            await line.say("duty-accepted")
            return ACCEPT
        return ""

    async def _holder(self, item: WorkItem) -> str:
        async with self._db.read() as session:
            now = await session.get_one(WorkItem, item.id)
        return now.ended_by or now.owner

    async def _facts(self, item: WorkItem) -> Sequence[Phrase]:
        company = self._companies.by_id(item.company_id)
        now = self._clock.now()
        facts: list[Phrase] = ["duty-danger" if item.recording_id else "duty-danger-lost"]
        facts.append(Prompt("duty-when", when=spoken.at_moment(item.made_at, now, company.zone)))
        if place := await self._place(item):
            facts.append(Prompt("duty-where", address=spoken.address(place)))
        elif item.branch:
            facts.append(Prompt("duty-branch", branch=company.branch(item.branch).spoken_name))
        facts.append(Prompt("duty-caller", phone=spoken.phone(item.phone)) if item.phone else "duty-caller-hidden")
        if more := await self._others(item, company):
            facts.append(Prompt("duty-more", messages=spoken.counted(more, spoken.MESSAGE)))
        return facts

    async def _others(self, item: WorkItem, company: Company) -> int:
        """How many more wait for whoever answers here: each is told in a call of its own, the oldest first."""
        own_phones = {one.id for one in company.branches if one.duty_phones}
        try:
            async with self._db.read() as session:
                return await items.others_untaken(session, item, own_phones=own_phones)
        except Unavailable as error:  # this one is told all the same
            log.error("duty-others-not-counted", item=item.id, reason=error.message)
            return 0

    async def _place(self, item: WorkItem) -> str:
        if item.place or item.premise_id is None:
            return item.place
        async with self._db.read() as session:
            premise = await session.get(Premise, item.premise_id)
        return premise.address if premise else ""

    @asynccontextmanager
    async def _sound(self, recording_id: str) -> AsyncIterator[Path | None]:
        """Where the message lies: still as Asterisk wrote it, or taken in; None where it can be had nowhere."""
        if (label := self._incoming.label(recording_id)) is not None:
            yield self._incoming.samples(label)
            return
        async with self._db.read() as session:
            recording = await session.get(Recording, recording_id)
        if recording is None or recording.state not in PLAYABLE:
            yield None
            return
        file: Path | None
        async with AsyncExitStack() as kept:
            try:
                file = await kept.enter_async_context(self._store.as_file(recording.file))
            except OSError as error:
                log.error("duty-message-not-read", recording=recording_id, reason=str(error))
                file = None
            yield file
