"""One company: its numbers, hours, topics, queues and branches, and what follows from them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, StringConstraints

from gridline.calendar.call_outs import CallOutRule, HalfDays
from gridline.calendar.hours import Schedule, Workdays
from gridline.companies.parts import (
    ALWAYS,
    DID,
    MENU,
    Agent,
    Branch,
    CompanyPart,
    FeedRule,
    HigherBody,
    HomePhone,
    Slug,
    Text,
    Topic,
    TrustLine,
)
from gridline.errors import NotFound
from gridline.numbers.applications import ApplicationNumbers


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"Часовой пояс «{name}» неизвестен. Пишите как Asia/Novokuznetsk.")
    return name


class Company(CompanyPart):
    """One tenant of the line."""

    id: Slug
    name: Text
    spoken_name: Text
    time_zone: Annotated[str, AfterValidator(_known_zone)]
    dids: tuple[Annotated[str, StringConstraints(pattern=DID)], ...] = Field(min_length=1)
    menu: Annotated[str, StringConstraints(pattern=MENU)]
    """File name under `dialplan/menus`."""
    hotline: Slug
    """The queue that answers about power and danger around the clock, and takes calls the controller cannot place."""
    rule_profile: Literal["186", "59-fz"]
    further_appeal: tuple[HigherBody, ...] = Field(min_length=1)
    schedules: dict[Slug, Schedule] = Field(default_factory=dict)
    topics: dict[Slug, Topic] = Field(min_length=1)
    branches: tuple[Branch, ...] = ()
    queue_names: dict[Slug, Text] = Field(default_factory=dict)
    """What people call a queue, on every page and in transfers; one left out is named after its topics."""
    application_numbers: ApplicationNumbers = ApplicationNumbers()
    feeds: tuple[FeedRule, ...] = ()
    """Where outages come from by themselves."""
    members: dict[Slug, tuple[Agent, ...]] = Field(default_factory=dict)
    """Which agents answer which queue of the company; a queue that is not named here is answered by all of them."""

    duty_phones: tuple[HomePhone, ...] = ()
    """Telephones rung one after another about a danger that nobody at the console has taken."""
    menus_by_voice: bool = False
    """Whether callers may say the words that its menus have for their keys, where speech is recognised."""
    slow_speech: bool = False
    """Whether its callers hear everything said slower from the first word; elsewhere they press * twice."""
    trust_line: TrustLine | None = None
    """The number under which the security service is told of fraud and abuse without a name."""
    call_outs: CallOutRule | None = None
    """When technicians come out to a meter; None: a visit is asked of a person."""
    home_visits: HalfDays | None = None
    """When the office comes to people of low mobility, booked by an agent; None: nobody is promised a day."""
    survey: bool = False
    """Whether a caller who stays after a talk is asked to rate it by a key."""

    @property
    def zone(self) -> ZoneInfo:
        """The time zone the company counts days and states times in."""
        return ZoneInfo(self.time_zone)

    @property
    def every_did(self) -> tuple[str, ...]:
        """All its numbers, that of its trust line the last."""
        return self.dids if self.trust_line is None else (*self.dids, self.trust_line.did)

    @property
    def menus(self) -> tuple[str, ...]:
        """The files of its menus under `dialplan/menus`, the usual one first."""
        return (self.menu,) if self.trust_line is None else (self.menu, self.trust_line.menu)

    def is_trust_line(self, dialled: str) -> bool:
        """Whether this number, as the dialplan names it, is that of its trust line."""
        return self.trust_line is not None and dialled == self.trust_line.did

    @property
    def queues(self) -> frozenset[str]:
        """Names of all queues the company needs in Asterisk."""
        return frozenset({self.hotline, *(topic.queue for topic in self.topics.values())})

    def queue_name(self, queue: str) -> str:
        """What people call a queue. One that is not the company's (any more) is called by its code."""
        if queue in self.queue_names:
            return self.queue_names[queue]
        if queue == self.hotline:
            return "Горячая линия"
        names = [topic.name for topic in self.topics.values() if topic.queue == queue]
        return f"{names[0]} и ещё {len(names) - 1}" if len(names) > 1 else names[0] if names else queue

    def queues_of(self, agent: str) -> frozenset[str]:
        """The queues this agent may answer."""
        return frozenset(queue for queue in self.queues if agent in self.members.get(queue, (agent,)))

    def topic(self, code: str) -> Topic:
        """A topic by its code. Raises NotFound."""
        if code not in self.topics:
            raise NotFound(f"У компании «{self.name}» нет темы «{code}». Есть: {', '.join(self.topics)}.")
        return self.topics[code]

    def is_open(self, topic: str, at_utc: datetime, calendar: Workdays) -> bool:
        """Whether agents answer on this topic at that moment (aware). Raises NotFound for an unknown topic."""
        name = self.topic(topic).schedule
        return name == ALWAYS or self.schedules[name].holds(at_utc.astimezone(self.zone), calendar)

    def opens_at(self, topic: str, after_utc: datetime, calendar: Workdays) -> datetime | None:
        """When agents begin to answer on this topic (UTC); None where they do now, or will not for a month.

        Raises NotFound for an unknown topic.
        """
        name = self.topic(topic).schedule
        if self.is_open(topic, after_utc, calendar):
            return None
        opens = self.schedules[name].opens_after(after_utc.astimezone(self.zone), calendar)
        return opens.astimezone(UTC) if opens else None

    def hours_spoken(self, topic: str) -> str:
        """When agents answer on this topic, as spoken Russian. Raises NotFound for an unknown topic."""
        name = self.topic(topic).schedule
        return "круглосуточно, без выходных" if name == ALWAYS else self.schedules[name].spoken

    def is_shorter(self, topic: str, at_utc: datetime, calendar: Workdays) -> bool:
        """Whether agents answer an hour less that day than usually. Raises NotFound for an unknown topic."""
        name = self.topic(topic).schedule
        return name != ALWAYS and self.schedules[name].is_shorter(at_utc.astimezone(self.zone).date(), calendar)

    def feed(self, name: str) -> FeedRule:
        """A feed by its name. Raises NotFound."""
        for rule in self.feeds:
            if rule.name == name:
                return rule
        raise NotFound(f"У компании «{self.name}» нет источника «{name}».")

    def branch(self, branch_id: str) -> Branch:
        """A branch by its id. Raises NotFound."""
        for branch in self.branches:
            if branch.id == branch_id:
                return branch
        raise NotFound(f"У компании «{self.name}» нет филиала «{branch_id}».")

    def branches_of_region(self, region_key: str) -> tuple[Branch, ...]:
        """Those that serve a region, by its `gridline.numbers.regions.key`."""
        return tuple(branch for branch in self.branches if region_key in branch.region_keys)

    def duty_phones_of(self, branch_id: str) -> tuple[str, ...]:
        """The duty telephones of a branch: its own, or else the company's; of "" the company's."""
        own = next((branch.duty_phones for branch in self.branches if branch.id == branch_id), ())
        return own or self.duty_phones

    def branch_for(self, caller_e164: str | None) -> Branch | None:
        """The branch whose prefix fits the caller's number, the longest winning; None means: ask the caller.

        Only a guess, since people take their numbers along, so the caller confirms it.
        """
        if caller_e164 is None or not re.fullmatch(r"\+7\d{10}", caller_e164):
            return None
        best = max(self.branches, key=lambda b: b.match_length(caller_e164[2:]), default=None)
        return best if best is not None and best.match_length(caller_e164[2:]) else None
