"""The lines of the list as a page shows them: found, searched, counted, masked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.people.permissions import TRUST, Actor
from agent_console.register import asked as question
from agent_console.register import people, privacy
from agent_console.register.asked import Asked, View
from agent_console.words import plural
from appeals import numbering
from appeals.finding import listing, search
from appeals.finding.listing import Filters, Line, Page
from appeals.models import Appeal, Content
from appeals.states import OPEN, TITLES
from appeals.taxonomy import shipped
from gridline.companies import Companies, Company

PAGE = 50
COUNTED = 1000
"""A badge says «999+» from here on."""
SNIPPET = 140
_SEARCHED = 5
"""Pages of words that are looked through for one page that fits the filters."""


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline in words, with its colour: late, soon, good or plain."""

    words: str
    level: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line."""

    line: Line
    written: str
    url: str
    due: Due
    applicant: str
    snippet: str
    kind: str
    topic: str
    state: str
    channel: str
    owner: str
    mine: bool
    trust: bool


@dataclass(frozen=True, slots=True)
class Found:
    """One page of the list."""

    rows: tuple[Row, ...]
    next_page: str | None
    one: str | None = None
    """The address of the only appeal that was looked for by its number."""


def url_of(number: str, actor: Actor, company_id: str) -> str:
    """The page of an appeal; who sees every company must say whose."""
    path = f"/appeals/{numbering.written(number)}"
    return path if actor.company_id else f"{path}?company={company_id}"


def due(deadline: date, today: date, state: str, answered: date | None) -> Due:
    """How a deadline stands on `today`."""
    left = (deadline - today).days
    if state not in OPEN:
        if answered is None:
            return Due("без ответа", "plain")
        late = (answered - deadline).days
        return Due("ответ в срок", "good") if late <= 0 else Due(f"ответ позже на {_days(late)}", "late")
    if left < 0:
        return Due(f"просрочено {_days(-left)}", "late")
    if left == 0:
        return Due("последний день", "soon")
    return Due(f"осталось {_days(left)}", "soon" if left <= question.SOON.days else "plain")


async def find(session: AsyncSession, asked: Asked, actor: Actor, company: Company, now: datetime) -> Found:
    """The page that was asked for. Raises InvalidInput for a mistyped number or a mangled place."""
    filters = question.filters(asked, actor, company, now)
    number = question.number_in(asked.q)
    if number is not None:
        lines = await _seen(session, company.id, [number], filters_of(actor))
        page = Page(lines, None)
        one = url_of(number, actor, company.id) if lines else None
        return Found(await _rows(session, lines, actor, company, now), None, one)
    phone = question.phone_in(asked.q)
    sort, descending = asked.sorting
    if asked.q and phone is None:
        page = await _by_words(session, asked, company, filters)
    else:
        page = await listing.page(
            session, company.id, replace(filters, phone=phone), sort=sort, descending=descending, limit=PAGE,
            after=asked.after or None,
        )  # fmt: skip
    return Found(await _rows(session, page.lines, actor, company, now), page.next_page)


async def shown(
    session: AsyncSession, numbers: Sequence[str], actor: Actor, company: Company, now: datetime
) -> tuple[Row, ...]:
    """The lines of these appeals that this person may see."""
    return await _rows(session, await _seen(session, company.id, numbers, filters_of(actor)), actor, company, now)


def filters_of(actor: Actor) -> Filters:
    """What this person may see at all."""
    return Filters(kinds=question.kinds(actor), seen_from=actor.branch or None)


async def counts(session: AsyncSession, actor: Actor, company: Company, now: datetime) -> dict[View, str]:
    """The badges of the views that call for somebody: how many, «999+» from a thousand on, empty for none."""
    found: dict[View, str] = {}
    for view in ("mine", "overdue", "today", "soon"):
        filters = question.filters(Asked(view=view), actor, company, now)
        number = await listing.count(session, company.id, filters, at_most=COUNTED)
        found[view] = "" if not number else f"{COUNTED - 1}+" if number >= COUNTED else str(number)
    return found


async def _by_words(session: AsyncSession, asked: Asked, company: Company, filters: Filters) -> Page:
    """Appeals with these words, the newest first, that fit the filters too."""
    found: list[Line] = []
    before = asked.after or None
    for _ in range(_SEARCHED):
        hits = await search.find(session, company.id, asked.q, limit=PAGE * 2, before=before)
        found += await _seen(session, company.id, hits.numbers, filters)
        before = hits.next_page
        if len(found) >= PAGE or before is None:
            break
    if len(found) > PAGE:
        return Page(tuple(found[:PAGE]), found[PAGE - 1].number)
    return Page(tuple(found), before)


async def _seen(session: AsyncSession, company_id: str, numbers: Sequence[str], filters: Filters) -> tuple[Line, ...]:
    """Those of these appeals that fit the filters, in the order given."""
    lines = await listing.lines_of(session, company_id, numbers)
    return tuple(one for one in lines if fits(one, filters))


def fits(line: Line, filters: Filters) -> bool:
    """Whether one line is what the list is narrowed to: the same rules as the query's, for lines found otherwise."""
    equal = all(
        getattr(filters, name) in (None, getattr(line, name))
        for name in ("state", "channel", "kind", "topic", "branch", "owner")
    )
    return (
        equal
        and (filters.kinds is None or line.kind in filters.kinds)
        and (filters.seen_from is None or line.branch in (None, filters.seen_from))
        and (filters.overdue_on is None or (line.state in OPEN and line.deadline < filters.overdue_on))
        and (filters.due_from is None or line.deadline >= filters.due_from)
        and (filters.received_from is None or line.received_at >= filters.received_from)
        and (filters.received_before is None or line.received_at < filters.received_before)
    )


