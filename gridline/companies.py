"""The companies that answer on this line: their numbers, hours, topics, queues and branches, read from YAML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from gridline.calendar.call_outs import CallOutRule
from gridline.calendar.hours import Schedule, Workdays
from gridline.errors import Misconfigured, NotFound
from gridline.numbers import regions
from gridline.numbers.applications import ApplicationNumbers
from gridline.numbers.phones import parse, printable
from gridline.yaml.file import Mistake, YamlFile, misconfigured, read
from gridline.yaml.model import validated

SLUG, DID, MENU = r"^[a-z][a-z0-9-]{0,31}$", r"^7\d{10}$", r"^[a-z0-9-]+\.yaml$"
AGENT = r"^[0-9]{2,6}$"

Slug = Annotated[str, StringConstraints(pattern=SLUG)]
"""Names that also serve as queue names, folders and AMI headers, so nothing in them may need quoting."""
Text = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Agent = Annotated[str, StringConstraints(pattern=AGENT)]
ALWAYS = "always"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Topic(_Frozen):
    """A matter callers ask about: who answers it, and when."""

    name: Text
    queue: Slug
    schedule: str = ALWAYS


class HigherBody(_Frozen):
    """The body an applicant may appeal to (every answer names it)."""

    name: Text
    contact: Text


def _prefixes(written: object) -> object:
    """`472` or `910220-910229` as a span of leading digits of the ten-digit national number."""
    if not isinstance(written, str):
        return written
    match = re.fullmatch(r"(\d{3,10})(?:-(\d{3,10}))?", written)
    if match is None:
        raise ValueError(f"Диапазон «{written}» не разобран. Пишите первые цифры после +7: 472 или 910220-910229.")
    first, last = match.group(1), match.group(2) or match.group(1)
    if len(first) != len(last) or first > last:
        raise ValueError(f"Диапазон «{written}» неверен. Начало и конец — одной длины и по возрастанию.")
    return (first, last)


def _home_phone(written: str) -> str:
    """A number that may be called, and nothing beside it, in E.164."""
    phone = parse(written)
    if phone is None or phone.abroad:
        raise ValueError(f"«{printable(written, at_most=30)}» — не российский телефон. Пишите так: +79131234567.")
    return phone.e164


HomePhone = Annotated[str, AfterValidator(_home_phone)]


class Branch(_Frozen):
    """A part of the company that serves one region."""

    id: Slug
    name: Text
    spoken_name: Text
    """In the nominative: «Ярославская область»."""
    spoken_in: Text
    """With its preposition: «в Ярославской области»."""
    numbers: tuple[Annotated[tuple[str, str], BeforeValidator(_prefixes)], ...] = Field(min_length=1)
    regions: tuple[Text, ...] = ()
    """Regions it serves, as the numbering tables name them; `spoken_name` where none is named."""
    duty_phones: tuple[HomePhone, ...] = ()
    """Its own, where it has some; otherwise the company's."""

    @cached_property
    def region_keys(self) -> frozenset[str]:
        """Its regions, to be compared."""
        return frozenset(regions.key(name) for name in self.regions or (self.spoken_name,))

    def match_length(self, national: str) -> int:
        """Length of the longest prefix of this branch that fits the caller's ten-digit number; 0 when none fits."""
        return max((len(a) for a, b in self.numbers if a <= national[: len(a)] <= b), default=0)


class FeedRule(_Frozen):
    """A source of outages that another system of the company keeps."""

    name: Slug
    title: Text
    """As pages name it: «АСУ ТП»."""
    way: Literal["folder", "push"]
    """Files in `var/feeds/<company>/<name>`, or the HTTP API."""
    tells: Literal["snapshot", "changes"]
    """All that is off now (what it no longer names is on again), or only what has changed (nothing ends unnamed)."""
    old_after_min: int = Field(default=60, ge=1, le=7 * 24 * 60)
    """Minutes of silence after which what is known from it is old, and said to be."""


