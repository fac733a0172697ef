"""The lines of the list as a page shows them: found, searched, counted, masked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.people import people, privacy
from agent_console.people.permissions import Actor
from agent_console.register import list_query
from agent_console.register.list_query import SOON, Folder, ListQuery
from agent_console.words import plural
from appeals import numbering
from appeals.finding import appeals, listing, search
from appeals.finding.appeals import TRUST
from appeals.finding.listing import Filters, ListedAppeal, Page
from appeals.states import OPEN, TITLES
from appeals.taxonomy import shipped
from gridline.companies import Company

PAGE = 50
COUNTED = 1000
"""A badge says «999+» from here on."""
SNIPPET = 140
_SEARCHED = 5
"""Pages of words that are looked through for one page that fits the filters."""


@dataclass(frozen=True, slots=True)
class DueWords:
    """A deadline in words, with its colour: late, soon, good or plain."""

    words: str
    level: str


@dataclass(frozen=True, slots=True)
class AppealRow:
    """One line."""

    line: ListedAppeal
    written: str
    url: str
    due: DueWords
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

    rows: tuple[AppealRow, ...]
    next_page: str | None
    one: str | None = None
    """The address of the only appeal that was looked for by its number."""


def url_of(number: str, actor: Actor, company_id: str) -> str:
    """The page of an appeal; who sees every company must say whose."""
    path = f"/appeals/{numbering.written(number)}"
    return path if actor.company_id else f"{path}?company={company_id}"


def due(deadline: date, today: date, state: str, answered: date | None) -> DueWords:
    """How a deadline stands on `today`."""
    left = (deadline - today).days
    if state not in OPEN:
        if answered is None:
            return DueWords("без ответа", "plain")
        late = (answered - deadline).days
        return DueWords("ответ в срок", "good") if late <= 0 else DueWords(f"ответ позже на {_days(late)}", "late")
    if left < 0:
        return DueWords(f"просрочено {_days(-left)}", "late")
    if left == 0:
        return DueWords("последний день", "soon")
    return DueWords(f"осталось {_days(left)}", "soon" if left <= SOON.days else "plain")


async def find(session: AsyncSession, asked: ListQuery, actor: Actor, company: Company, now: datetime) -> Found:
    """The page that was asked for. Raises InvalidInput for a mistyped number or a mangled place."""
    filters = list_query.filters(asked, actor, company, now)
    number = list_query.number_in(asked.q)
    if number is not None:
        lines = await listing.lines_of(session, company.id, [number], Filters(visible_to=actor.scope))
        one = url_of(number, actor, company.id) if lines else None
        return Found(await _rows(session, lines, actor, company, now), None, one)
    phone = list_query.phone_in(asked.q)
    sort, descending = asked.sorting
    if asked.q and phone is None:
        page = await _by_words(session, asked, company, filters)
    else:
        page = await listing.page(
            session,
            company.id,
            replace(filters, phone=phone),
            sort=sort,
            descending=descending,
            limit=PAGE,
            after=asked.after,
        )
    return Found(await _rows(session, page.lines, actor, company, now), page.next_page)


async def shown(
    session: AsyncSession, numbers: Sequence[str], actor: Actor, company: Company, now: datetime
) -> tuple[AppealRow, ...]:
    """The lines of those of these appeals that this person may see."""
    lines = await listing.lines_of(session, company.id, numbers, Filters(visible_to=actor.scope))
    return await _rows(session, lines, actor, company, now)


async def counts(session: AsyncSession, actor: Actor, company: Company, now: datetime) -> dict[Folder, str]:
    """The badges of the views that call for somebody: how many, «999+» from a thousand on, empty for none."""
    found: dict[Folder, str] = {}
    for view in (Folder.MINE, Folder.OVERDUE, Folder.TODAY, Folder.SOON):
        filters = list_query.filters(ListQuery(view=view), actor, company, now)
        number = await listing.count(session, company.id, filters, at_most=COUNTED)
        found[view] = "" if not number else f"{COUNTED - 1}+" if number >= COUNTED else str(number)
    return found


async def _by_words(session: AsyncSession, asked: ListQuery, company: Company, filters: Filters) -> Page:
    """Appeals with these words, the newest first, that fit the filters too."""
    found: list[ListedAppeal] = []
    before = asked.after
    for _ in range(_SEARCHED):
        hits = await search.find(session, company.id, asked.q, limit=PAGE * 2, before=before)
        found += await listing.lines_of(session, company.id, hits.numbers, filters)
        before = hits.next_page
        if len(found) >= PAGE or before is None:
            break
    if len(found) > PAGE:
        return Page(tuple(found[:PAGE]), found[PAGE - 1].number)
    return Page(tuple(found), before)


async def _rows(
    session: AsyncSession, lines: Sequence[ListedAppeal], actor: Actor, company: Company, now: datetime
) -> tuple[AppealRow, ...]:
    names = await people.names(session, [one.owner for one in lines])
    contents = await appeals.contents(session, [one.appeal_id for one in lines])
    codes, today = shipped(), now.astimezone(company.zone).date()
    rows = []
    for line in lines:
        content = contents[line.appeal_id]
        seen = privacy.seen(actor, content)
        answered = line.answered_at.astimezone(company.zone).date() if line.answered_at else None
        text = " ".join((seen["text"] or "").split())
        rows.append(
            AppealRow(
                line=line,
                written=numbering.written(line.number),
                url=url_of(line.number, actor, company.id),
                due=due(line.deadline, today, line.state, answered),
                applicant=applicant(seen, line.kind, erased=content.erased_at is not None),
                snippet=text if len(text) <= SNIPPET else f"{text[:SNIPPET].rsplit(' ', 1)[0]}…",
                kind=codes.kinds[line.kind].title,
                topic=codes.topics[line.topic].title,
                state=TITLES[line.state],
                channel=codes.channels[line.channel].title,
                owner=people.spelled(line.owner, names) if line.owner else "",
                mine=line.owner == actor.signature,
                trust=line.kind == TRUST,
            )
        )
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
