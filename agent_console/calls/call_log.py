"""The list of calls: what may be asked of it, and one page of it, with each call's waits, appeals and recordings."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Literal, get_args
from urllib.parse import urlencode

from sqlalchemy import Select, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.calls.history_table import day_of
from agent_console.people.permissions import TRUST, Actor, Permission
from appeals.models import Appeal
from gridline.companies import Company
from gridline.errors import InvalidInput
from gridline.phones import e164
from ivr.desk.models import Left, QueueVisit
from ivr.journal.models import CallRecord
from recordings.models import Recording, RecordingState

PAGE: Final = 50
LEAST_DIGITS: Final = 3
PLAYABLE: Final = (RecordingState.STORED, RecordingState.PARTIAL)
Result = Literal["answered", "lost", "menu", "recorded"]
RESULTS: Final[Mapping[Result, str]] = {
    "answered": "ответил оператор",
    "lost": "потерян в очереди",
    "menu": "только меню",
    "recorded": "есть запись",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the list is asked, as its address holds it."""

    since: str
    until: str
    """Both ISO days, both counted in."""
    q: str = ""
    """A number, or its last digits."""
    result: str = ""
    queue: str = ""
    agent: str = ""
    branch: str = ""
    company: str = ""
    before: str = ""
    """Where the page begins: `SECONDS.ID` of the last call of the page before."""

    def url(self, **changes: str) -> str:
        """The list's address with these changes, from its first page unless `before` is one of them."""
        asked = replace(self, **{"before": "", **changes})
        return f"/calls?{urlencode({name: value for name, value in asdict(asked).items() if value})}"


@dataclass(frozen=True, slots=True)
class Line:
    """One call of the list."""

    call: CallRecord
    visits: tuple[QueueVisit, ...]
    appeals: tuple[tuple[str, str], ...]
    """Ids and numbers."""
    recorded: bool

    @property
    def result(self) -> Result:
        """What became of the caller; a recording alone is no result."""
        outcomes = {visit.outcome for visit in self.visits}
        if Left.ANSWERED in outcomes:
            return "answered"
        return "lost" if outcomes else "menu"

    @property
    def waited_s(self) -> float:
        """In all queues together."""
        return sum(visit.waited_s for visit in self.visits)

    @property
    def agents(self) -> tuple[str, ...]:
        """Numbers of those who answered."""
        return tuple(dict.fromkeys(visit.agent for visit in self.visits if visit.agent))

    @property
    def seconds(self) -> float | None:
        """From the first word to the end; None while it lasts."""
        ended = self.call.ended_at
        return None if ended is None else (ended - self.call.started_at).total_seconds()


def read(query: Mapping[str, str], company: Company, agents: Mapping[str, str], today: date) -> Asked:
    """The question of an address; the last seven days without one. Raises InvalidInput (attack A14)."""
    until = day_of(query.get("until", "")) or today
    since = day_of(query.get("since", "")) or until - timedelta(days=6)
    known = {
        "result": {*get_args(Result), ""},
        "queue": company.queues | {""},
        "agent": agents.keys() | {""},
        "branch": {one.id for one in company.branches} | {""},
    }
    for name, values in known.items():
        if query.get(name, "") not in values:
            raise InvalidInput(f"Список нельзя составить: «{query[name][:40]}» — такого значения нет.")
    q, before = query.get("q", "").strip()[:32], query.get("before", "")
    if q and len(re.sub(r"\D", "", q)) < LEAST_DIGITS:
        raise InvalidInput("Ищут по номеру: наберите его целиком или хотя бы три последние цифры.")
    if before and not re.fullmatch(r"\d{1,12}\.\d{6}\.[0-9a-f]{32}", before):
        before = ""
    given = {name: query.get(name, "") for name in known}
    first, last = min(since, until), max(since, until)
    return Asked(first.isoformat(), last.isoformat(), q=q, company=company.id, before=before, **given)


