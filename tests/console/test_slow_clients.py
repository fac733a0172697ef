"""Clients that send a letter at a time: they lose their place, and nobody else waits for them."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from agent_console.api import bodies
from agent_console.app import make_app
from agent_console.web import security, site
from carrier.settings import free_port
from tests.console.conftest import ConsoleApp

MANY = 300


async def _healthy() -> dict[str, bool]:
    return {}


async def test_three_hundred_slow_headers_are_closed_and_keep_nobody_waiting(
    console_app: ConsoleApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site, "HEADERS_WITHIN_S", 2.0)
    port = free_port()
    config = console_app.console.settings.model_copy(update={"http_host": "127.0.0.1", "http_port": port})
    async with site.served(make_app(console_app.console, _healthy), config):
        slow = await asyncio.gather(*(_slow(port) for _ in range(MANY)))
        async with asyncio.timeout(10), aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port}/signin") as answer:
                assert answer.status == 200
            assert await asyncio.gather(*(_closed(*one) for one in slow)) == [b""] * MANY


async def _slow(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /signin HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    return reader, writer


async def _closed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """What comes to the slow one, who sends on until the end: nothing."""

    async def trickle() -> None:
        while True:
            writer.write(b"x")
            await asyncio.sleep(0.2)

    sending = asyncio.create_task(trickle())
    try:
        return await reader.read()
    except ConnectionError:
        return b""
    finally:
        sending.cancel()
        writer.close()


@pytest.mark.parametrize(("path", "status"), [("/signin", 408), ("/api/v1/appeals", 422)])
async def test_a_body_that_does_not_come_is_not_waited_for(
    console_app: ConsoleApp, monkeypatch: pytest.MonkeyPatch, path: str, status: int
) -> None:
    monkeypatch.setattr(security, "BODY_WITHIN_S", 0.3)
    monkeypatch.setattr(bodies, "BODY_WITHIN_S", 0.3)
    port = int(console_app.base.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    headers = f"Host: 127.0.0.1:{port}\r\nOrigin: {console_app.base}\r\nAuthorization: Bearer {console_app.api_token}"
    kind = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000"
    writer.write(f"POST {path} HTTP/1.1\r\n{headers}\r\n{kind}\r\n\r\nlogin=".encode())
    async with asyncio.timeout(10):
        answer = await reader.readline()
    assert answer.split()[1] == str(status).encode()
    writer.close()
