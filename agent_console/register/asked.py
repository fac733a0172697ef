"""What a page of the list was asked for: filters, search and order out of the address, and addresses out of them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Literal, get_args
from urllib.parse import urlencode

from agent_console.people.permissions import Actor
from agent_console.register.people import signature
from appeals import numbering
from appeals.finding.listing import SORTS, Filters
from appeals.states import TITLES
from appeals.taxonomy import shipped
from gridline.companies import Company
from gridline.errors import InvalidInput
from gridline.phones import e164

View = Literal["open", "mine", "overdue", "today", "soon", "all"]
VIEWS: Final[dict[View, str]] = {
    "open": "Открытые",
    "mine": "Мои",
    "overdue": "Просрочены",
    "today": "Срок сегодня",
    "soon": "Три дня",
    "all": "Все",
}
SOON: Final = timedelta(days=3)
LONGEST_QUERY: Final = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """One page's question. Empty strings are "any"."""

    company: str = ""
    """Only in the addresses of those who see every company."""
    view: View = "open"
    q: str = ""
    state: str = ""
    kind: str = ""
    topic: str = ""
    channel: str = ""
    branch: str = ""
    owner: str = ""
    """A login."""
    since: str = ""
    until: str = ""
    """Days of receipt in the company's zone, both included."""
    sort: str = ""
    order: str = ""
    after: str = ""

    @property
    def sorting(self) -> tuple[str, bool]:
        """The column, and whether descending: what is open by its deadline, everything by its number."""
        sort = self.sort or ("number" if self.view == "all" else "deadline")
        return sort, (self.order or ("desc" if sort != "deadline" else "asc")) == "desc"

    @property
    def narrowed(self) -> int:
        """How many filters are set beside the view."""
        names = ("state", "kind", "topic", "channel", "branch", "owner", "since", "until")
        return sum(bool(getattr(self, name)) for name in names)

    def url(self, **changes: Any) -> str:
        """The address of the list with these changes; a page's place is forgotten unless it is one of them."""
        asked = replace(self, **{"after": "", **changes})
        given = {name: value for name, value in asdict(asked).items() if value and (name, value) != ("view", "open")}
        return f"/appeals?{urlencode(given)}" if given else "/appeals"

    def sorted_by(self, sort: str) -> str:
        """The address ordered by this column; the other way round when it already is."""
        now, descending = self.sorting
        turned = "asc" if now == sort and descending else "desc" if now == sort else ""
        return self.url(sort=sort, order=turned)


def read(query: Mapping[str, str], actor: Actor, company: Company, people: Collection[str]) -> Asked:
    """The question of an address. Raises InvalidInput naming what it cannot be asked (attack A14)."""
    codes = shipped()
    tables: dict[str, Collection[str]] = {
        "view": get_args(View), "state": TITLES, "kind": codes.kinds, "topic": codes.topics,
        "channel": codes.channels, "branch": [one.id for one in company.branches], "owner": people, "sort": SORTS,
        "order": ("asc", "desc"),
    }  # fmt: skip
    given: dict[str, Any] = {}
    for name, known in tables.items():
        value = query.get(name, "")
        if value and value not in known:
            raise InvalidInput(f"Список нельзя составить: «{name}» бывает {', '.join(known)}.")
        if value:
            given[name] = value
    for name in ("since", "until"):
        if value := query.get(name, ""):
            given[name] = _day(value).isoformat()
    given["q"] = " ".join(query.get("q", "").split())[:LONGEST_QUERY]
    given["after"] = query.get("after", "")[:80]
    return Asked(company=company.id if actor.company_id is None else "", **given)


def filters(asked: Asked, actor: Actor, company: Company, now: datetime) -> Filters:
    """What the register is narrowed to for this question and this person."""
    today = now.astimezone(company.zone).date()
    overdue_on, due_from = _due(asked.view, today)
    since, until = ((date.fromisoformat(day) if day else None) for day in (asked.since, asked.until))
    owner = actor.signature if asked.view == "mine" else signature(asked.owner) if asked.owner else None
    return Filters(
        state=asked.state or None, channel=asked.channel or None, kind=asked.kind or None, topic=asked.topic or None,
        branch=asked.branch or None, owner=owner, overdue_on=overdue_on, due_from=due_from,
        received_from=_midnight(since, company) if since else None,
        received_before=_midnight(until + timedelta(days=1), company) if until else None,
        kinds=kinds(actor), seen_from=actor.branch or None,
    )  # fmt: skip


def kinds(actor: Actor) -> tuple[str, ...]:
    """The kinds of appeals this person sees at all."""
    return tuple(kind for kind in shipped().kinds if actor.sees_kind(kind))


def number_in(q: str) -> str | None:
    """The nine digits or the ten of a receipt, when a number was looked for.

    Raises InvalidInput for one with a wrong check digit.
    """
    if re.fullmatch(r"\d{2}[-\s]?\d{6}[-\s]?\d", q):
        return numbering.read(re.sub(r"\D", "", q)).digits
    return None


def phone_in(q: str) -> str | None:
    """The phone number in E.164, when one was looked for."""
    return e164(q)


def _due(view: View, today: date) -> tuple[date | None, date | None]:
    """Bounds of the deadline: before the first, not before the second; both None where closed ones count too."""
    tomorrow = today + timedelta(days=1)
    match view:
        case "all":
            return None, None
        case "overdue":
            return today, None
        case "today":
            return tomorrow, today
        case "soon":
            return tomorrow + SOON, today
        case "open" | "mine":
            return date.max, None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("Дата указана неверно.") from None


def _midnight(day: date, company: Company) -> datetime:
    return datetime.combine(day, time(), company.zone)