async def page(session: AsyncSession, actor: Actor, company: Company, asked: Asked) -> tuple[list[Line], str]:
    """The newest calls that fit, and where the next page begins ("" at the end)."""
    query = _narrowed(select(CallRecord), actor, company, asked)
    found = list(
        await session.scalars(query.order_by(CallRecord.started_at.desc(), CallRecord.id.desc()).limit(PAGE + 1))
    )
    last = found[PAGE - 1] if len(found) > PAGE else None
    lines = await lines_of(session, actor, found[:PAGE])
    return lines, f"{last.started_at.timestamp():.6f}.{last.id}" if last else ""


async def lines_of(session: AsyncSession, actor: Actor, calls: Sequence[CallRecord]) -> list[Line]:
    """Each of these calls with what belongs to it."""
    ids = [call.id for call in calls]
    visits: dict[str, list[QueueVisit]] = defaultdict(list)
    appeals: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for visit in await session.scalars(
        select(QueueVisit).where(QueueVisit.call_id.in_(ids)).order_by(QueueVisit.entered_at)
    ):
        visits[visit.call_id].append(visit)
    numbers = (
        select(Appeal.call_id, Appeal.id, Appeal.number, Appeal.kind)
        .where(Appeal.call_id.in_(ids))
        .order_by(Appeal.number)
    )
    for call_id, id, number, kind in await session.execute(numbers):
        if call_id is not None and actor.sees_kind(kind):
            appeals[call_id].append((id, number))
    there = select(Recording.call_id).where(Recording.call_id.in_(ids), Recording.state.in_(PLAYABLE))
    recorded = set(await session.scalars(there))
    return [Line(call, tuple(visits[call.id]), tuple(appeals[call.id]), call.id in recorded) for call in calls]


def of_trust() -> Any:
    """Whether something was told to the trust line in the call: its appeals keep no call, only a recording."""
    told = exists().where(or_(Appeal.recording_id == Recording.id, Appeal.id == Recording.appeal_id))
    return exists().where(Recording.call_id == CallRecord.id, told.where(Appeal.kind == TRUST))


def _narrowed(query: Select[Any], actor: Actor, company: Company, asked: Asked) -> Select[Any]:
    first, last = date.fromisoformat(asked.since), date.fromisoformat(asked.until) + timedelta(days=1)
    query = query.where(
        CallRecord.company_id == company.id,
        CallRecord.started_at >= datetime.combine(first, time(), company.zone),
        CallRecord.started_at < datetime.combine(last, time(), company.zone),
        of_trust() if actor.may(Permission.TRUST_READ) else ~of_trust(),
    )
    if actor.branch:
        query = query.where(CallRecord.branch.in_(("", actor.branch)))
    if asked.branch:
        query = query.where(CallRecord.branch == asked.branch)
    if asked.q:
        query = query.where(_number(asked.q))
    visit = exists().where(QueueVisit.call_id == CallRecord.id)
    answered = visit.where(QueueVisit.outcome == Left.ANSWERED)
    if asked.queue:
        query = query.where(visit.where(QueueVisit.queue == asked.queue))
    if asked.agent:
        query = query.where(visit.where(QueueVisit.agent == asked.agent))
    match asked.result:
        case "answered":
            query = query.where(answered)
        case "lost":
            query = query.where(and_(visit, ~answered))
        case "menu":
            query = query.where(~visit)
        case "recorded":
            recorded = exists().where(Recording.call_id == CallRecord.id, Recording.state.in_(PLAYABLE))
            query = query.where(recorded)
    if asked.before:
        seconds, _, id = asked.before.rpartition(".")
        at = datetime.fromtimestamp(float(seconds), company.zone)
        query = query.where(or_(CallRecord.started_at < at, and_(CallRecord.started_at == at, CallRecord.id < id)))
    return query


def _number(q: str) -> Any:
    whole, digits = e164(q), re.sub(r"\D", "", q)
    return CallRecord.caller == whole if whole is not None else CallRecord.caller.endswith(digits, autoescape=True)
