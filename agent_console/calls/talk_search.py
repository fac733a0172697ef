"""Search of talks: what its address may ask, and one page of what is found, each with the seconds of the words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import ClassVar, Final

from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.calls import calls
from agent_console.web.query_string import PageQuery, PageStart, QueryString
from appeals import numbering
from appeals.numbering import Number
from gridline.calendar import days
from gridline.companies import Company
from gridline.errors import InvalidInput
from gridline.numbers import phones
from gridline.scope import Scope
from quality.masking.masking import Shown
from quality.search import moments, search
from quality.search.moments import SaidMoment
from quality.search.search import FoundTalk, SearchedTalks
from quality.transcripts import transcripts

PAGE: Final = 20
PERIOD: Final = timedelta(days=29)
LONGEST_PERIOD: Final = timedelta(days=366)
LENGTHS: Final[Mapping[str, tuple[str, int, int]]] = {
    "short": ("до 1 мин", 0, 60),
    "usual": ("1–5 мин", 60, 300),
    "long": ("5–15 мин", 300, 900),
    "longest": ("дольше 15 мин", 900, 0),
}
"""By code: its name, the least and the most seconds."""
SILENCES: Final[Mapping[str, str]] = {"20": "от 20 %", "40": "от 40 %", "60": "от 60 %"}
OVERS: Final[Mapping[str, str]] = {"5": "от 5 с", "15": "от 15 с", "30": "от 30 с"}
HOLDS: Final[Mapping[str, str]] = {"1": "было", "60": "от 1 мин", "180": "от 3 мин"}
MARKED: Final[Mapping[str, str]] = {"any": "есть", "own": "есть мои"}


@dataclass(frozen=True, slots=True)
class TalkChoices:
    """What may be chosen from lists: codes and their names."""

    agents: Mapping[str, str]
    topics: Mapping[str, str]
    places: Mapping[str, str]
    """Places of the company's menu."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TalksQuery(PageQuery):
    """What the search is asked, as its address holds it."""

    PATH: ClassVar[str] = "/talks"
    PLACE: ClassVar[str] = "before"

    since: date
    until: date
    """Both counted in."""
    q: str = ""
    agent: str = ""
    queue: str = ""
    topic: str = ""
    length: str = ""
    silence: str = ""
    over: str = ""
    hold: str = ""
    number: str = ""
    """In E.164."""
    appeal: str = ""
    """As it is printed."""
    place: str = ""
    marked: str = ""
    company: str = ""
    before: PageStart | None = None
    """The last recording of the page before."""

    @property
    def has_more(self) -> bool:
        """Whether it asks something of the part of the form that is folded away."""
        return any((self.number, self.appeal, self.place, self.marked, self.silence, self.over, self.hold))

    def to_save(self, today: date) -> str:
        """Its query string, as it is saved: from the list's beginning, the usual period of `today` not named.

        Raises InvalidInput where a number is asked: whoever has it erased must not be left in somebody's list.
        """
        if self.number:
            raise InvalidInput("Поиск с номером телефона не сохраняется: сотрите номер и сохраните снова.")
        usual = (self.since, self.until) == (today - PERIOD, today)
        return self.url(**{"since": None, "until": None} if usual else {}).partition("?")[2]

    def searched(self, company: Company, reader: str) -> SearchedTalks:
        """The talks that are wanted; `reader` is the signature of whoever asks."""
        _, least, most = LENGTHS[self.length] if self.length else ("", 0, 0)
        return SearchedTalks(
            since=days.begins(self.since, company.zone),
            before=days.ends(self.until, company.zone),
            words=self.q,
            agent=self.agent,
            queue=self.queue,
            topic=self.topic,
            least_s=least,
            most_s=most,
            silence_per_cent=int(self.silence or 0),
            over_s=int(self.over or 0),
            hold_s=int(self.hold or 0),
            caller=self.number,
            appeal=numbering.read(self.appeal) if self.appeal else None,
            place=self.place,
            marked=self.marked == "any",
            marked_by=reader if self.marked == "own" else "",
            reader=reader,
        )


@dataclass(frozen=True, slots=True)
class TalkRow:
    """One talk that was found."""

    found: FoundTalk
    agents: tuple[str, ...]
    queues: tuple[str, ...]
    moments: tuple[SaidMoment, ...]

    def url(self, at: float | None = None) -> str:
        """The call's page, where this recording of it is heard from that second."""
        page = f"/calls/{self.found.call.id}"
        return page if at is None else f"{page}?recording={self.found.recording.id}&at={at:g}"


def read(query: Mapping[str, str], company: Company, choices: TalkChoices, today: date) -> TalksQuery:
    """The question of an address; the last thirty days without one. Raises InvalidInput (attack A14)."""
    given = QueryString(query)
    until = given.day("until") or today
    since = given.day("since") or until - PERIOD
    since, until = min(since, until), max(since, until)
    if until - since > LONGEST_PERIOD:
        raise InvalidInput("Ищут не больше чем за год. Сократите период.")
    return TalksQuery(
        since=since,
        until=until,
        q=given.text("q"),
        agent=given.code("agent", choices.agents, "Оператор"),
        queue=given.code("queue", company.queues, "Очередь"),
        topic=given.code("topic", choices.topics, "Тема"),
        length=given.code("length", LENGTHS, "Длина"),
        silence=given.code("silence", SILENCES, "Тишина"),
        over=given.code("over", OVERS, "Перебивания"),
        hold=given.code("hold", HOLDS, "Удержание"),
        number=phones.read(number).e164 if (number := given.text("number")) else "",
        appeal=_written(appeal) if (appeal := given.text("appeal")) else "",
        place=given.code("place", choices.places, "Место меню"),
        marked=given.code("marked", MARKED, "Пометки"),
        company=company.id,
        before=given.start("before"),
    )


def _written(number: str) -> str:
    """An appeal's number as it is printed, a receipt's as its digits. Raises InvalidInput."""
    read = numbering.read(number)
    return read.written if isinstance(read, Number) else read.digits


async def page(
    session: AsyncSession, company: Company, asked: TalksQuery, shown: Shown, *, reader: str, visible_to: Scope
) -> tuple[list[TalkRow], PageStart | None]:
    """The newest talks that fit, and where the next page begins (None at the end).

    `shown` is what its reader may read of somebody's words, `reader` their signature.
    """
    after = (asked.before.at, asked.before.id) if asked.before else None
    found, more = await search.page(
        session, company.id, asked.searched(company, reader), visible_to=visible_to, after=after, most=PAGE
    )
    visits = await calls.visits(session, [one.call.id for one in found])
    rows = []
    for one in found:
        waited = visits[one.call.id]
        said = await _moments(session, one, asked.q, shown) if asked.q else []
        agents = dict.fromkeys(visit.agent for visit in waited if visit.agent)
        rows.append(TalkRow(one, tuple(agents), tuple(dict.fromkeys(visit.queue for visit in waited)), tuple(said)))
    last = found[-1] if more else None
    return rows, PageStart(last.call.started_at, last.recording.id) if last else None


async def _moments(session: AsyncSession, found: FoundTalk, q: str, shown: Shown) -> list[SaidMoment]:
    rows = await transcripts.of_recording(session, found.recording)
    heard = transcripts.channels(found.recording, rows)
    return moments.of_words(q, [replace(channel, words=tuple(shown(channel.words))) for channel in heard])
