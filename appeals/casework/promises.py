"""Promises: everything an applicant was told would happen, with owner, due moment and outcome."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from appeals import history
from appeals.codes import PromiseKind, PromiseOutcome
from appeals.history import Happening
from appeals.models import Appeal, Promise
from gridline.clock import Clock
from gridline.db import Database, new_id
from gridline.errors import Conflict, InvalidInput, NotFound

LEVELS: Final = (50, 80, 100)
"""Percentages of the allotted time at which a promise is escalated (R2)."""
KIND_TITLES: Final[dict[str, str]] = {
    PromiseKind.ANSWER: "ответ на обращение",
    PromiseKind.CALLBACK: "перезвонить",
    PromiseKind.RESTORATION: "восстановить электроснабжение",
    PromiseKind.VISIT: "приехать",
    PromiseKind.MEASURE: "исполнить меру",
    PromiseKind.TASK: "вернуть поручение",
}
_BY_HAND: Final = frozenset({PromiseKind.VISIT, PromiseKind.RESTORATION})
_PAGE = 500


@dataclass(frozen=True, slots=True)
class OwedPromise:
    """A promise that is still owed."""

    promise_id: str
    company_id: str
    kind: PromiseKind
    title: str
    owner: str
    appeal_id: str | None
    number: str | None
    """Of the appeal."""
    call_id: str | None
    made_at: datetime
    due_at: datetime
    per_cent: int
    """Share of its time that has passed; from 100 on it is late."""
    level: int
    """The highest of LEVELS reached, 0 before the first."""


class Promises:
    """Makes, keeps and watches promises."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def make(
        self,
        company_id: str,
        kind: PromiseKind,
        *,
        owner: str,
        due_at: datetime,
        call_id: str | None = None,
        appeal_id: str | None = None,
        subject_id: str | None = None,
    ) -> str:
        """Store a promise and, with an appeal, its event; returns the promise's id. Raises InvalidInput, NotFound."""
        async with self._db.write() as session:
            appeal = await _appeal(session, appeal_id)
            now = self._clock.now()
            row = new(
                company_id,
                kind,
                owner=owner,
                made_at=now,
                due_at=due_at,
                call_id=call_id,
                appeal_id=appeal_id,
                subject_id=subject_id,
            )
            session.add(row)
            if appeal is not None:
                await history.append(session, appeal, now, owner, happening("promise_made", row))
            return row.id

    async def keep(self, promise_id: str, *, actor: str) -> PromiseOutcome:
        """Settle a promise as kept, or broken when late; returns which. Raises NotFound, Conflict."""
        async with self._db.write() as session:
            promise = await _open(session, promise_id)
            if promise.kind == PromiseKind.ANSWER:
                raise Conflict("Ответ на обращение отмечается отправкой ответа, а не вручную.")
            if promise.kind == PromiseKind.CALLBACK:
                raise Conflict("Обещанный звонок отмечается в его деле: позвоните и скажите, чем кончилось.")
            if promise.kind == PromiseKind.VISIT and promise.subject_id is not None:
                raise Conflict("Обещанный выезд отмечается в его деле: приехали ли.")
            now = self._clock.now()
            outcome = settle(promise, now)
            appeal = await _appeal(session, promise.appeal_id)
            if appeal is not None:
                await history.append(session, appeal, now, actor, happening(f"promise_{outcome}", promise))
            return outcome

    async def due(self, company_id: str, *, owner: str | None = None, limit: int = 100) -> list[OwedPromise]:
        """Open promises, the most urgent first."""
        query = _owed(company_id).order_by(Promise.due_at, Promise.id).limit(limit)
        if owner is not None:
            query = query.where(Promise.owner == owner)
        async with self._db.read() as session:
            rows = (await session.execute(query)).all()
        return [_due(promise, number, self._clock.now()) for promise, number in rows]

    async def escalate(self, company_id: str) -> list[OwedPromise]:
        """Promises that reached a new level since the last call, each once; notifying people is up to the caller."""
        now = self._clock.now()
        reached = await self._reached(company_id, now)
        escalated: list[OwedPromise] = []
        for first in range(0, len(reached), _PAGE):
            async with self._db.write() as session:
                for promise in reached[first : first + _PAGE]:
                    unchanged = (
                        Promise.id == promise.promise_id,
                        Promise.escalated < promise.level,
                        Promise.settled_at.is_(None),
                    )
                    raised = update(Promise).where(*unchanged).values(escalated=promise.level).returning(Promise.id)
                    if (await session.execute(raised)).first() is not None:
                        escalated.append(promise)
        return sorted(escalated, key=lambda promise: promise.due_at)

    async def _reached(self, company_id: str, now: datetime) -> list[OwedPromise]:
        """Promises past the level last escalated. Read without the write lock: there may be a hundred thousand
        open ones, and calls must be able to write their journal meanwhile."""
        reached: list[OwedPromise] = []
        last = ""
        async with self._db.read() as session:
            while True:
                query = _owed(company_id).where(Promise.escalated < LEVELS[-1], Promise.id > last)
                page = (await session.execute(query.order_by(Promise.id).limit(_PAGE))).all()
                if not page:
                    return reached
                last = page[-1][0].id
                for promise, number in page:
                    owed = _due(promise, number, now)
                    if owed.level > promise.escalated:
                        reached.append(owed)
                session.expunge_all()


