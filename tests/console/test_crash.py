"""A handler that fails in a way nobody foresaw: whoever asked is told a number, the figure counts it."""

from __future__ import annotations

import re

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from agent_console.people.permissions import Access
from agent_console.web import failures
from agent_console.web.routes import add
from tests.figures import value


async def test_an_unforeseen_error_is_told_by_a_number_and_counted() -> None:
    async def handler(_request: web.Request) -> web.Response:
        raise ZeroDivisionError("secret detail")

    app = web.Application(middlewares=[failures.tell])
    add(app, "GET", "/api/thing", handler, permission=Access.PUBLIC)
    crashes = value("gridline_request_crashes_total")
    async with TestClient(TestServer(app)) as client, client.get("/api/thing") as answer:
        told = await answer.json()
        assert (answer.status, told["code"]) == (500, "crash")
    assert re.search(r"под номером \w+", told["message"])
    assert "secret" not in told["message"]
    assert value("gridline_request_crashes_total") == crashes + 1