class TrustLine(_Frozen):
    """A number of the security service's own, МОЭСК's «телефон доверия»: nobody knows which telephone calls it."""

    did: Annotated[str, StringConstraints(pattern=DID)]
    menu: Annotated[str, StringConstraints(pattern=MENU)]
    """File name under `dialplan/menus`."""


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"Часовой пояс «{name}» неизвестен. Пишите как Asia/Novokuznetsk.")
    return name


class Company(_Frozen):
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
    schedules: dict[Slug, Schedule] = {}
    topics: dict[Slug, Topic] = Field(min_length=1)
    branches: tuple[Branch, ...] = ()
    queue_names: dict[Slug, Text] = {}
    """What people call a queue, on every page and in transfers; one left out is named after its topics."""
    application_numbers: ApplicationNumbers = ApplicationNumbers()
    feeds: tuple[FeedRule, ...] = ()
    """Where outages come from by themselves."""
    members: dict[Slug, tuple[Agent, ...]] = {}
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


AT_THE_START = (
    *("id", "time_zone", "dids", "menu", "hotline", "queues", "rule_profile", "branches", "feeds", "members"),
    *("duty_phones", "queue_names", "trust_line"),
)
"""Of a company: what is read when the line starts and stays so until it starts anew."""


class Companies:
    """All companies of this line."""

    def __init__(self, companies: Mapping[str, Company]) -> None:
        self._by_id = MappingProxyType(dict(companies))

    def __iter__(self) -> Iterator[Company]:
        return iter(self._by_id.values())

    @classmethod
    def load(cls, folder: Path) -> Companies:
        """Read every `*.yaml` of the folder. Raises Misconfigured with all mistakes of every wrong file."""
        companies, refused = every(folder)
        if refused:
            raise Misconfigured("\n".join(each.message for each in refused))
        return companies

    def take(self, others: Companies) -> list[str]:
        """Let what others say of these companies hold from now on, as far as it can while the line runs.

        Returns the ids of companies that are as they were until the next start: new ones, those that are gone, and
        those whose numbers, queues or parts are others, of which Asterisk and the forms of outages know as well.
        """
        later = sorted(self._by_id.keys() ^ others._by_id.keys())
        taken = dict(self._by_id)
        for id in self._by_id.keys() & others._by_id.keys():
            old, new = self._by_id[id], others._by_id[id]
            if any(getattr(old, name) != getattr(new, name) for name in AT_THE_START):
                later.append(id)
            else:
                taken[id] = new
        self._by_id = MappingProxyType(taken)
        return later

    @cached_property
    def queues(self) -> frozenset[str]:
        """Every queue of every company."""
        return frozenset().union(*(company.queues for company in self))

    def by_id(self, company_id: str) -> Company:
        """A company by its id. Raises NotFound."""
        if company_id not in self._by_id:
            raise NotFound(f"Компании «{company_id}» нет. Есть: {', '.join(self._by_id)}.")
        return self._by_id[company_id]


SHAPES = {
    SLUG: "Строчные латинские буквы, цифры и дефис, с буквы, не длиннее 32.",
    DID: "Одиннадцать цифр с семёрки, например 78005009494.",
    MENU: "Имя файла из dialplan/menus, например skek.yaml.",
    AGENT: "Добавочный номер агента из настроек, например 101.",
}
"""Each pattern's requirement, in words."""


def every(folder: Path) -> tuple[Companies, list[Misconfigured]]:
    """The companies of the files that are right, and what is wrong with each of the others.

    Of two files that want one number or one queue, the second by name is wrong.
    """
    by_id: dict[str, Company] = {}
    refused: list[Misconfigured] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            file = read(path)
            company = validated(file, Company, SHAPES)
            if mistakes := [*_at_odds(company, file), *_taken(company, file, by_id.values())]:
                raise misconfigured(path, mistakes)
        except Misconfigured as error:
            refused.append(error)
        else:
            by_id[company.id] = company
    if not by_id and not refused:
        nobody = Mistake(1, "Нет ни одной компании.", "Положите сюда файл компании *.yaml.")
        refused.append(misconfigured(folder, [nobody]))
    return Companies(by_id), refused


