"""One appeal as its page shows it: read in one session, masked by role, with what may be done next."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.calls import evidence, journey
from agent_console.calls.evidence import AppealCalls
from agent_console.calls.journey import Journey
from agent_console.people import people, privacy
from agent_console.people.permissions import Actor, Permission
from agent_console.register import heard, messages, rows, timeline
from agent_console.register.messages import SentMessage
from agent_console.register.rows import DueWords, due
from agent_console.register.timeline import Happened
from agent_console.worklist import rows as work
from agent_console.worklist.rows import WorkRow
from appeals import numbering
from appeals.casework import lifecycle, voiced
from appeals.casework.lifecycle import CaseFacts, Mark
from appeals.casework.promises import KIND_TITLES as PROMISES
from appeals.casework.voiced import HeardWord
from appeals.codes import PromiseKind
from appeals.finding import dossier
from appeals.finding.dossier import Dossier
from appeals.models import Answer, Appeal, AppealPin, Contact, Hold, Measure, Promise, Refusal, Task
from appeals.personal_data import pins
from appeals.states import OPEN, TITLES
from appeals.taxonomy import Taxonomy, shipped
from grid import ledger, premises
from grid.ledger import SupplyLedger
from grid.reliability import Reliability
from gridline.calendar import days
from gridline.companies import Company
from gridline.errors import NotFound
from gridline.scope import OutOfScope
from quality.transcripts import spoken_text
from quality.transcripts.spoken_text import SpokenText
from recordings.models import Recording

PATH = r"/appeals/{number:\d{2}-?\d{6}-?\d|[0-9a-f]{32}}"
ABOUT_SUPPLY = ("outages", "quality")
"""Topics whose appeals are shown beside the breaks of their premise."""
_MOMENTS = ("violated_from", "violated_to", "seen_at")
_EARLIER = {"repeat_of": "Повторное к", "joined_to": "Присоединено к"}


@dataclass(frozen=True, slots=True)
class AppealCall:
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
class AppealPage:
    """Everything on the page."""

    appeal: Appeal
    company: Company
    written: str
    url: str
    seen: dict[str, str | None]
    applicant: str
    details: dict[str, Any]
    erased_at: datetime | None
    due: DueWords
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
    messages: tuple[SentMessage, ...]
    calls: tuple[AppealCall, ...]
    loose: tuple[Recording, ...]
    """Recordings that belong to no call we have."""
    links: tuple[Link, ...]
    history: tuple[Happened, ...]
    faults: tuple[str, ...]
    names: dict[str, str]
    owners: list[tuple[str, str]]
    today: date
    writes: bool
    """Whether they may make steps at all."""
    work: tuple[WorkRow, ...]
    """Items of the worklist that wait for it, or that it was made of."""
    ledger: SupplyLedger | None
    """The breaks of its premise, of an appeal about outages."""
    told: SpokenText | None
    """What was told by voice alone and waits to be written down by its reader."""
    pin: AppealPin | None
    """What is kept for whoever asks by number and PIN; None: nobody can, or it is not theirs to see."""
    heard: tuple[HeardWord, ...]
    """What a machine had heard where the text was written from it."""

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
    def owes_call(self) -> bool:
        """Whether the applicant is owed a call about it already."""
        return any(one.kind == PromiseKind.CALLBACK and one.outcome is None for one in self.promises)

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
        return days.day_ending_at(at, self.company.zone)

    def person(self, actor: str | None) -> str:
        """A signature as a name."""
        return people.spelled(actor, self.names) if actor else ""

    def may_approve(self, actor: Actor) -> bool:
        """Whether a refusal waits for this very person's approval."""
        waits = self.refusal is not None and self.refusal.approved_by is None and self.open
        mine = self.refusal is not None and self.refusal.proposed_by == actor.signature
        return waits and not mine and actor.may(Permission.APPEAL_APPROVE)


