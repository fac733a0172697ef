"""Finds a changed, removed or inserted event, a removed appeal and a changed content, and says which it is."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from appeals import numbering
from appeals.history import event_hash, journal_hash, sha256
from appeals.models import Appeal, AppealEvent, Content, Counter

What = Literal["changed", "removed", "inserted", "content", "number", "journal"]
CHUNK = 2_000
NAMED = 20
"""How many missing numbers are named one by one."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not as it was written; `seq` is the event of the appeal, 0 when it is the appeal itself."""

    what: What
    company_id: str
    number: str | None
    seq: int
    sentence: str


@dataclass(frozen=True, slots=True)
class JournalHead:
    """The end of a journal at some moment; kept outside the database it proves that nothing before it was rewritten."""

    company_id: str
    year: int
    journal_no: int
    journal_hash: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification found."""

    appeals: int
    events: int
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of a journal."""

    journal_no: int
    journal_hash: str
    hash: str
    seq: int
    number: str | None


async def heads(session: AsyncSession) -> list[JournalHead]:
    """The present end of every journal."""
    query = select(Counter).order_by(Counter.company_id, Counter.year)
    return [
        JournalHead(one.company_id, one.year, one.journal_no, one.journal_hash)
        for one in (await session.execute(query)).scalars()
    ]


async def verify(session: AsyncSession, *, company_id: str | None = None, kept: Iterable[JournalHead] = ()) -> Verdict:
    """Check everything, or one company; `kept` are heads written down earlier."""
    query = select(Counter).order_by(Counter.company_id, Counter.year)
    if company_id is not None:
        query = query.where(Counter.company_id == company_id)
    faults: dict[tuple[str | None, int, str], Fault] = {}
    appeals = events = 0
    for counter in (await session.execute(query)).scalars().all():
        mine = [head for head in kept if (head.company_id, head.year) == (counter.company_id, counter.year)]
        seen, found = await _chains(session, counter)
        count, of_journal = await _journal(session, counter, mine)
        found += of_journal
        found += await _numbers(session, counter)
        appeals, events = appeals + seen, events + count
        for fault in found:
            faults.setdefault((fault.number, fault.seq, fault.sentence if fault.seq == 0 else ""), fault)
    return Verdict(appeals, events, tuple(faults.values()))


async def _chains(session: AsyncSession, counter: Counter) -> tuple[int, list[Fault]]:
    """Each appeal's own chain, against its row and its content."""
    faults: list[Fault] = []
    seen = 0
    last = 0
    while True:
        query = (
            select(Appeal, Content.salt, Content.intake)
            .outerjoin(Content, Content.appeal_id == Appeal.id)
            .where(Appeal.company_id == counter.company_id, Appeal.year == counter.year, Appeal.sequence > last)
            .order_by(Appeal.sequence)
            .limit(CHUNK)
        )
        chunk = (await session.execute(query)).all()
        if not chunk:
            return seen, faults
        seen += len(chunk)
        last = chunk[-1][0].sequence
        by_appeal: dict[str, list[AppealEvent]] = {appeal.id: [] for appeal, _, _ in chunk}
        ids = list(by_appeal)
        for start in range(0, len(ids), 500):  # bounded: both databases limit the number of parameters
            events = (
                select(AppealEvent).where(AppealEvent.appeal_id.in_(ids[start : start + 500])).order_by(AppealEvent.seq)
            )
            for event in (await session.execute(events)).scalars():
                by_appeal[event.appeal_id].append(event)
        for appeal, salt, intake in chunk:
            faults += chain_faults(appeal, by_appeal[appeal.id])
            faults += _content_faults(appeal, by_appeal[appeal.id], salt, intake)
        session.expunge_all()


