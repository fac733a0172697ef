"""`POST /api/v1/net|premises|outages` and `/feeds/{name}`: tables as JSON, with the checks that files go through."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from agent_console.api import bodies
from agent_console.api.clients import Clients
from agent_console.people.permissions import Access
from agent_console.web.routes import add
from grid.feeds.folder import given
from grid.feeds.intake import FeedIntake
from grid.imports import HandedTable, Outcome
from grid.imports.net import import_net
from grid.imports.outages import import_outages
from grid.imports.premises import import_premises
from gridline.companies import Companies
from gridline.db import Database
from gridline.errors import GridlineError, InvalidInput

MOST_ROWS: Final = 2000
"""Rows a request: what is stored is stored while callers wait for the database too."""
_FIELDS: Final = frozenset({"company_id", "rows"})

Importer = Callable[[Database, HandedTable], Awaitable[Outcome]]


class TablesApi:
    """The grid's imports behind HTTP: rows have the columns and words of the tables, and come in all or none."""

    def __init__(self, db: Database, companies: Companies, clients: Clients, feeds: FeedIntake) -> None:
        self._db = db
        self._companies = companies
        self._clients = clients
        self._feeds = feeds

    def add_to(self, app: web.Application) -> None:
        """Hang the routes on `app`."""
        for name, importer in (("net", import_net), ("premises", import_premises), ("outages", import_outages)):
            add(app, "POST", f"/api/v1/{name}", self._importing(importer), permission=Access.MACHINE)
        add(app, "POST", "/api/v1/feeds/{name}", self.take_feed, permission=Access.MACHINE)

    def _importing(self, importer: Importer) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def take_in(request: web.Request) -> web.Response:
            return await self._answered(request, lambda table: importer(self._db, table))

        return take_in

    async def take_feed(self, request: web.Request) -> web.Response:
        """What a feed says now; 404 for a name that the company's file does not have, or that comes by files."""

        async def taken(table: HandedTable) -> Outcome:
            company = self._companies.by_id(table.company_id)
            rule = company.feed(request.match_info["name"])
            if rule.way != "push":
                raise InvalidInput(f"Источник «{rule.name}» приходит файлами, а не по HTTP.")
            return (await self._feeds.take(company, rule, table)).outcome

        return await self._answered(request, taken)

    async def _answered(self, request: web.Request, take: Callable[[HandedTable], Awaitable[Outcome]]) -> web.Response:
        client = self._clients.of_request(request)
        if client is None:
            return bodies.unknown_client()
        try:
            body = await bodies.read_object(request)
            client.check(body.get("company_id"))
            if unknown := sorted(body.keys() - _FIELDS):
                raise InvalidInput(f"Незнакомые поля: {', '.join(unknown)}. Возможны: company_id, rows.")
            outcome = await take(self._table(request, body))
        except GridlineError as error:
            return bodies.refused(error)
        counts = {"added": outcome.added, "changed": outcome.changed, "unchanged": outcome.unchanged}
        return web.json_response({**counts, "notes": outcome.notes})

    def _table(self, request: web.Request, body: dict[str, Any]) -> HandedTable:
        name = request.path.rpartition("/")[2]
        rows = given(name, body.get("rows"))
        if len(rows) > MOST_ROWS:
            raise InvalidInput(f"{name}: больше {MOST_ROWS} строк. Разделите на несколько запросов.")
        if any("компания" in row for row in rows):
            raise InvalidInput(f"{name}: компанию называет поле company_id, а не столбец.")
        return HandedTable(Path(name), self._companies, body["company_id"], given=rows)
