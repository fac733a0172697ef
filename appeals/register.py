"""The register: takes appeals in from every channel, gives each its number, deadline and first event at once."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from appeals import history, numbering, states
from appeals.deadlines import deadlines
from appeals.deadlines.rules import RuleBook, shipped
from appeals.finding import words
from appeals.history import Happening
from appeals.intake import entry, kept, repeats
from appeals.intake.entry import Registration, RegistrationRows
from appeals.intake.intake import Intake
from appeals.intake.repeats import FurtherContact, OpenAppeal
from appeals.models import Answer, Appeal, AppealEvent, Content, DraftAppeal, Promise
from appeals.personal_data import trust
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import Clock
from gridline.companies import Companies, Company
from gridline.db import Base, Database, new_id
from gridline.errors import Conflict, GridlineError, InvalidInput, NotFound, Unavailable

TOGETHER = 64
"""Registrations of one company that share a transaction when they wait for the same counter."""
WAITING = 2_000
CLOCK_SKEW = timedelta(minutes=5)
"""How far another machine's clock may run ahead of ours before its moment counts as impossible."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A confirmed registration: stored, and the number may be spoken."""

    appeal_id: str
    number: str
    deadline: date
    deadline_sentence: str
    existed: bool

    @property
    def written(self) -> str:
        """The number as it stands in letters."""
        return numbering.written(self.number)


@dataclass(frozen=True, slots=True)
class AppealStatus:
    """What anybody who knows the number may hear: nothing personal (attack A29)."""

    number: str
    state: str
    kind: str
    topic: str
    received_at: datetime
    deadline: date
    answered_at: datetime | None
    overdue: bool
    sentence: str
    joined_to: str = ""
    """The number of the earlier appeal that it was joined to; empty where that was left with another telephone."""


Beside = Callable[[AsyncSession, Registered], Awaitable[None]]


@dataclass(slots=True)
class _Waiting:
    """One registration on its way: `outcome` is set by whoever writes the transaction it is part of."""

    entry: Registration
    beside: Beside | None = None
    outcome: Registered | Exception | None = None


