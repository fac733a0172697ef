"""What a page of the list was asked for: filters, search and order out of the address, and addresses out of them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Final

from agent_console.people.people import signature
from agent_console.people.permissions import Actor
from agent_console.web.query_string import PageQuery, QueryString
from appeals import numbering
from appeals.finding.appeals import TRUST
from appeals.finding.listing import SORTS, Filters
from appeals.states import TITLES
from appeals.taxonomy import shipped
from gridline.calendar import days
from gridline.companies import Company
from gridline.numbers.phones import e164


class Folder(StrEnum):
    """The folders of the register."""

    OPEN = "open"
    MINE = "mine"
    OVERDUE = "overdue"
    TODAY = "today"
    SOON = "soon"
    ALL = "all"


VIEWS: Final[dict[Folder, str]] = {
    Folder.OPEN: "Открытые",
    Folder.MINE: "Мои",
    Folder.OVERDUE: "Просрочены",
    Folder.TODAY: "Срок сегодня",
    Folder.SOON: "Три дня",
    Folder.ALL: "Все",
}
SOON: Final = timedelta(days=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuery(PageQuery):
    """What a page of the register's list is asked. Empty values are "any"."""

    PATH: ClassVar[str] = "/appeals"
    PLACE: ClassVar[str] = "after"

    company: str = ""
    """Only in the addresses of those who see every company."""
    view: Folder = Folder.OPEN
    q: str = ""
    state: str = ""
    kind: str = ""
    topic: str = ""
    channel: str = ""
    branch: str = ""
    owner: str = ""
    """A login."""
    since: date | None = None
    until: date | None = None
    """Days of receipt in the company's zone, both included."""
    sort: str = ""
    order: str = ""
    after: str | None = None

    def usual(self, name: str) -> bool:
        """The open ones are what an address without a view shows."""
        return name == "view" and self.view is Folder.OPEN

    @property
    def sorting(self) -> tuple[str, bool]:
        """The column, and whether descending: what is open by its deadline, everything by its number."""
        sort = self.sort or ("number" if self.view is Folder.ALL else "deadline")
        return sort, (self.order or ("desc" if sort != "deadline" else "asc")) == "desc"

    @property
    def narrowed(self) -> int:
        """How many filters are set beside the view."""
        names = ("state", "kind", "topic", "channel", "branch", "owner", "since", "until")
        return sum(bool(getattr(self, name)) for name in names)

    def sorted_by(self, sort: str) -> str:
        """The address ordered by this column; the other way round when it already is."""
        now, descending = self.sorting
        turned = "asc" if now == sort and descending else "desc" if now == sort else ""
        return self.url(sort=sort, order=turned)


def read(query: Mapping[str, str], actor: Actor, company: Company, owners: Collection[str]) -> ListQuery:
    """The question of an address; `owners` are logins. Raises InvalidInput naming what it cannot be asked (A14)."""
    codes, given = shipped(), QueryString(query)
    return ListQuery(
        company=company.id if actor.company_id is None else "",
        view=Folder(given.code("view", list(Folder), "Вид списка") or Folder.OPEN),
        q=given.text("q"),
        state=given.code("state", TITLES, "Состояние"),
        kind=given.code("kind", codes.kinds, "Вид обращения"),
        topic=given.code("topic", codes.topics, "Тема"),
        channel=given.code("channel", codes.channels, "Канал"),
        branch=given.code("branch", [one.id for one in company.branches], "Филиал"),
        owner=given.code("owner", owners, "Ответственный"),
        since=given.day("since"),
        until=given.day("until"),
        sort=given.code("sort", SORTS, "Порядок"),
        order=given.code("order", ("asc", "desc"), "Направление порядка"),
        after=given.text("after", at_most=80) or None,
    )


def filters(asked: ListQuery, actor: Actor, company: Company, now: datetime) -> Filters:
    """What the register is narrowed to for this question and this person."""
    overdue_on, due_from = _due(asked.view, days.day_of(now, company.zone))
    owner = actor.signature if asked.view is Folder.MINE else signature(asked.owner) if asked.owner else None
    return Filters(
        state=asked.state or None,
        channel=asked.channel or None,
        kind=asked.kind or None,
        topic=asked.topic or None,
        branch=asked.branch or None,
        owner=owner,
        overdue_on=overdue_on,
        due_from=due_from,
        received_from=days.begins(asked.since, company.zone) if asked.since else None,
        received_before=days.ends(asked.until, company.zone) if asked.until else None,
        visible_to=actor.scope,
    )


def kinds(actor: Actor) -> tuple[str, ...]:
    """The kinds of appeals this person sees at all."""
    return tuple(kind for kind in shipped().kinds if (kind == TRUST) == actor.scope.trust)


def number_in(q: str) -> str | None:
    """The nine digits or the ten of a receipt, when a number was looked for.

    Raises InvalidInput for one with a wrong check digit.
    """
    if re.fullmatch(r"[0-9]{2}[-\s]?[0-9]{6}[-\s]?[0-9]", q):
        return numbering.read(re.sub(r"\D", "", q)).digits
    return None


def phone_in(q: str) -> str | None:
    """The phone number in E.164, when one was looked for."""
    return e164(q)


def _due(view: Folder, today: date) -> tuple[date | None, date | None]:
    """Bounds of the deadline: before the first, not before the second; both None where closed ones count too."""
    tomorrow = today + timedelta(days=1)
    match view:
        case Folder.ALL:
            return None, None
        case Folder.OVERDUE:
            return today, None
        case Folder.TODAY:
            return tomorrow, today
        case Folder.SOON:
            return tomorrow + SOON, today
        case Folder.OPEN | Folder.MINE:
            return date.max, None
