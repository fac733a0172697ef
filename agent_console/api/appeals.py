"""`POST /api/v1/appeals`: appeals from the site, the personal account, e-mail robots and other systems."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

from aiohttp import web

from agent_console.api import links
from agent_console.api.clients import Client, Clients
from agent_console.people.permissions import Access
from agent_console.web.routes import add
from agent_console.web.security import BODY_WITHIN_S
from appeals import numbering
from appeals.intake.intake import accept
from appeals.intake.repeats import OpenAppeal
from appeals.register import AppealStatus, Register, Registered
from gridline.companies import Companies
from gridline.db import Database
from gridline.errors import GridlineError, InvalidInput, NotFound

LARGEST_BODY = 1024 * 1024
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
        client = self._client(request)
        if client is None:
            return _unknown_client()
        try:
            given = await _body(request)
            _check_company(client, given.get("company_id"))
            intake = accept({**given, "actor": f"api:{client.name}", "idempotency_key": _key(request, client)})
            async with self._db.read() as session:
                await links.check(session, intake, self._companies.by_id(intake.company_id))
            similar = await self._register.similar(intake)
            done = await self._register.register(intake)
        except GridlineError as error:
            return refused(error)
        others = [one for one in similar if one.appeal_id != done.appeal_id]
        return web.json_response(_registered(done, others), status=200 if done.existed else 201)

    async def status(self, request: web.Request) -> web.Response:
        """Where an appeal stands, by its number or receipt; nothing personal."""
        client = self._client(request)
        if client is None:
            return _unknown_client()
        try:
            company_id = request.query.get("company_id", "")
            _check_company(client, company_id)
            found = await self._register.status(company_id, request.match_info["number"])
        except GridlineError as error:
            return refused(error)
        return web.json_response(_status(found))

    def _client(self, request: web.Request) -> Client | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        return self._clients.of_token(token.strip()) if scheme.lower() == "bearer" and token.strip() else None


def refused(error: GridlineError) -> web.Response:
    """An expected failure as the API tells it."""
    return web.json_response({"code": error.code, "message": error.message}, status=error.status)


def _unknown_client() -> web.Response:
    told = {"code": "unauthorized", "message": "Система не допущена: нет верного ключа в заголовке Authorization."}
    return web.json_response(told, status=401, headers={"WWW-Authenticate": "Bearer"})


async def _body(request: web.Request) -> dict[str, Any]:
    if request.content_length is not None and request.content_length > LARGEST_BODY:
        raise InvalidInput(f"Запрос больше {LARGEST_BODY // 1024} кБ.")
    raw = bytearray()
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            async for chunk in request.content.iter_chunked(64 * 1024):
                raw += chunk
                if len(raw) > LARGEST_BODY:
                    raise InvalidInput(f"Запрос больше {LARGEST_BODY // 1024} кБ.")
    except TimeoutError as error:
        raise InvalidInput(f"Запрос не пришёл целиком за {BODY_WITHIN_S:.0f} с.") from error
    try:
        given = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("Тело запроса — не JSON в UTF-8.") from error
    if not isinstance(given, dict):
        raise InvalidInput("Тело запроса — не объект JSON.")
    if ours := [field for field in _OURS if field in given]:
        raise InvalidInput(f"Эти поля заполняет реестр, а не запрос: {', '.join(ours)}.")
    return given


def _key(request: web.Request, client: Client) -> str:
    key = request.headers.get("Idempotency-Key", "")
    if not _KEY.fullmatch(key):
        raise InvalidInput("Нужен заголовок Idempotency-Key: до 60 печатных знаков ASCII, свой у каждого обращения.")
    return f"{client.name}:{key}"


def _check_company(client: Client, company_id: object) -> None:
    if not isinstance(company_id, str) or company_id not in client.companies:
        raise NotFound("Такой компании нет, или система к ней не допущена.")


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