async def of_appeal(
    session: AsyncSession, appeal: Appeal, content: Content, events: Sequence[AppealEvent]
) -> list[Fault]:
    """What is wrong with one appeal: its chain, its content, and the place of its events in the journal."""
    faults = chain_faults(appeal, events)
    faults += _content_faults(appeal, events, content.salt, content.intake)
    before = {event.journal_no - 1 for event in events}
    query = select(AppealEvent.journal_no, AppealEvent.journal_hash).where(
        AppealEvent.company_id == appeal.company_id, AppealEvent.year == appeal.year, AppealEvent.journal_no.in_(before)
    )
    known: dict[int, str] = {no: of_it for no, of_it in (await session.execute(query)).all()}  # noqa: C416
    named = {fault.seq for fault in faults}
    for event in events:
        last = known.get(event.journal_no - 1, "")
        if event.seq not in named and event.journal_hash != journal_hash(last, event.journal_no, event.hash):
            sentence = f"Событие {event.seq} стоит в журнале не на своём месте."
            faults.append(Fault("journal", appeal.company_id, appeal.number, event.seq, sentence))
    return faults


def chain_faults(appeal: Appeal, events: Sequence[AppealEvent]) -> list[Fault]:
    """What is wrong with one appeal's chain of events (in the order of `seq`)."""
    faults: list[Fault] = []
    number = numbering.written(appeal.number)

    def fault(what: What, seq: int, sentence: str) -> None:
        faults.append(Fault(what, appeal.company_id, appeal.number, seq, f"Обращение {number}: {sentence}."))

    if appeal.number != numbering.number(appeal.year, appeal.sequence):
        fault("number", 0, "номер не тот, что дал счётчик")
    expected, last = 1, ""
    for event in events:
        for missing in range(expected, event.seq):
            fault("removed", missing, f"удалено событие {missing}")
        if event.seq > appeal.event_count:
            fault("inserted", event.seq, f"вставлено событие {event.seq} ({event.kind})")
        elif event.hash != _hash_of(event):
            fault("changed", event.seq, f"изменено событие {event.seq} ({event.kind})")
        elif event.seq == expected and event.prev_hash != last:
            culprit = max(event.seq - 1, 1)
            fault("changed", culprit, f"изменено событие {culprit}: следующее записано не после него")
        expected, last = event.seq + 1, event.hash
    for missing in range(expected, appeal.event_count + 1):
        fault("removed", missing, f"удалено событие {missing}")
    if expected == appeal.event_count + 1 and last != appeal.event_hash:
        fault("changed", appeal.event_count, f"изменено событие {appeal.event_count}: хэш не тот, что в карточке")
    return faults


def _hash_of(event: AppealEvent) -> str:
    return event_hash(
        prev_hash=event.prev_hash,
        appeal_id=event.appeal_id,
        seq=event.seq,
        company_id=event.company_id,
        year=event.year,
        at=event.at,
        actor=event.actor,
        kind=event.kind,
        body=event.body,
    )


def _content_faults(appeal: Appeal, events: Sequence[AppealEvent], salt: str | None, intake: str | None) -> list[Fault]:
    """The accepted request against the digest in the first event; the erased are skipped, as their act says."""
    number = numbering.written(appeal.number)
    if salt is None or intake is None:
        if any(event.kind == "erased" for event in events):
            return []
        sentence = f"Обращение {number}: содержание удалено без акта об уничтожении."
        return [Fault("content", appeal.company_id, appeal.number, 0, sentence)]
    first = next((event for event in events if event.seq == 1), None)
    if first is None or json.loads(first.body).get("digest") == sha256(salt + intake):
        return []
    sentence = f"Обращение {number}: содержание не то, что было зарегистрировано."
    return [Fault("content", appeal.company_id, appeal.number, 0, sentence)]


