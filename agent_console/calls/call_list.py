"""The list of calls: what its address may ask, and one page of it with each call's waits, appeals and recordings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar, Final

from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.calls import calls, recordings
from agent_console.calls.calls import CallResult, Narrowed
from agent_console.web.query_string import PageQuery, PageStart, QueryString
from appeals.finding import appeals
from gridline.calendar import days
from gridline.companies import Company
from gridline.errors import InvalidInput
from gridline.scope import Scope
from ivr.desk.models import LOST, Left, QueueVisit
from ivr.journal.models import CallRecord

PAGE: Final = 50
LEAST_DIGITS: Final = 3
LONGEST_NUMBER: Final = 32
RESULTS: Final[Mapping[CallResult, str]] = {
    CallResult.ANSWERED: "ответил оператор",
    CallResult.LOST: "потерян в очереди",
    CallResult.UNSEEN: "конец ожидания не виден",
    CallResult.MENU: "только меню",
    CallResult.IN: "входящий, закончился",
    CallResult.SERVED: "обслужило меню",
    CallResult.GIVEN_UP: "ушёл ни с чем",
    CallResult.END_UNSEEN: "конец звонка не виден",
    CallResult.OUT: "звонил оператор",
    CallResult.RECORDED: "есть запись",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CallsQuery(PageQuery):
    """What the list is asked, as its address holds it."""

    PATH: ClassVar[str] = "/calls"
    PLACE: ClassVar[str] = "before"

    since: date
    until: date
    """Both counted in."""
    q: str = ""
    """A number, or its last digits."""
    result: str = ""
    queue: str = ""
    agent: str = ""
    branch: str = ""
    company: str = ""
    before: PageStart | None = None
    """The last call of the page before."""

    def url_of(self, call_id: str) -> str:
        """The address of one call of the list, from which the next one of it can be reached."""
        return f"{self.PATH}/{call_id}{self.url().removeprefix(self.PATH)}"

    def narrowed(self, company: Company) -> Narrowed:
        """The calls that are wanted."""
        return Narrowed(
            since=days.begins(self.since, company.zone),
            before=days.ends(self.until, company.zone),
            number=self.q,
            result=CallResult(self.result) if self.result else None,
            queue=self.queue,
            agent=self.agent,
            branch=self.branch,
        )


@dataclass(frozen=True, slots=True)
class CallRow:
    """One call of the list."""

    call: CallRecord
    visits: tuple[QueueVisit, ...]
    appeals: tuple[tuple[str, str], ...]
    """Ids and numbers."""
    recorded: bool

    @property
    def result(self) -> CallResult:
        """What became of the caller; a recording alone is no result."""
        if self.call.called_by:
            return CallResult.OUT
        outcomes = {visit.outcome for visit in self.visits}
        if Left.ANSWERED in outcomes:
            return CallResult.ANSWERED
        if outcomes & set(LOST):
            return CallResult.LOST
        return CallResult.UNSEEN if outcomes else CallResult.MENU

    @property
    def waited_s(self) -> float:
        """In all queues together."""
        return sum(visit.waited_s for visit in self.visits)

    @property
    def agents(self) -> tuple[str, ...]:
        """Numbers of those who answered, or called."""
        return tuple(dict.fromkeys(filter(None, [self.call.called_by, *(visit.agent for visit in self.visits)])))

    @property
    def seconds(self) -> float | None:
        """From the first word to the end; None while it lasts."""
        ended = self.call.ended_at
        return None if ended is None else (ended - self.call.started_at).total_seconds()


def read(query: Mapping[str, str], company: Company, agents: Mapping[str, str], today: date) -> CallsQuery:
    """The question of an address; the last seven days without one. Raises InvalidInput (attack A14)."""
    given = QueryString(query)
    until = given.day("until") or today
    since = given.day("since") or until - timedelta(days=6)
    q = given.text("q", at_most=LONGEST_NUMBER)
    if q and len(re.sub(r"\D", "", q)) < LEAST_DIGITS:
        raise InvalidInput("Ищут по номеру: наберите его целиком или хотя бы три последние цифры.")
    return CallsQuery(
        since=min(since, until),
        until=max(since, until),
        q=q,
        result=given.code("result", list(CallResult), "Чем кончился звонок:"),
        queue=given.code("queue", company.queues, "Очередь"),
        agent=given.code("agent", agents, "Оператор"),
        branch=given.code("branch", [one.id for one in company.branches], "Филиал"),
        company=company.id,
        before=given.start("before"),
    )


async def page(
    session: AsyncSession, company: Company, asked: CallsQuery, *, visible_to: Scope
) -> tuple[list[CallRow], PageStart | None]:
    """The newest calls that fit, and where the next page begins (None at the end)."""
    narrowed = asked.narrowed(company)
    found, further = await calls.page(
        session, company.id, narrowed, visible_to=visible_to, after=asked.before, most=PAGE
    )
    return await rows_of(session, company.id, found, visible_to=visible_to), further


async def rows_of(
    session: AsyncSession, company_id: str, found: Sequence[CallRecord], *, visible_to: Scope
) -> list[CallRow]:
    """Each of these calls with what belongs to it."""
    ids = [call.id for call in found]
    visits = await calls.visits(session, ids)
    made = await appeals.numbers_of_calls(session, company_id, ids, visible_to=visible_to)
    recorded = await recordings.calls_to_hear(session, ids)
    return [CallRow(call, tuple(visits[call.id]), tuple(made[call.id]), call.id in recorded) for call in found]