@dataclass(slots=True)
class _Turn:
    """Whose turn it is to write a company's registrations in this process."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: list[_Waiting] = field(default_factory=list)


class Register:
    """The one way into the register."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        companies: Companies,
        calendar: ProductionCalendar,
        rules: RuleBook | None = None,
    ) -> None:
        self._db = db
        self._clock = clock
        self._companies = companies
        self._calendar = calendar
        self._rules = shipped() if rules is None else rules
        self._turns: defaultdict[str, _Turn] = defaultdict(_Turn)
        self._last_event_at: dict[str, tuple[str, datetime]] = {}
        """By company: the journal's hash after our last registration, and when its last event was."""
        self.on_shutting: list[Callable[[AsyncSession, Collection[str]], Awaitable[None]]] = []
        """Told of calls (ids) that become the trust line's, within the transaction: each empties what it keeps."""
        self.on_shut: list[Callable[[str], Awaitable[None]]] = []
        """The same after the commit, call by call and before `register` returns: what no transaction holds."""

    async def register(
        self, intake: Intake, *, beside: Beside | None = None, within_s: float | None = None
    ) -> Registered:
        """Take an appeal in: appeal, first event, promise and search words in one transaction.

        `beside` stores what belongs to it in the same transaction, or refuses both by raising; it may be run again,
        in a new transaction, and of a second try as well.

        The number may be told to the applicant as soon as this returns. The same idempotency key (or
        receipt) with the same content returns the first appeal with `existed`. Raises InvalidInput,
        NotFound (unknown company or earlier appeal), Conflict (the key was used with another content),
        Unavailable (try again with the same key: the first try may or may not have been stored).
        """
        entry = await self._entry(intake)
        waiting = _Waiting(entry, beside)
        turn = self._turns[entry.company.id]
        if len(turn.waiting) >= WAITING:
            raise Unavailable("Реестр обращений не успевает записывать: повторите позже.")
        turn.waiting.append(waiting)
        try:
            async with asyncio.timeout(within_s), turn.lock:
                if waiting.outcome is None:
                    # The lock is fair: everybody before us is served or gone, so we are among the first.
                    await self._write(entry.company, _together(turn.waiting))
        except TimeoutError as error:
            raise Unavailable(f"Реестр обращений не ответил за {within_s:g} с") from error
        finally:
            turn.waiting.remove(waiting)
        if isinstance(waiting.outcome, Registered):
            if intake.shuts_call is not None:
                for shut in self.on_shut:
                    await shut(intake.shuts_call)
            return waiting.outcome
        assert waiting.outcome is not None
        raise waiting.outcome

    async def shut(self, call_id: str, *, within_s: float | None = None) -> None:
        """Make a call the trust line's before anything is registered of it: from now on nobody knows who calls.

        To be done again in any number. Raises Unavailable: nothing has changed.
        """
        async with self._db.write(within_s=within_s) as session:
            await self._shut(session, [call_id], self._clock.now())
        for shut in self.on_shut:
            await shut(call_id)

    async def under_key(self, company_id: str, key: str) -> Registered | None:
        """What was registered under this idempotency key, for whoever never saw the reply; None: nothing."""
        query = select(Appeal).where(Appeal.company_id == company_id, Appeal.idempotency_key == key)
        async with self._db.read() as session:
            found = await session.scalar(query)
        if found is None:
            return None
        return Registered(found.id, found.number, found.deadline, found.deadline_sentence, existed=True)

    async def status(self, company_id: str, digits: str) -> AppealStatus:
        """Where an appeal stands, by its number or by the receipt given for it.

        Raises InvalidInput (wrong length or check digit), NotFound.
        """
        company = self._companies.by_id(company_id)
        read = numbering.read(digits)
        column = Appeal.number if isinstance(read, numbering.Number) else Appeal.receipt
        async with self._db.read() as session:
            query = select(Appeal).where(Appeal.company_id == company_id, column == read.digits)
            appeal = (await session.execute(query)).scalar_one_or_none()
            if appeal is None:
                raise NotFound(f"Обращения {digits} в реестре нет.")
            joined_to = await _earlier_of_theirs(session, appeal)
        today = self._clock.now().astimezone(company.zone).date()
        overdue = appeal.answered_at is None and appeal.state in states.OPEN and today > appeal.deadline
        return AppealStatus(
            number=appeal.number,
            state=appeal.state,
            kind=appeal.kind,
            topic=appeal.topic,
            received_at=appeal.received_at,
            deadline=appeal.deadline,
            answered_at=appeal.answered_at,
            overdue=overdue,
            sentence=states.sentence(appeal, company, overdue=overdue),
            joined_to=joined_to,
        )

    async def last_receipt(self, series: int) -> str | None:
        """The highest receipt of a node's series that is in the register; None when there is none."""
        async with self._db.read() as session:
            return await kept.last_receipt(session, [company.id for company in self._companies], series)

    async def has_words(self, recording_id: str, company_id: str, call_id: str) -> bool:
        """Whether an appeal, a draft or a further contact rests on this recording of a call."""
        async with self._db.read() as session:
            return await kept.has_words(session, recording_id, company_id, call_id)

    async def similar(self, intake: Intake) -> list[OpenAppeal]:
        """Open appeals this intake may be a further contact of: same person or premise, same topic."""
        async with self._db.read() as session:
            return await repeats.find(session, intake)

    async def add_contact(self, company_id: str, number: str, contact: FurtherContact) -> str:
        """Add a further contact to an open appeal, whose clock goes on; returns the contact's id.

        Raises NotFound, Conflict when the appeal is closed already (register anew, naming it in `repeat_of`).
        """
        async with self._db.write() as session:
            return await repeats.add_contact(session, company_id, number, contact, self._clock.now())

    async def _entry(self, intake: Intake) -> Registration:
        company = self._companies.by_id(intake.company_id)
        now = self._clock.now()
        received_at = intake.received_at or now
        moments = (received_at, *intake.told_moments)
        if any(moment > now + CLOCK_SKEW for moment in moments):
            raise InvalidInput("Время поступления или нарушения ещё не наступило.")
        deadline = deadlines.for_intake(
            company=company,
            channel=intake.channel,
            kind=intake.kind,
            received_at=received_at,
            calendar=self._calendar,
            rules=self._rules,
            answered_on_call=intake.answer_on_call is not None,
        )
        repeat_of = await self._earlier(company, intake.repeat_of) if intake.repeat_of else None
        return Registration(intake, company, deadline, received_at, repeat_of, new_id(), new_id())

    async def _earlier(self, company: Company, number: str) -> str:
        digits = numbering.read(number).digits
        async with self._db.read() as session:
            query = select(Appeal.id).where(Appeal.company_id == company.id, Appeal.number == digits)
            found = (await session.execute(query)).scalar_one_or_none()
        if found is None:
            raise NotFound(f"Прежнего обращения {number} в реестре нет.")
        return found

    async def _write(self, company: Company, batch: Sequence[_Waiting]) -> None:
        """Set the outcome of everyone in `batch`; a cancelled writer leaves them all for the next one."""
        try:
            async with self._db.write() as session:
                outcomes = await self._in_transaction(session, company, [waiting.entry for waiting in batch])
                for waiting, outcome in zip(batch, outcomes, strict=True):
                    if waiting.beside is not None and isinstance(outcome, Registered):
                        await waiting.beside(session, outcome)
        except (SQLAlchemyError, GridlineError) as error:
            if len(batch) > 1 and not isinstance(error, Unavailable):
                for waiting in batch:  # one of them is wrong: the others must not suffer for it
                    await self._write(company, [waiting])
                return
            for waiting in batch:
                waiting.outcome = Unavailable(error.message) if isinstance(error, Unavailable) else error
            return
        for waiting, outcome in zip(batch, outcomes, strict=True):
            waiting.outcome = outcome

    async def _in_transaction(
        self, session: AsyncSession, company: Company, entries: Sequence[Registration]
    ) -> list[Registered | Exception]:
        now = self._clock.now()
        counter = await history.lock_counter(session, company.id, now.astimezone(company.zone).year)
        head, last = self._last_event_at.get(company.id, ("", now))
        now = max(now, last) if counter.journal_hash == head else await history.onward(session, counter, now)
        # After the lock nobody else registers for this company, so what is not there now will not appear.
        known = await _known(session, company.id, entries)
        outcomes: list[Registered | Exception] = []
        stored: list[RegistrationRows] = []
        for one in entries:
            first = known.get(one.key) or (known.get(one.intake.receipt) if one.intake.receipt else None)
            if first is not None:
                outcomes.append(await _again(session, *first, one, now))
                continue
            made = entry.rows(one, counter, now)
            stored.append(made)
            number, deadline = made.appeal["number"], one.deadline
            outcomes.append(Registered(one.appeal_id, number, deadline.day, deadline.sentence, existed=False))
        await _store(session, stored)
        if calls := [one.intake.shuts_call for one in entries if one.intake.shuts_call is not None]:
            await self._shut(session, calls, now)
        if stored:  # should this not be committed, its hash will never be found in the counter
            self._last_event_at[company.id] = (counter.journal_hash, now)
        return outcomes

    async def _shut(self, session: AsyncSession, calls: Collection[str], at: datetime) -> None:
        await trust.shut(session, calls, at)
        for empty in self.on_shutting:
            await empty(session, calls)


