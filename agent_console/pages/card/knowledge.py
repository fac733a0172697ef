"""`/knowledge`: the articles of the company, by topic or by words; the same list is a tab of the call card."""

from __future__ import annotations

import structlog
from aiohttp import web

from agent_console.console import CONSOLE, actor_of, console_of
from agent_console.people.permissions import Permission
from agent_console.web.company import companies_of, company_asked
from agent_console.web.query_string import QueryString
from agent_console.web.render import render
from agent_console.web.routes import MenuEntry, add, add_entry
from appeals.taxonomy import shipped
from grid.knowledge import Knowledge
from gridline.errors import Misconfigured

KNOWLEDGE: web.AppKey[Knowledge] = web.AppKey("knowledge")
LONGEST_QUERY = 120

log = structlog.get_logger(__name__)


def add_to(app: web.Application) -> None:
    """Read the articles and hang the routes; a wrong article is left out and told in the log."""
    console = app[CONSOLE]
    companies = [company.id for company in console.companies]
    app[KNOWLEDGE] = Knowledge.load(console.settings.dialplan / "knowledge", companies, _refused)
    add(app, "GET", "/knowledge", page, permission=Permission.KNOWLEDGE_READ)
    add(app, "GET", "/knowledge/part", part, permission=Permission.KNOWLEDGE_READ)
    add_entry(app, MenuEntry(70, "База знаний", "/knowledge", "knowledge", Permission.KNOWLEDGE_READ, key="k"))


def _refused(error: Misconfigured) -> None:
    log.error("article-refused", reason=error.message)


async def page(request: web.Request) -> web.Response:
    """All articles, with the search and the topics to narrow them to."""
    return _list(request, "main")


async def part(request: web.Request) -> web.Response:
    """The list alone, for a search as it is typed and for the card."""
    return _list(request, "articles")


def _list(request: web.Request, block: str) -> web.Response:
    company = company_asked(request)
    given, topics = QueryString(request.query), shipped().topics
    query, topic = given.text("q", at_most=LONGEST_QUERY), given.code("topic", topics, "Тема")
    knowledge = request.app[KNOWLEDGE]
    found = knowledge.find(company.id, query) if query else knowledge.of_topic(company.id, topic)
    narrowed = found if query or not topic else [one for one in found if topic in one.topics or not one.topics]
    return render(
        request,
        "knowledge.html",
        block=block,
        title="База знаний",
        articles=narrowed,
        query=query,
        topic=topic,
        subjects=[(code, row.title) for code, row in topics.items() if code in company.topics],
        of_company=company,
        companies=companies_of(console_of(request), actor_of(request)),
    )