async def _journal(session: AsyncSession, counter: Counter, kept: Sequence[JournalHead]) -> tuple[int, list[Fault]]:
    """The journal of the series from its first event to the counter, and against the heads kept outside."""
    faults: list[Fault] = []
    by_no: Mapping[int, str] = {head.journal_no: head.journal_hash for head in kept}
    met: set[int] = set()
    no, last, count = 0, "", 0
    series = f"{counter.company_id}, {counter.year}"

    def fault(what: What, event: _Line | None, sentence: str) -> None:
        number = event.number if event is not None else None
        faults.append(Fault(what, counter.company_id, number, event.seq if event is not None else 0, sentence))

    async for event in _in_journal_order(session, counter):
        count += 1
        if event.journal_no > no + 1:
            missing = _span(no + 1, event.journal_no - 1)
            fault("removed", None, f"Журнал {series}: удалены события {missing}.")
            last = ""  # what came before the gap is not known
        named = f"событие {event.seq} обращения {numbering.written(event.number)}" if event.number else "событие"
        if event.journal_no > counter.journal_no:
            fault("inserted", event, f"Журнал {series}: № {event.journal_no} вставлено ({named}).")
        elif event.journal_no == no + 1 and event.journal_hash != journal_hash(last, event.journal_no, event.hash):
            fault("changed", event, f"Журнал {series}: № {event.journal_no} изменено ({named}).")
        if by_no.get(event.journal_no, event.journal_hash) != event.journal_hash:
            fault("journal", None, f"Журнал {series} переписан: № {event.journal_no} не тот, что был записан отдельно.")
        if event.journal_no in by_no:
            met.add(event.journal_no)
        no, last = event.journal_no, event.journal_hash
    if no < counter.journal_no:
        fault("removed", None, f"Журнал {series}: удалены события {_span(no + 1, counter.journal_no)}.")
    elif no == counter.journal_no and last != counter.journal_hash:
        fault("journal", None, f"Журнал {series}: конец не тот, что в счётчике.")
    for head in sorted(by_no.keys() - met):
        fault("journal", None, f"Журнал {series} укорочен: записанного отдельно № {head} больше нет.")
    return count, faults


async def _in_journal_order(session: AsyncSession, counter: Counter) -> AsyncIterator[_Line]:
    last = 0
    while True:
        query = (
            select(AppealEvent.journal_no, AppealEvent.journal_hash, AppealEvent.hash, AppealEvent.seq, Appeal.number)
            .outerjoin(Appeal, Appeal.id == AppealEvent.appeal_id)
            .where(
                AppealEvent.company_id == counter.company_id,
                AppealEvent.year == counter.year,
                AppealEvent.journal_no > last,
            )
            .order_by(AppealEvent.journal_no)
            .limit(CHUNK)
        )
        chunk = (await session.execute(query)).all()
        for no, of_journal, of_event, seq, number in chunk:
            yield _Line(no, of_journal, of_event, seq, number)
        if not chunk:
            return
        last = chunk[-1][0]


async def _numbers(session: AsyncSession, counter: Counter) -> list[Fault]:
    """Numbers from 1 to the counter's last, each once and right."""
    mine = (Appeal.company_id == counter.company_id, Appeal.year == counter.year)
    count, last = (await session.execute(select(func.count(), func.max(Appeal.sequence)).where(*mine))).one()
    faults: list[Fault] = []
    if (count, last or 0) != (counter.last_sequence, counter.last_sequence):
        there = set((await session.execute(select(Appeal.sequence).where(*mine))).scalars())
        missing = sorted(set(range(1, counter.last_sequence + 1)) - there)
        for sequence in missing[:NAMED]:
            number = numbering.number(counter.year, sequence)
            sentence = f"Обращение {numbering.written(number)} удалено."
            faults.append(Fault("removed", counter.company_id, number, 0, sentence))
        beyond = sorted(sequence for sequence in there if sequence > counter.last_sequence)
        for sequence in beyond[:NAMED]:
            number = numbering.number(counter.year, sequence)
            sentence = f"Обращение {numbering.written(number)} вставлено мимо счётчика."
            faults.append(Fault("inserted", counter.company_id, number, 0, sentence))
    return faults


def _span(first: int, last: int) -> str:
    return f"№ {first}" if first == last else f"№ {first}-{last}"
