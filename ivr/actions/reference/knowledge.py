"""The knowledge base, spoken: a section chosen by two keys, or the articles of a topic, said as they stand now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from grid.knowledge import Article, Knowledge
from grid.reference.sections import GROUPS, TITLES, ArticleSection, SectionGroup
from ivr.actions.questions import REPEAT_KEY, SILENCE, choose, with_keys
from ivr.actions.reference import reading
from ivr.line import Line
from ivr.services import Services
from ivr.voice.prompts import Prompt

ANOTHER, MAIN = "1", "2"
BACK: Final = "9"

Exit = Literal["done", "main", "operator", "none"]


async def act(line: Line, services: Services, topic: str) -> Exit:
    """Tell what they choose; with a `topic` its articles at once. `none`: nothing is written for callers."""
    company = line.call.company.id
    while True:
        book = services.shelf.now().knowledge
        told = book.aloud_on(company, topic) if topic else await _chosen(line, book)
        if not told:
            return "none"
        key = await _told(line, told, "knowledge-topic-end" if topic else "knowledge-end")
        if key != ANOTHER or topic:
            return "done" if key == SILENCE else "main"


async def _chosen(line: Line, book: Knowledge) -> Sequence[Article]:
    """The articles of a section; empty where the company has none for callers at all."""
    company = line.call.company.id
    groups = [group for group in GROUPS if _heard(book, company, group)]
    while groups:
        names = [group.name for group in groups]
        key = await choose(line, Prompt("knowledge-groups", choices=with_keys(names)), keys=_keys(names))
        sections = _heard(book, company, groups[int(key) - 1])
        if len(sections) == 1:
            return book.aloud(company, sections[0])
        titles = [TITLES[section] for section in sections]
        key = await choose(line, Prompt("knowledge-sections", choices=with_keys(titles)), keys=(*_keys(titles), BACK))
        if key != BACK:
            return book.aloud(company, sections[int(key) - 1])
    return ()


def _heard(book: Knowledge, company: str, group: SectionGroup) -> list[ArticleSection]:
    return [section for section in group.sections if book.aloud(company, section)]


def _keys(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(str(at) for at in range(1, len(names) + 1))


async def _told(line: Line, articles: Sequence[Article], menu: str) -> str:
    """Say them one after another, as often as wanted; the key of the menu at the end."""
    keys = MAIN + REPEAT_KEY if menu == "knowledge-topic-end" else ANOTHER + MAIN + REPEAT_KEY
    for _ in range(reading.MOST_AGAIN):
        await reading.in_parts(line, [[Prompt("knowledge-words", words=article.spoken)] for article in articles])
        key = await choose(line, menu, keys=keys, silence=SILENCE)
        if key != REPEAT_KEY:
            return key
    return SILENCE
