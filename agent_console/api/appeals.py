"""`POST /api/v1/appeals`: appeals from the site, the personal account, e-mail robots and other systems."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web

from agent_console.api import bodies, links
from agent_console.api.clients import Client, Clients
from agent_console.people.permissions import Access
from agent_console.web.routes import add
from appeals import numbering
from appeals.intake.intake import accept
from appeals.intake.repeats import OpenAppeal
from appeals.register import AppealStatus, Register, Registered
from gridline.companies import Companies
from gridline.db import Database
from gridline.errors import GridlineError, InvalidInput

_KEY = re.compile(r"[\x21-\x7e]{1,60}")
_OURS = ("actor", "idempotency_key", "receipt", "draft_id")
"""Fields of an intake that say who handed it in and how: never taken from a body."""


class AppealsApi:
    """The register behind HTTP; every answer is JSON, every refusal has a code and a Russian message."""

    def __init__(self, db: Database, companies: Companies, register: Register, clients: Clients) -> None:
        self._db = db
        self._companies = companies
        self._register = register
        self._clients = clients

    def add_to(self, app: web.Application) -> None:
        """Hang the routes on `app`."""
        add(app, "POST", "/api/v1/appeals", self.take_in, permission=Access.MACHINE)
        add(app, "GET", "/api/v1/appeals/{number}", self.status, permission=Access.MACHINE)

    async def take_in(self, request: web.Request) -> web.Response:
        """Register an appeal: 201, or 200 with the first one when the key was used before with the same content."""
        client = self._clients.of_request(request)
        if client is None:
            return bodies.unknown_client()
        try:
            given = await _body(request)
            client.check(given.get("company_id"))
            intake = accept({**given, "actor": f"api:{client.name}", "idempotency_key": _key(request, client)})
            async with self._db.read() as session:
                await links.check(session, intake, self._companies.by_id(intake.company_id))
            similar = await self._register.similar(intake)
            done = await self._register.register(intake)
        except GridlineError as error:
            return bodies.refused(error)
        others = [one for one in similar if one.appeal_id != done.appeal_id]
        return web.json_response(_registered(done, others), status=200 if done.existed else 201)

    async def status(self, request: web.Request) -> web.Response:
        """Where an appeal stands, by its number or receipt; nothing personal."""
        client = self._clients.of_request(request)
        if client is None:
            return bodies.unknown_client()
        try:
            company_id = request.query.get("company_id", "")
            client.check(company_id)
            found = await self._register.status(company_id, request.match_info["number"])
        except GridlineError as error:
            return bodies.refused(error)
        return web.json_response(_status(found))


async def _body(request: web.Request) -> dict[str, Any]:
    given = await bodies.read_object(request)
    if ours := [field for field in _OURS if field in given]:
        raise InvalidInput(f"Эти поля заполняет реестр, а не запрос: {', '.join(ours)}.")
    return given


def _key(request: web.Request, client: Client) -> str:
    key = request.headers.get("Idempotency-Key", "")
    if not _KEY.fullmatch(key):
        raise InvalidInput("Нужен заголовок Idempotency-Key: до 60 печатных знаков ASCII, свой у каждого обращения.")
    return f"{client.name}:{key}"


def _registered(done: Registered, similar: list[OpenAppeal]) -> dict[str, Any]:
    return {
        "appeal_id": done.appeal_id,
        "number": done.number,
        "written": done.written,
        "deadline": done.deadline.isoformat(),
        "deadline_sentence": done.deadline_sentence,
        "existed": done.existed,
        "similar": [
            {
                "number": one.number,
                "written": numbering.written(one.number),
                "same": one.same,
                "received_at": one.received_at.isoformat(),
                "deadline": one.deadline.isoformat(),
            }
            for one in similar
        ],
    }


def _status(found: AppealStatus) -> dict[str, Any]:
    return {
        "number": found.number,
        "written": numbering.written(found.number),
        "state": found.state,
        "kind": found.kind,
        "topic": found.topic,
        "received_at": found.received_at.isoformat(),
        "deadline": found.deadline.isoformat(),
        "answered_at": found.answered_at.isoformat() if found.answered_at else None,
        "overdue": found.overdue,
        "sentence": found.sentence,
    }
