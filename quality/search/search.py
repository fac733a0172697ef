"""Which talks fit a question: words by the index, everything else by what is stored of the call and measured of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, column, exists, func, or_, select, text, union
from sqlalchemy.ext.asyncio import AsyncSession

from appeals.finding import appeals
from appeals.finding.words import asked, stem
from appeals.models import Appeal
from appeals.numbering import Number, Receipt
from appeals.personal_data.trust import visible
from appeals.proof import evidence
from gridline.db import plan_anew, unindexed
from gridline.scope import Scope
from ivr.desk.models import QueueVisit
from ivr.journal.models import CallRecord, CallStep
from quality.marks.models import RecordingMark
from quality.measures.models import TalkMeasures
from quality.reviews import calibrations
from quality.search.index import marks
from recordings.models import PLAYABLE, Recording

MOST_WORDS: Final = 20
FEW: Final = 5_000
LATER: Final = timedelta(days=1)
"""A recording begins after its call did, in the next month at times."""
_FIND: Final = {
    "postgresql": "SELECT recording_id FROM spoken_words WHERE words @@ CAST(:months AS tsquery) AND {words}",
    "sqlite": (
        "SELECT w.recording_id FROM spoken_words_fts f JOIN spoken_words w ON w.id = f.rowid"
        " WHERE spoken_words_fts MATCH :query"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchedTalks:
    """Which talks of a company are wanted; empty values are "any"."""

    since: datetime
    before: datetime
    """The period, its end not included."""
    words: str = ""
    """Every one of them was said, in any form."""
    agent: str = ""
    queue: str = ""
    topic: str = ""
    """Of an appeal made in the call."""
    caller: str = ""
    """The number in E.164 of whoever called, or was called by an agent."""
    appeal: Number | Receipt | None = None
    """Calls in which this appeal was made or spoken of again."""
    place: str = ""
    """A place of the menu that the call has passed."""
    marked: bool = False
    """Somebody has marked a second of it; while two judge it blind, only `reader` counts."""
    marked_by: str = ""
    """The signature of who has marked it."""
    reader: str = ""
    """The signature of whoever asks."""

    @property
    def is_rare(self) -> bool:
        """Whether few talks can fit, and an index leads to them.

        What else is asked is hidden from the planners then: SQLite would walk all calls of the company instead. So it
        is with words that were seldom said.
        """
        return bool(self.caller or self.appeal or self.marked or self.marked_by)

    least_s: int = 0
    most_s: int = 0
    """Length of the recording; 0 for no limit."""
    silence_per_cent: int = 0
    over_s: int = 0
    hold_s: int = 0
    """At least so much of each."""


@dataclass(frozen=True, slots=True)
class FoundTalk:
    """A recording that fits, with its call and, once it was measured, its figures."""

    recording: Recording
    call: CallRecord
    measures: TalkMeasures | None


async def page(
    session: AsyncSession,
    company_id: str,
    wanted: SearchedTalks,
    *,
    visible_to: Scope,
    after: tuple[datetime, str] | None = None,
    most: int,
) -> tuple[list[FoundTalk], bool]:
    """The recordings of the newest calls that fit, and whether there are more.

    `after`: of the last one of the page before, when its call began and its own id.

    Of calls that a controller met: of others nobody knows agent, queue and company for certain.
    """
    words = asked(wanted.words)[:MOST_WORDS]
    if wanted.words and not words:
        return [], False
    ours = and_(
        CallRecord.company_id == company_id,
        visible(visible_to, CallRecord.company_id, CallRecord.branch, CallRecord.id),
    )
    lite = session.get_bind().dialect.name == "sqlite"
    said = _said(session, words, wanted) if words else None
    is_rare = wanted.is_rare or (lite and said is not None and await _few(session, said))
    query = _narrowed(company_id, wanted, is_entered=not (is_rare or lite))
    if wanted.appeal is not None:
        query = query.where(Recording.call_id.in_(await _calls_of(session, company_id, wanted.appeal, visible_to)))
    query = query.where(unindexed(ours) if is_rare else ours)
    if said is not None:
        query = query.where(Recording.id.in_(said))
    if after is not None:
        at, id = after
        same = and_(CallRecord.started_at == at, Recording.id < id)
        query = query.where(or_(CallRecord.started_at < at, same))
    await plan_anew(session)
    rows = (
        await session.execute(query.order_by(CallRecord.started_at.desc(), Recording.id.desc()).limit(most + 1))
    ).all()
    return [FoundTalk(*row) for row in rows[:most]], len(rows) > most


def _narrowed(
    company_id: str, wanted: SearchedTalks, *, is_entered: bool
) -> Select[Recording, CallRecord, TalkMeasures]:
    """`is_entered`: recordings may be looked up by their time; SQLite would look all of a period up for one page."""
    in_time = _in_time(Recording.started_at, wanted) if wanted.least_s or wanted.most_s else ()
    heard = and_(Recording.state.in_(PLAYABLE), *in_time)
    query = (
        select(Recording, CallRecord, TalkMeasures)
        .join(CallRecord, CallRecord.id == Recording.call_id)
        .outerjoin(TalkMeasures, and_(TalkMeasures.recording_id == Recording.id, TalkMeasures.problem == ""))
        .where(
            heard if is_entered else unindexed(heard),
            CallRecord.started_at >= wanted.since,
            CallRecord.started_at < wanted.before,
        )
    )
    if wanted.agent:
        called = (CallRecord.company_id == company_id, CallRecord.called_by != "", CallRecord.called_by == wanted.agent)
        talked = union(
            select(QueueVisit.call_id).where(
                QueueVisit.agent == wanted.agent, *_in_time(QueueVisit.entered_at, wanted)
            ),
            select(CallRecord.id).where(*called, *_in_time(CallRecord.started_at, wanted)),
        )
        query = query.where(CallRecord.id.in_(talked))
    if wanted.queue:
        query = query.where(exists().where(QueueVisit.call_id == CallRecord.id, QueueVisit.queue == wanted.queue))
    if wanted.topic:
        query = query.where(exists().where(Appeal.call_id == CallRecord.id, Appeal.topic == wanted.topic))
    if wanted.caller:
        query = query.where(CallRecord.caller == wanted.caller)
    if wanted.place:
        query = query.where(exists().where(CallStep.call_id == CallRecord.id, CallStep.place == wanted.place))
    marked = select(RecordingMark.recording_id)
    if wanted.marked:
        own = Recording.id.in_(marked.where(RecordingMark.author == wanted.reader))
        query = query.where(Recording.id.in_(marked), or_(~calibrations.is_blind(CallRecord.id), own))
    if wanted.marked_by:
        query = query.where(Recording.id.in_(marked.where(RecordingMark.author == wanted.marked_by)))
    return query.where(*_limits(wanted))


async def _few(session: AsyncSession, said: Any) -> bool:
    """Whether words were said in few recordings: then those are looked through, and not all calls of the period."""
    found = select(func.count()).select_from(said.limit(FEW + 1).subquery())
    return (await session.execute(found)).scalar_one() <= FEW


def _in_time(at: Any, wanted: SearchedTalks) -> tuple[ColumnElement[bool], ...]:
    """What belongs to calls of the period happened in it or soon after: else all years are looked through."""
    return at >= wanted.since, at < wanted.before + LATER


async def _calls_of(
    session: AsyncSession, company_id: str, number: Number | Receipt, visible_to: Scope
) -> Collection[str]:
    """The ids of the calls of an appeal that the asker may see; none where there is no such appeal."""
    named = Appeal.number if isinstance(number, Number) else Appeal.receipt
    query = select(Appeal).where(Appeal.company_id == company_id, named == number.digits, appeals.visible(visible_to))
    appeal = await session.scalar(query)
    if appeal is None:
        return ()
    calls, recordings = await evidence.links(session, appeal)
    of_recordings = select(Recording.call_id).where(or_(Recording.id.in_(recordings), Recording.appeal_id == appeal.id))
    return calls | set(await session.scalars(of_recordings))


def _limits(wanted: SearchedTalks) -> list[ColumnElement[bool]]:
    figures = TalkMeasures
    limits = (
        (wanted.least_s, Recording.seconds >= wanted.least_s),
        (wanted.most_s, Recording.seconds <= wanted.most_s),
        (wanted.silence_per_cent, figures.silence_s * 100 >= figures.seconds * wanted.silence_per_cent),
        (wanted.over_s, figures.over_s >= wanted.over_s),
        (wanted.hold_s, figures.hold_s >= wanted.hold_s),
    )
    return [limit for given, limit in limits if given]


def _said(session: AsyncSession, words: Sequence[str], wanted: SearchedTalks) -> Any:
    """The ids of recordings of the period's months in which every word was said, as a subquery."""
    months = list(marks(wanted.since, wanted.before + LATER))
    dialect = session.get_bind().dialect.name
    if dialect == "sqlite":
        said = " AND ".join(f'"{stem(word)}"' for word in words)
        period = " OR ".join(f'"{month}"' for month in months)
        given = {"query": f"({period}) AND {said}"}
        statement = text(_FIND[dialect])
    else:
        terms = " AND ".join(f"words @@ plainto_tsquery('russian', :word{n})" for n in range(len(words)))
        given = {f"word{n}": word for n, word in enumerate(words)} | {
            "months": " | ".join(f"'{month}'" for month in months)
        }
        statement = text(_FIND[dialect].format(words=terms))
    return statement.bindparams(**given).columns(column("recording_id")).subquery().select()