def _taken(company: Company, file: YamlFile, others: Iterable[Company]) -> Iterator[Mistake]:
    """Numbers and queues that another company has already."""
    for other in others:
        for did, line in _lines_of_dids(company, file):
            if did in other.every_did:
                what = f"Номер {did} уже отдан компании «{other.id}»."
                yield Mistake(line, what, "Оставьте его одной из них.")
        for queue in company.queues & other.queues:
            # Queue names are global in Asterisk: callers of one company would reach agents of another.
            what = f"Очередь «{queue}» уже есть у компании «{other.id}»."
            cure = f"Назовите её по-своему, например {company.id}-{queue.rpartition('-')[2]}."
            yield Mistake(_line_of_queue(company, file, queue), what, cure)


def _lines_of_dids(company: Company, file: YamlFile) -> Iterator[tuple[str, int]]:
    """Each number of the company with its line."""
    yield from ((did, file.line("dids", at)) for at, did in enumerate(company.dids))
    if company.trust_line is not None:
        yield company.trust_line.did, file.line("trust_line", "did")


def _line_of_queue(company: Company, file: YamlFile, queue: str) -> int:
    if company.hotline == queue:
        return file.line("hotline")
    code = next(code for code, topic in company.topics.items() if topic.queue == queue)
    return file.line("topics", code, "queue")


def _at_odds(company: Company, file: YamlFile) -> Iterator[Mistake]:
    """Fields that are each valid but contradict each other."""
    if company.id != file.path.stem:
        what = f"id «{company.id}» не совпадает с именем файла."
        yield Mistake(file.line("id"), what, f"Пишите id: {file.path.stem}.")
    if company.trust_line is not None and company.trust_line.did in company.dids:
        what = f"Номер {company.trust_line.did} уже есть в dids."
        cure = "На телефоне доверия номер звонящего не хранится, и это может быть только отдельный номер."
        yield Mistake(file.line("trust_line", "did"), what, cure)
    if company.trust_line is not None and company.trust_line.menu == company.menu:
        what, cure = "У телефона доверия то же меню, что у горячей линии.", f"Дайте своё: {company.id}-trust.yaml."
        yield Mistake(file.line("trust_line", "menu"), what, cure)
    for code, topic in company.topics.items():
        if topic.schedule != ALWAYS and topic.schedule not in company.schedules:
            known = ", ".join([ALWAYS, *company.schedules])
            what = f"У темы «{code}» нет расписания «{topic.schedule}»."
            yield Mistake(file.line("topics", code, "schedule"), what, f"Возможны: {known}.")
    for field in ("queue_names", "members"):
        for queue in getattr(company, field).keys() - company.queues:
            what, known = f"Очереди «{queue}» у компании нет.", ", ".join(sorted(company.queues))
            yield Mistake(file.line(field, queue), what, f"Есть: {known}.")
    names = [company.queue_name(queue) for queue in sorted(company.queues)]
    for queue, name in company.queue_names.items():
        if names.count(name) > 1:
            what = f"Очередей с именем «{name}» несколько."
            yield Mistake(file.line("queue_names", queue), what, "Назовите их по-разному: по имени на них переводят.")
    for where, phones in (
        ((), company.duty_phones),
        *((("branches", at), branch.duty_phones) for at, branch in enumerate(company.branches)),
    ):
        for at, phone in enumerate(phones):
            if phone in phones[:at]:
                what = f"Дежурный телефон {phone} назван дважды."
                yield Mistake(file.line(*where, "duty_phones", at), what, "Оставьте его один раз.")
    feeds = [rule.name for rule in company.feeds]
    for at, name in enumerate(feeds):
        if name in feeds[:at]:
            yield Mistake(file.line("feeds", at, "name"), f"Источник «{name}» повторён.", "Дайте каждому своё имя.")
    seen: set[str] = set()
    for at, branch in enumerate(company.branches):
        if branch.id in seen:
            yield Mistake(file.line("branches", at, "id"), f"Филиал «{branch.id}» повторён.", "Дайте каждому свой id.")
        seen.add(branch.id)
