"""One appeal as its page shows it: read in one session, masked by role, with what may be done next."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.calls import journey
from agent_console.card.view import Journey
from agent_console.people.permissions import Actor, NotHis, Permission
from agent_console.register import people, privacy, rows, timeline
from agent_console.register.rows import Due, due
from agent_console.register.timeline import Happened
from appeals import numbering
from appeals.casework import lifecycle
from appeals.casework.case import facts
from appeals.casework.lifecycle import CaseFacts, Mark
from appeals.casework.promises import KIND_TITLES as PROMISES
from appeals.models import Answer, Appeal, Contact, Content, Event, Hold, Measure, Promise, Refusal, Task
from appeals.proof import evidence, verify
from appeals.states import OPEN, TITLES
from appeals.taxonomy import Taxonomy, shipped
from gridline.companies import Companies, Company
from gridline.errors import Conflict, NotFound
from ivr.journal.models import CallRecord, CallStep
from recordings.models import Recording, RecordingState

PATH = r"/appeals/{number:\d{2}-?\d{6}-?\d|[0-9a-f]{32}}"
_ID = re.compile(r"[0-9a-f]{32}")
_MOMENTS = ("violated_from", "violated_to", "seen_at")
PLAYABLE = (RecordingState.STORED, RecordingState.PARTIAL)


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the appeal: when, how the caller came through the menu, what was recorded."""

    id: str
    at: datetime
    seconds: float | None
    notice: bool | None
    journey: Journey
    recordings: tuple[Recording, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """Another appeal this one leads to."""

    title: str
    number: str
    url: str


@dataclass(frozen=True, slots=True)
class AppealView:
    """Everything on the page."""

    appeal: Appeal
    company: Company
    written: str
    url: str
    seen: dict[str, str | None]
    applicant: str
    details: dict[str, Any]
    erased_at: datetime | None
    due: Due
    facts: CaseFacts
    allowed: frozenset[str]
    missing: dict[str, list[str]]
    marks: tuple[Mark, ...]
    measures: tuple[Measure, ...]
    tasks: tuple[Task, ...]
    answers: tuple[Answer, ...]
    proofs: dict[str, dict[str, Any]]
    refusal: Refusal | None
    contacts: tuple[Contact, ...]
    promises: tuple[Promise, ...]
    holds: tuple[Hold, ...]
    calls: tuple[Call, ...]
    loose: tuple[Recording, ...]
    """Recordings that belong to no call we have."""
    links: tuple[Link, ...]
    history: tuple[Happened, ...]
    faults: tuple[str, ...]
    names: dict[str, str]
    owners: list[tuple[str, str]]
    today: date

    @property
    def codes(self) -> Taxonomy:
        """The register's codes and their titles."""
        return shipped()

    @property
    def state(self) -> str:
        """Where it stands, in words."""
        return TITLES[self.appeal.state]

    @property
    def open(self) -> bool:
        """Whether an answer is still owed."""
        return self.appeal.state in OPEN

    @property
    def promise_titles(self) -> dict[str, str]:
        """What kinds of promises are called."""
        return dict(PROMISES)

    @property
    def next_step(self) -> str:
        """The step that is due now: its form stands open."""
        for mark in self.marks:
            if mark.missing and mark.step in self.allowed:
                if mark.step == "answered" and self.appeal.state == "registered":
                    continue
                return mark.step
        return next((step for step in ("taken", "closed", "answered") if step in self.allowed), "")

    def last_day(self, at: datetime) -> date | None:
        """The day that ends at this moment in the company's zone; None for a moment in the middle of one."""
        local = at.astimezone(self.company.zone)
        return (local - timedelta(days=1)).date() if local.time() == time() else None

    def person(self, actor: str | None) -> str:
        """A signature as a name."""
        return people.spelled(actor, self.names) if actor else ""

    def may_approve(self, actor: Actor) -> bool:
        """Whether a refusal waits for this very person's approval."""
        waits = self.refusal is not None and self.refusal.approved_by is None and self.open
        mine = self.refusal is not None and self.refusal.proposed_by == actor.signature
        return waits and not mine and actor.may(Permission.APPEAL_APPROVE)


async def find(session: AsyncSession, actor: Actor, companies: Companies, wanted: str, company: str) -> Appeal:
    """The appeal with this number or id, if it is his to see.

    `company` is named by those who see them all. Raises NotFound, NotHis (kept in the audit: attack A12), and
    Conflict where several companies have the number.
    """
    if _ID.fullmatch(wanted):
        one = await session.get(Appeal, wanted)
        found = [one] if one is not None else []
    else:
        found = list(await rows.by_number(session, companies, numbering.read(wanted).digits))
    if not found:
        raise NotFound("Такого обращения нет.")
    scope = actor.company_id or (companies.by_id(company).id if company else None)
    own = [one for one in found if scope in (None, one.company_id)]
    if not own:
        raise NotHis("Такого обращения нет.")
    if len(own) > 1:
        whose = ", ".join(companies.by_id(one.company_id).name for one in own)
        raise Conflict(f"Такой номер есть у нескольких компаний ({whose}): откройте обращение из списка.")
    actor.must_see(own[0].company_id, own[0].branch, kind=own[0].kind)
    return own[0]


async def load(session: AsyncSession, actor: Actor, appeal: Appeal, company: Company, now: datetime) -> AppealView:
    """Everything the page of this appeal shows to this person."""
    content = await session.get_one(Content, appeal.id)
    events = await _all(session, Event, appeal.id, Event.seq)
    measures = await _all(session, Measure, appeal.id, Measure.planned_on)
    tasks = await _all(session, Task, appeal.id, Task.asked_at)
    promised = await _all(session, Promise, appeal.id, Promise.due_at)
    contacts = await _all(session, Contact, appeal.id, Contact.at)
    answers = await _all(session, Answer, appeal.id, Answer.sent_at)
    holds = [one for one in await _all(session, Hold, appeal.id, Hold.set_at) if one.lifted_at is None]
    refusal = await session.get(Refusal, appeal.id)
    known = await facts(session, appeal, content)
    faults = await verify.of_appeal(session, appeal, content, events)
    actors = timeline.people_in(events) | {appeal.owner or "", refusal.proposed_by if refusal else ""}
    actors |= {one.owner for one in promised} | {one.actor for one in contacts}
    names = await people.names(session, actors)
    calls, loose = await _calls(session, appeal)
    today = now.astimezone(company.zone).date()
    answered = appeal.answered_at.astimezone(company.zone).date() if appeal.answered_at else None
    seen = privacy.seen(actor, content)
    allowed = lifecycle.allowed(known)
    writes = actor.may(Permission.APPEAL_WRITE)
    return AppealView(
        appeal=appeal, company=company, written=numbering.written(appeal.number),
        url=rows.url_of(appeal.number, actor, company.id), seen=seen,
        applicant=rows.applicant(seen, appeal.kind, erased=content.erased_at is not None),
        details=_details(seen["details"]), erased_at=content.erased_at,
        due=due(appeal.deadline, today, appeal.state, answered), facts=known,
        allowed=frozenset(allowed) if writes else frozenset(),
        missing={step: lifecycle.missing(step, _once_sent(known) if step == "answered" else known) for step in allowed},
        marks=tuple(lifecycle.towards_closing(known)),
        measures=tuple(measures), tasks=tuple(tasks), answers=tuple(answers),
        proofs={one.id: _proof(one.proof) for one in answers}, refusal=refusal, contacts=tuple(contacts),
        promises=tuple(promised), holds=tuple(holds), calls=calls, loose=loose,
        links=await _links(session, actor, appeal), history=timeline.tell(events, faults, names, company, measures),
        faults=tuple(one.sentence for one in faults), names=names,
        owners=await people.owners(session, actor, company.id, appeal.branch) if writes else [], today=today,
    )  # fmt: skip


def _once_sent(known: CaseFacts) -> CaseFacts:
    """The facts as they will be when the letter has left: what else an answer still needs."""
    return replace(known, answer_sent=True, answer_is_proved=True, answer_names_further_appeal=True)


async def _all(session: AsyncSession, model: Any, appeal_id: str, order: Any) -> list[Any]:
    return list((await session.execute(select(model).where(model.appeal_id == appeal_id).order_by(order))).scalars())


async def _calls(session: AsyncSession, appeal: Appeal) -> tuple[tuple[Call, ...], tuple[Recording, ...]]:
    """The calls of the appeal with what was recorded in them. The trust line keeps no call."""
    calls, recordings = await evidence.links(session, appeal)
    query = select(Recording).where(
        Recording.id.in_(recordings) | Recording.call_id.in_(calls) | (Recording.appeal_id == appeal.id)
    )
    found = list((await session.execute(query.order_by(Recording.started_at))).scalars())
    records = select(CallRecord).where(CallRecord.id.in_(calls)).order_by(CallRecord.started_at)
    shown = []
    for record in (await session.execute(records)).scalars():
        steps = select(CallStep).where(CallStep.call_id == record.id).order_by(CallStep.started_at, CallStep.ordinal)
        way = journey.of((await session.execute(steps)).scalars().all())
        seconds = (record.ended_at - record.started_at).total_seconds() if record.ended_at else None
        mine = tuple(one for one in found if one.call_id == record.id)
        shown.append(Call(record.id, record.started_at, seconds, record.notice_completed, way, mine))
    known = {one.id for one in shown}
    loose = tuple(one for one in found if one.call_id not in known)
    return tuple(shown), loose


async def _links(session: AsyncSession, actor: Actor, appeal: Appeal) -> tuple[Link, ...]:
    """The earlier appeals this one leads to."""
    found: list[Link] = []
    for title, id in (("Повторное к", appeal.repeat_of), ("Присоединено к", appeal.joined_to)):
        earlier = await session.get(Appeal, id) if id else None
        if earlier is not None and actor.sees_kind(earlier.kind):
            found.append(_link(title, earlier, actor))
    return tuple(found)


def _link(title: str, appeal: Appeal, actor: Actor) -> Link:
    return Link(title, numbering.written(appeal.number), rows.url_of(appeal.number, actor, appeal.company_id))


def _details(text: str | None) -> dict[str, Any]:
    """The further facts of a claim or a theft report, moments as moments."""
    given: dict[str, Any] = json.loads(text) if text else {}
    moments = {name: datetime.fromisoformat(given[name]) for name in _MOMENTS if given.get(name)}
    return given | moments


def _proof(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