async def _rows(
    session: AsyncSession, lines: Sequence[Line], actor: Actor, company: Company, now: datetime
) -> tuple[Row, ...]:
    names = await people.names(session, [one.owner for one in lines])
    query = select(Content).where(Content.appeal_id.in_([one.appeal_id for one in lines]))
    contents = {one.appeal_id: one for one in (await session.execute(query)).scalars()}
    codes, today = shipped(), now.astimezone(company.zone).date()
    rows = []
    for line in lines:
        content = contents[line.appeal_id]
        seen = privacy.seen(actor, content)
        answered = line.answered_at.astimezone(company.zone).date() if line.answered_at else None
        text = " ".join((seen["text"] or "").split())
        rows.append(
            Row(
                line=line, written=numbering.written(line.number), url=url_of(line.number, actor, company.id),
                due=due(line.deadline, today, line.state, answered),
                applicant=applicant(seen, line.kind, erased=content.erased_at is not None),
                snippet=text if len(text) <= SNIPPET else f"{text[:SNIPPET].rsplit(' ', 1)[0]}…",
                kind=codes.kinds[line.kind].title, topic=codes.topics[line.topic].title, state=TITLES[line.state],
                channel=codes.channels[line.channel].title,
                owner=people.spelled(line.owner, names) if line.owner else "", mine=line.owner == actor.signature,
                trust=line.kind == TRUST,
            )
        )  # fmt: skip
    return tuple(rows)


def applicant(seen: dict[str, str | None], kind: str, *, erased: bool) -> str:
    """Whom an appeal is from, in one line."""
    if erased:
        return "данные уничтожены"
    if seen["name"] or seen["phone"] or seen["email"]:
        return seen["name"] or seen["phone"] or seen["email"] or ""
    return "анонимно" if shipped().kinds[kind].anonymous != "refused" else "не назван"


def _days(count: int) -> str:
    return f"{count} {plural(count, 'день', 'дня', 'дней')}"


async def by_number(session: AsyncSession, companies: Companies, number: str) -> Sequence[Appeal]:
    """Every company's appeal with this number (nine digits), found by the index that begins with the company."""
    of_each = Appeal.company_id.in_([one.id for one in companies])
    return (await session.execute(select(Appeal).where(of_each, Appeal.number == number))).scalars().all()
