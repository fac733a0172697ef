"""`/knowledge`: the articles of the company, by topic or by words; the same list is a tab of the call card.

They are those that callers hear: the shelf reads a file anew once it has changed.
"""

from __future__ import annotations

from aiohttp import web

from agent_console.console import actor_of, console_of
from agent_console.people.permissions import Permission
from agent_console.web.company import companies_of, company_asked
from agent_console.web.query_string import QueryString
from agent_console.web.render import render
from agent_console.web.routes import MenuEntry, add, add_entry
from appeals.taxonomy import shipped
from grid.reference.sections import TITLES, ArticleSection

LONGEST_QUERY = 120


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    add(app, "GET", "/knowledge", page, permission=Permission.KNOWLEDGE_READ)
    add(app, "GET", "/knowledge/part", part, permission=Permission.KNOWLEDGE_READ)
    add_entry(app, MenuEntry(70, "База знаний", "/knowledge", "knowledge", Permission.KNOWLEDGE_READ, key="k"))


async def page(request: web.Request) -> web.Response:
    """All articles, with the search and the topics to narrow them to."""
    return await _list(request, "main")


async def part(request: web.Request) -> web.Response:
    """The list alone, for a search as it is typed and for the card."""
    return await _list(request, "articles")


async def _list(request: web.Request, block: str) -> web.Response:
    company = company_asked(request)
    given, topics = QueryString(request.query), shipped().topics
    query, topic = given.text("q", at_most=LONGEST_QUERY), given.code("topic", topics, "Тема")
    knowledge = console_of(request).shelf.now().knowledge
    section = given.code("section", {str(one) for one in TITLES}, "Раздел")
    found = knowledge.find(company.id, query) if query else knowledge.of_topic(company.id, topic)
    narrowed = found if query or not topic else [one for one in found if topic in one.topics or not one.topics]
    if section and not query:
        narrowed = knowledge.in_section(company.id, ArticleSection(section))
    return render(
        request,
        "knowledge.html",
        block=block,
        title="База знаний",
        articles=narrowed,
        query=query,
        topic=topic,
        section=section,
        sections=[(str(code), title) for code, title in TITLES.items()],
        subjects=[(code, row.title) for code, row in topics.items() if code in company.topics],
        of_company=company,
        companies=companies_of(console_of(request), actor_of(request)),
    )