async def load(
    session: AsyncSession,
    actor: Actor,
    appeal: Appeal,
    company: Company,
    now: datetime,
    limits: Reliability,
    *,
    hears: bool,
) -> AppealPage:
    """Everything the page of this appeal shows to this person; `hears`: whether anything here hears words at all."""
    known = await dossier.read(session, appeal, visible_to=actor.scope)
    names = await people.names(session, known.actors | timeline.people_in(known.events))
    recorded = await evidence.of_appeal(session, appeal, visible_to=actor.scope)
    calls = _calls(recorded)
    in_calls = {one.id for one in calls}
    today = now.astimezone(company.zone).date()
    answered = appeal.answered_at.astimezone(company.zone).date() if appeal.answered_at else None
    seen = privacy.seen(actor, known.content)
    allowed = lifecycle.allowed(known.facts)
    writes = actor.may(Permission.APPEAL_WRITE)
    owners = await people.owners(session, company.id, appeal.branch, visible_to=actor.scope) if writes else []
    return AppealPage(
        appeal=appeal,
        company=company,
        written=numbering.written(appeal.number),
        url=rows.url_of(appeal.number, actor, company.id),
        seen=seen,
        applicant=rows.applicant(seen, appeal.kind, erased=known.content.erased_at is not None),
        details=_details(seen["details"]),
        erased_at=known.content.erased_at,
        due=due(appeal.deadline, today, appeal.state, answered),
        facts=known.facts,
        allowed=frozenset(allowed) if writes else frozenset(),
        missing={step: _missing(step, known.facts) for step in allowed},
        marks=tuple(lifecycle.towards_closing(known.facts)),
        measures=known.measures,
        tasks=known.tasks,
        answers=known.answers,
        proofs={one.id: _proof(one.proof) for one in known.answers},
        refusal=known.refusal,
        contacts=known.contacts,
        promises=known.promises,
        holds=known.holds,
        messages=await messages.of_appeal(session, actor, appeal),
        calls=calls,
        loose=tuple(one for one in recorded.recordings if one.call_id not in in_calls),
        links=tuple(_link(_EARLIER[what], earlier, actor) for what, earlier in known.earlier),
        history=timeline.tell(known.events, known.faults, names, company, known.measures),
        faults=tuple(one.sentence for one in known.faults),
        names=names,
        owners=owners,
        today=today,
        writes=writes,
        work=await work.of_appeal(session, appeal.id, actor),
        ledger=await _ledger(session, actor, appeal, company, now, limits),
        told=await _told(session, known, hears=hears) if writes and voiced.DESCRIBED in allowed else None,
        pin=await pins.of_appeal(session, appeal.id) if actor.may(Permission.TRUST_READ) else None,
        heard=heard.shown(actor, known.content),
    )


async def _told(session: AsyncSession, known: Dossier, *, hears: bool) -> SpokenText | None:
    recording_id = known.appeal.recording_id
    if recording_id is None or known.content.text:
        return None
    return await spoken_text.of_recording(session, recording_id, available=hears)


async def _ledger(
    session: AsyncSession, actor: Actor, appeal: Appeal, company: Company, now: datetime, limits: Reliability
) -> SupplyLedger | None:
    if appeal.topic not in ABOUT_SUPPLY or appeal.premise_id is None:
        return None
    try:
        premise = await premises.find(session, appeal.premise_id, company_id=company.id, visible_to=actor.scope)
    except (NotFound, OutOfScope):  # it went with an import since, or is another branch's now
        return None
    return await ledger.of(session, premise, now, company.zone, limits)


def _missing(step: str, known: CaseFacts) -> list[str]:
    """What a step still needs; an answer is asked what else it needs once the letter has left."""
    if step == "answered":
        known = replace(known, answer_sent=True, answer_is_proved=True, answer_names_further_appeal=True)
    return lifecycle.missing(step, known)


def _calls(heard: AppealCalls) -> tuple[AppealCall, ...]:
    """The calls with what was recorded in them. The trust line keeps no call."""
    shown = []
    for record, steps in heard.calls:
        seconds = (record.ended_at - record.started_at).total_seconds() if record.ended_at else None
        own = tuple(one for one in heard.recordings if one.call_id == record.id)
        way = journey.of(steps)
        shown.append(AppealCall(record.id, record.started_at, seconds, record.notice_completed, way, own))
    return tuple(shown)


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
