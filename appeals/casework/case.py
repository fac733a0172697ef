"""One step on one appeal: locked, checked against the clerk's version and the lifecycle, written into the history."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from appeals import history, numbering
from appeals.casework import lifecycle, promises
from appeals.casework.lifecycle import CaseFacts
from appeals.codes import PromiseKind
from appeals.history import Happening
from appeals.models import Answer, Appeal, AppealEvent, Content, Measure, Task
from appeals.taxonomy import shipped
from gridline.calendar import days
from gridline.clock import Clock
from gridline.companies import Companies, Company
from gridline.db import Database
from gridline.errors import Conflict, InvalidInput, NotFound


@dataclass(slots=True)
class Case:
    """One appeal during a step: locked, with everything the guards need."""

    session: AsyncSession
    appeal: Appeal
    content: Content
    company: Company
    at: datetime
    actor: str
    happenings: list[Happening]

    def note(self, event: str, /, **body: Any) -> None:
        """Queue an event, to be written when the step ends."""
        self.happenings.append(Happening(event, body))

    def digest(self, text: str) -> str:
        """SHA-256 (hex) of a text with the appeal's salt: proves the text as long as the salt is kept."""
        return history.sha256((self.content.salt or "") + text)

    def promise(self, kind: PromiseKind, subject_id: str, day: date) -> None:
        """Promise something by the end of `day`; the appeal's owner, or else the actor, owns it."""
        due_at = days.ends(day, self.company.zone)
        self.session.add(
            promises.new(
                self.company.id,
                kind,
                owner=self.appeal.owner or self.actor,
                made_at=self.at,
                due_at=due_at,
                appeal_id=self.appeal.id,
                subject_id=subject_id,
            )
        )

    async def settle(
        self, *, kind: PromiseKind | None = None, subject_id: str | None = None, at: datetime | None = None
    ) -> None:
        """Settle the matching open promises: what was promised happened at `at` (now by default)."""
        for promise in await promises.of_appeal(self.session, self.appeal.id, kind=kind, subject_id=subject_id):
            promises.settle(promise, self.at if at is None else at)

    async def answered(self, answer: Answer, text: str) -> None:
        """Store the answer: it is owed no more."""
        self.session.add(answer)
        self.appeal.answered_at = answer.sent_at
        await self.settle(kind=PromiseKind.ANSWER, at=answer.sent_at)
        self.note(
            "answered",
            answer_id=answer.id,
            way=answer.way,
            sent_at=history.moment(answer.sent_at),
            on_call=answer.on_call,
            digest=self.digest(text),
            proof_digest=self.digest(answer.proof),
        )

    async def end(self) -> None:
        """Close the appeal: its open promises become void. A call that was promised is owed all the same."""
        self.appeal.closed_at = self.at
        for promise in await promises.of_appeal(self.session, self.appeal.id):
            if promise.kind != PromiseKind.CALLBACK:
                promises.settle(promise, self.at, void=True)

    def not_past(self, day: date, what: str) -> None:
        """Raises InvalidInput when `day` is over in the company's zone."""
        if day < self.at.astimezone(self.company.zone).date():
            raise InvalidInput(f"{what} уже прошла: {day:%d.%m.%Y}.")

    async def by_number(self, number: str) -> Appeal:
        """Another appeal of the same company. Raises InvalidInput, NotFound."""
        digits = numbering.read(number).digits
        query = select(Appeal).where(Appeal.company_id == self.company.id, Appeal.number == digits)
        appeal = (await self.session.execute(query)).scalar_one_or_none()
        if appeal is None:
            raise NotFound(f"Обращения {number} в реестре нет.")
        return appeal


class Cases:
    """Opens appeals for steps."""

    def __init__(self, db: Database, clock: Clock, companies: Companies) -> None:
        self._db = db
        self._clock = clock
        self._companies = companies

    @asynccontextmanager
    async def step(self, appeal_id: str, step: str, actor: str, version: int, **known: Any) -> AsyncIterator[Case]:
        """One step in one transaction: lock, check version and guard, run the block, write the events, move the state.

        Raises NotFound, InvalidInput without an actor, Conflict for a stale version or a step not allowed now.
        """
        async with self._db.write() as session:
            case = await self._open(session, appeal_id, actor, version)
            before = case.appeal.state
            target = lifecycle.make(step, await facts(session, case.appeal, case.content, known))
            yield case
            if case.appeal.state == before:
                case.appeal.state = target
            case.appeal.version += 1
            await history.append(session, case.appeal, case.at, actor, *case.happenings)

    async def _open(self, session: AsyncSession, appeal_id: str, actor: str, version: int) -> Case:
        appeal = await session.get(Appeal, appeal_id, with_for_update=True)
        content = await session.get(Content, appeal_id)
        if appeal is None or content is None:
            raise NotFound("Такого обращения нет.")
        required("кто делает", actor)
        company = self._companies.by_id(appeal.company_id)
        if appeal.version != version:
            query = (
                select(AppealEvent).where(AppealEvent.appeal_id == appeal_id).order_by(AppealEvent.seq.desc()).limit(1)
            )
            last = (await session.execute(query)).scalar_one()
            raise Conflict(
                f"Обращение {numbering.written(appeal.number)} уже изменено: {last.actor}, "
                f"{last.at.astimezone(company.zone):%d.%m.%Y %H:%M}. Обновите карточку и повторите."
            )
        return Case(session, appeal, content, company, self._clock.now(), actor, [])


async def facts(session: AsyncSession, appeal: Appeal, content: Content, known: Mapping[str, Any] = {}) -> CaseFacts:
    """What the guards of the lifecycle check; `known` overrides it with what the current step supplies."""
    measures = select(Measure.planned_on).where(Measure.appeal_id == appeal.id)
    answers = select(Answer).where(Answer.appeal_id == appeal.id).order_by(Answer.sent_at.desc()).limit(1)
    answer = (await session.execute(answers)).scalar_one_or_none()
    stored: dict[str, Any] = {
        "state": appeal.state,
        "is_complaint": shipped().kinds[appeal.kind].group == "complaint",
        "owner": appeal.owner,
        "justified": appeal.justified,
        "explanation": content.findings,
        "rights_restored": content.rights_restored,
        "measures": tuple((await session.execute(measures)).scalars()),
        "open_tasks": await open_tasks(session, appeal.id),
        "answer_sent": answer is not None,
        "answer_is_proved": bool(answer and answer.proof),
        "answer_names_further_appeal": bool(answer and answer.further_appeal),
    }
    return CaseFacts(**{**stored, **known})


def required(what: str, value: str | None) -> None:
    """Raises InvalidInput when `value` is missing or blank."""
    if not (value or "").strip():
        raise InvalidInput(f"Не указано: {what}.")


async def open_tasks(session: AsyncSession, appeal_id: str) -> int:
    """How many tasks and referrals are still out."""
    query = select(func.count()).select_from(Task).where(Task.appeal_id == appeal_id, Task.returned_at.is_(None))
    return int((await session.execute(query)).scalar_one())
