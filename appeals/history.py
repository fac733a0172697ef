"""The history that cannot be rewritten: events chained by SHA-256 per appeal, and all of a series in one journal.

The chain of an appeal shows a changed, removed or inserted event. The journal numbers every event of a
company and year without a gap and ends in the counter's row, so that a removed last event, or a whole
removed appeal, is found too. Whoever can rewrite the counter as well is caught by the heads kept outside
the database (`gridline appeals verify --heads FILE`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from appeals.models import Appeal, AppealEvent, Counter
from gridline.db import insert_missing

Body = Mapping[str, Any]
_LOCK = (
    select(Counter)
    .where(Counter.company_id == bindparam("company_id"), Counter.year == bindparam("year"))
    .with_for_update()
    .execution_options(populate_existing=True)
)
"""Built once: a caller waits for it in every registration."""


@dataclass(frozen=True, slots=True)
class Happening:
    """What is to be written into an appeal's history."""

    kind: str
    body: Body


def canonical(value: object) -> str:
    """JSON with one spelling: sorted keys, no spaces, letters as they are; no fractions, which have several."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def moment(at: datetime) -> str:
    """A moment as events store it: UTC with microseconds and +00:00."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def sha256(text: str) -> str:
    """Hex SHA-256 of a text's UTF-8 bytes."""
    return hashlib.sha256(text.encode("utf-8", errors="strict")).hexdigest()


def event_hash(
    *,
    prev_hash: str,
    appeal_id: str,
    seq: int,
    company_id: str,
    year: int,
    at: datetime,
    actor: str,
    kind: str,
    body: str,
) -> str:
    """The hash of one event: over the previous hash and the whole event."""
    return sha256(canonical([prev_hash, appeal_id, seq, company_id, year, moment(at), actor, kind, body]))


def journal_hash(before: str, journal_no: int, of_event: str) -> str:
    """The journal's hash after one more event."""
    return sha256(canonical([before, journal_no, of_event]))


async def lock_counter(session: AsyncSession, company_id: str, year: int) -> Counter:
    """The series' counter, locked to the end of the transaction; made when the year begins."""
    series = {"company_id": company_id, "year": year}
    counter = (await session.execute(_LOCK, series)).scalar_one_or_none()
    if counter is None:
        row = series | {"last_sequence": 0, "journal_no": 0, "journal_hash": ""}
        await insert_missing(session, Counter.__table__, [row])
        counter = (await session.execute(_LOCK, series)).scalar_one()
    return counter


async def onward(session: AsyncSession, counter: Counter, at: datetime) -> datetime:
    """`at`, or the moment of the journal's last event when the clock was put back since: history never runs backwards.

    Call it after locking the counter, so that no later event is missed.
    """
    query = select(AppealEvent.at).where(
        AppealEvent.company_id == counter.company_id,
        AppealEvent.year == counter.year,
        AppealEvent.journal_no == counter.journal_no,
    )
    last = (await session.execute(query)).scalar_one_or_none()
    return at if last is None else max(at, last)


def write_rows(
    counter: Counter,
    *,
    appeal_id: str,
    after_seq: int,
    after_hash: str,
    at: datetime,
    actor: str,
    happenings: Sequence[Happening],
) -> list[dict[str, Any]]:
    """The event rows for `happenings`, moving the locked `counter` forward. Pure but for the counter."""
    rows: list[dict[str, Any]] = []
    seq, last = after_seq, after_hash
    for happening in happenings:
        seq += 1
        body = canonical(happening.body)
        row: dict[str, Any] = {
            "appeal_id": appeal_id,
            "seq": seq,
            "company_id": counter.company_id,
            "year": counter.year,
            "at": at,
            "actor": actor,
            "kind": happening.kind,
            "body": body,
            "prev_hash": last,
        }
        last = row["hash"] = event_hash(**row)
        counter.journal_no += 1
        counter.journal_hash = journal_hash(counter.journal_hash, counter.journal_no, last)
        rows.append({**row, "journal_no": counter.journal_no, "journal_hash": counter.journal_hash})
    return rows


async def append(session: AsyncSession, appeal: Appeal, at: datetime, actor: str, *happenings: Happening) -> None:
    """Append events to an appeal whose row the caller's transaction has locked."""
    counter = await lock_counter(session, appeal.company_id, appeal.year)
    rows = write_rows(
        counter,
        appeal_id=appeal.id,
        after_seq=appeal.event_count,
        after_hash=appeal.event_hash,
        at=await onward(session, counter, at),
        actor=actor,
        happenings=happenings,
    )
    session.add_all(AppealEvent(**row) for row in rows)
    appeal.event_count, appeal.event_hash = rows[-1]["seq"], rows[-1]["hash"]