def _together(waiting: Sequence[_Waiting]) -> list[_Waiting]:
    """Who is written in one transaction: the first in the line, each key once (its second try finds the first)."""
    by_key: dict[str, _Waiting] = {}
    for one in waiting:
        if one.outcome is None:
            by_key.setdefault(one.entry.key, one)
    return list(by_key.values())[:TOGETHER]


async def _known(
    session: AsyncSession, company_id: str, entries: Sequence[Registration]
) -> dict[str, tuple[Appeal, str | None]]:
    """Appeals registered before under the keys and receipts of `entries`, with their accepted requests."""
    keys = {one.key for one in entries if one.key != one.appeal_id}
    receipts = {one.intake.receipt for one in entries if one.intake.receipt}
    found: dict[str, tuple[Appeal, str | None]] = {}
    for column, values in ((Appeal.receipt, receipts), (Appeal.idempotency_key, keys)):
        if values:
            query = (
                select(Appeal, Content.intake)
                .join(Content, Content.appeal_id == Appeal.id)
                .where(Appeal.company_id == company_id, column.in_(values))
            )
            for appeal, body in (await session.execute(query)).all():
                found[appeal.idempotency_key] = (appeal, body)
                if appeal.receipt:
                    found[appeal.receipt] = (appeal, body)
    return found


async def _earlier_of_theirs(session: AsyncSession, appeal: Appeal) -> str:
    """The number of the appeal that this one was joined to, where both were left with one telephone; else ""."""
    earlier = await session.get(Appeal, appeal.joined_to) if appeal.joined_to else None
    if earlier is None:
        return ""
    query = select(Content.phone).where(Content.appeal_id.in_((appeal.id, earlier.id)))
    phones = set(await session.scalars(query))
    return earlier.number if len(phones) == 1 and None not in phones else ""


async def _again(
    session: AsyncSession, appeal: Appeal, body: str | None, again: Registration, at: datetime
) -> Registered | Exception:
    """The answer to a key that was used before; once the content is erased it can no longer be compared."""
    if body is not None and body != again.body:
        return Conflict(
            f"Ключ {again.key} уже использован для другого обращения "
            f"({numbering.written(appeal.number)}): возьмите новый ключ."
        )
    if again.intake.receipt and appeal.receipt is None:  # stored, but the reply was lost and a receipt was spoken
        appeal.receipt = again.intake.receipt
        given = Happening("receipt_given", {"receipt": appeal.receipt})
        await history.append(session, appeal, at, again.intake.actor, given)
    return Registered(appeal.id, appeal.number, appeal.deadline, appeal.deadline_sentence, existed=True)


async def _store(session: AsyncSession, stored: Sequence[RegistrationRows]) -> None:
    if not stored:
        return
    await session.flush()  # the counter
    # The tables, not the classes: the unit of work would cost a third of the registration.
    tables: list[tuple[type[Base], list[dict[str, Any]]]] = [
        (Appeal, [made.appeal for made in stored]),
        (Content, [made.content for made in stored]),
        (AppealEvent, [event for made in stored for event in made.events]),
        (Answer, [made.answer for made in stored if made.answer]),
        (Promise, [made.promise for made in stored if made.promise]),
    ]
    for model, rows in tables:
        if rows:
            await session.execute(insert(model.__table__), rows)  # type: ignore[arg-type]
    indexed = [
        words.Indexed(made.appeal["company_id"], made.appeal["number"], made.content["text"] or "") for made in stored
    ]
    await words.add(session, indexed)
    for made in stored:
        if made.finished_draft:
            done = update(DraftAppeal).where(DraftAppeal.id == made.finished_draft)
            await session.execute(done.values(appeal_id=made.appeal["id"]))
