"""The console while its database is away: told in words, nothing half done, and back by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from agent_console.people.models import Role
from gridline.db import Database
from tests.console.conftest import Client, ConsoleApp, opened
from tests.postgres import PostgresServer

pytestmark = pytest.mark.postgres
PAGES = ("/desk", "/appeals", "/wallboard", "/card", "/knowledge")


@pytest.fixture
async def console(postgres_url: str, tmp_path: Path) -> AsyncIterator[ConsoleApp]:
    async with opened(Database(postgres_url), tmp_path) as made:
        yield made


async def test_pages_and_deeds_say_so_and_work_again_when_it_is_back(
    console: ConsoleApp, postgres_server: PostgresServer
) -> None:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        agent = Client(session, console.base)
        assert (await agent.sign_in(Role.AGENT.value)).status == 303
        await asyncio.to_thread(postgres_server.shut)
        try:
            for path in PAGES:
                answer = await agent.get(path)
                assert answer.status == 503, path
                assert "База данных" in await answer.text(), path
            answer = await agent.post("/desk/sign-on", data={"queue": "skek-hotline"})
            assert answer.status == 503
            newcomer = Client(session, console.base)
            assert (await newcomer.sign_in(Role.CLERK.value)).status == 503
        finally:
            await asyncio.to_thread(postgres_server.start)
        for path in PAGES:
            assert (await agent.get(path)).status == 200, path  # still signed in: the session is in the database