def new(
    company_id: str,
    kind: PromiseKind,
    *,
    owner: str,
    made_at: datetime,
    due_at: datetime,
    call_id: str | None = None,
    appeal_id: str | None = None,
    subject_id: str | None = None,
) -> Promise:
    """A promise's row. Raises InvalidInput for a moment that has passed."""
    if due_at <= made_at:
        raise InvalidInput("Обещанный срок уже прошёл.")
    return Promise(
        id=new_id(),
        company_id=company_id,
        appeal_id=appeal_id,
        call_id=call_id,
        kind=kind,
        subject_id=subject_id,
        owner=owner,
        made_at=made_at,
        due_at=due_at,
        escalated=0,
    )


def settle(promise: Promise, at: datetime, *, void: bool = False) -> PromiseOutcome:
    """Close a promise at `at`: kept when in time, broken when late, void when nobody is owed it any more."""
    promise.settled_at = at
    in_time = PromiseOutcome.KEPT if at <= promise.due_at else PromiseOutcome.BROKEN
    promise.outcome = PromiseOutcome.VOID if void else in_time
    return promise.outcome


def happening(kind: str, promise: Promise) -> Happening:
    """A promise's event in its appeal's history."""
    body = {"promise_id": promise.id, "kind": promise.kind, "due_at": history.moment(promise.due_at)}
    return Happening(kind, body)


async def of_appeal(
    session: AsyncSession, appeal_id: str, *, kind: PromiseKind | None = None, subject_id: str | None = None
) -> list[Promise]:
    """The open promises of an appeal, of one kind or about one thing."""
    query = select(Promise).where(Promise.appeal_id == appeal_id, Promise.settled_at.is_(None))
    if kind is not None:
        query = query.where(Promise.kind == kind)
    if subject_id is not None:
        query = query.where(Promise.subject_id == subject_id)
    return list((await session.execute(query)).scalars())


async def find(session: AsyncSession, promise_id: str, *, appeal_id: str) -> Promise | None:
    """This promise of an appeal, settled or not; None when the appeal has no such promise."""
    return await session.scalar(select(Promise).where(Promise.id == promise_id, Promise.appeal_id == appeal_id))


def by_hand(promise: Promise) -> bool:
    """Whether people mark it on the appeal: no step of the appeal settles it, and no item of the worklist."""
    return promise.kind in _BY_HAND and promise.subject_id is None


def _owed(company_id: str) -> Select[Promise, str]:
    """Promises not settled yet, with the number of their appeal."""
    return (
        select(Promise, Appeal.number)
        .outerjoin(Appeal, Appeal.id == Promise.appeal_id)
        .where(Promise.company_id == company_id, Promise.settled_at.is_(None))
    )


def _due(promise: Promise, number: str | None, now: datetime) -> OwedPromise:
    whole = (promise.due_at - promise.made_at).total_seconds()
    passed = (now - promise.made_at).total_seconds()
    per_cent = max(0, int(passed * 100 / whole)) if whole > 0 else 100
    return OwedPromise(
        promise_id=promise.id,
        company_id=promise.company_id,
        kind=promise.kind,
        title=KIND_TITLES[promise.kind],
        owner=promise.owner,
        appeal_id=promise.appeal_id,
        number=number,
        call_id=promise.call_id,
        made_at=promise.made_at,
        due_at=promise.due_at,
        per_cent=per_cent,
        level=max((step for step in LEVELS if per_cent >= step), default=0),
    )


async def _open(session: AsyncSession, promise_id: str) -> Promise:
    promise = await session.get(Promise, promise_id, with_for_update=True)
    if promise is None:
        raise NotFound("Такого обещания нет.")
    if promise.settled_at is not None:
        raise Conflict("Обещание уже закрыто.")
    return promise


async def _appeal(session: AsyncSession, appeal_id: str | None) -> Appeal | None:
    if appeal_id is None:
        return None
    appeal = await session.get(Appeal, appeal_id, with_for_update=True)
    if appeal is None:
        raise NotFound("Такого обращения нет.")
    return appeal
