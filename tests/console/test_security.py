"""Foreign pages, stale pages, injected text, failing stores: what the console does then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from playwright.async_api import BrowserContext, Page
from structlog.testing import capture_logs

from agent_console.app import make_app
from agent_console.people.models import Role
from agent_console.people.permissions import Access
from agent_console.web import security
from agent_console.web.routes import add, unguarded
from agent_console.web.security import CSRF_HEADER
from gridline import settings
from tests.console.conftest import PASSWORD, Axe, ClientOf, ConsoleApp, sign_in

XSS = '"><script>document.title="pwned"</script><img src=x onerror=document.title="pwned">'


async def test_every_answer_has_the_headers(client_of: ClientOf, console_app: ConsoleApp) -> None:
    client = await client_of(Role.AGENT)
    for path in ("/signin", "/account", "/nowhere", "/static/console.css", "/static/../app.py", "/events", "/healthz"):
        headers = (await client.get(path)).headers
        policy = headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "connect-src 'self' ws://127.0.0.1:8088;" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert "Server" not in headers
    assert "no-store" in (await client.get("/account")).headers["Cache-Control"]


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1", ""])
async def test_a_change_from_a_foreign_page_is_refused(client_of: ClientOf, origin: str) -> None:
    client = await client_of(Role.AGENT)
    for path in ("/signout", "/session/alive", "/account/password", "/signin"):
        answer = await client.post(path, headers={"Origin": origin})
        assert answer.status == 403, path
    assert (await client.get("/account")).status == 200


async def test_a_change_without_the_pages_token_is_refused(client_of: ClientOf) -> None:
    client, other = await client_of(Role.AGENT), await client_of(Role.AGENT)
    for token in ("", "0" * 64, other.csrf, "я"):
        assert (
            await client.post("/session/alive", headers={CSRF_HEADER: token.encode().decode("latin-1")})
        ).status == 403
    assert (await client.post("/session/alive")).status == 204


async def test_a_beacon_carries_the_token_in_its_form(client_of: ClientOf) -> None:
    client = await client_of(Role.AGENT)
    answer = await client.post("/session/alive", headers={CSRF_HEADER: ""}, data={"csrf": client.csrf})
    assert answer.status == 204


async def test_a_session_that_ended_asks_for_the_password_in_place(client_of: ClientOf) -> None:
    client = await client_of(None)
    answer = await client.get("/account", headers={"HX-Request": "true"})
    assert (answer.status, answer.headers["HX-Trigger"], answer.headers["HX-Reswap"]) == (401, "signed-out", "none")
    told = await client.get("/account", headers={"Accept": "application/json"})
    assert (told.status, (await told.json())["code"]) == (401, "not-signed-in")


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static//etc/passwd",
        "/static/dist/../../app.py",
        "/static/..%2fapp.py",
    ],
)
async def test_static_files_are_a_closed_list(console_app: ConsoleApp, path: str) -> None:
    host, _, port = console_app.base.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    assert b" 404 " in answer.split(b"\r\n", 1)[0]
    assert b"aiohttp" not in answer


async def test_health_is_for_this_machine(client_of: ClientOf) -> None:
    client = await client_of(None)
    assert (await client.get("/healthz")).status == 200
    assert (await client.get("/metrics")).status == 200
    for path in ("/healthz", "/metrics"):
        assert (await client.get(path, headers={"X-Forwarded-For": "203.0.113.5"})).status == 404


async def test_another_machine_reads_the_figures_only_where_the_settings_name_it(console_app: ConsoleApp) -> None:
    changed = {"metrics_from": ["10.0.0.7", "10.1.0.0/16", "fd00::/8"], "http_proxies": ["127.0.0.1"]}
    console = replace(console_app.console, settings=settings.load(var=console_app.console.settings.var, **changed))
    async with TestClient(TestServer(make_app(console, _healthy))) as client:  # stands for a proxy we believe
        for there in ("10.0.0.7", "10.1.255.1", "fd00::1"):
            for path in ("/healthz", "/metrics"):
                assert (await client.get(path, headers={"X-Forwarded-For": there})).status == 200
        for there in ("10.0.0.8", "203.0.113.5", "fe80::1", "no address", "10.0.0.7, 203.0.113.5"):
            for path in ("/healthz", "/metrics"):
                assert (await client.get(path, headers={"X-Forwarded-For": there})).status == 404
        assert (await client.get("/users", headers={"X-Forwarded-For": "10.0.0.7"})).url.path == "/signin"


async def test_a_proxy_that_is_not_listed_is_warned_of_once(client_of: ClientOf, console_app: ConsoleApp) -> None:
    client = await client_of(None)
    with capture_logs() as logged:
        for n in range(3):
            await client.get("/healthz", headers={"X-Forwarded-For": f"203.0.113.{n}"})
        await client.get("/healthz")
    (warned,) = [one for one in logged if one["event"] == "proxy-not-listed"]
    assert (warned["log_level"], warned["address"]) == ("warning", "127.0.0.1")
    assert "http_proxies" in warned["cure"]
    unlisted = console_app.app[security.GATE].unlisted
    unlisted.clear()
    unlisted.update(map(str, range(security.MOST_UNLISTED)))
    with capture_logs() as logged:
        await client.get("/healthz", headers={"X-Forwarded-For": "203.0.113.9"})
    assert "proxy-not-listed" not in {one["event"] for one in logged}, "nobody fills the log with it"


async def test_a_forged_address_does_not_dodge_the_lock_out(client_of: ClientOf) -> None:
    client = await client_of(None)
    for n in range(5):
        answer = await client.post(
            "/signin", data={"login": "agent", "password": "no"}, headers={"X-Forwarded-For": f"10.1.1.{n}"}
        )
        assert answer.status == 401
    answer = await client.post(
        "/signin", data={"login": "agent", "password": PASSWORD}, headers={"X-Forwarded-For": "10.9.9.9"}
    )
    assert answer.status == 429


async def test_typed_text_comes_back_as_text(page: Page, console_app: ConsoleApp) -> None:
    await page.goto(f"{console_app.base}/signin?next={XSS}")
    await page.get_by_label("Логин").fill(XSS[:60])
    await page.get_by_label("Пароль", exact=True).fill("wrong")
    await page.get_by_role("button", name="Войти").click()
    await page.get_by_text("не подходит").wait_for()
    assert await page.title() == "Вход · Гридлайн"
    assert await page.get_by_label("Логин").input_value() == XSS[:60]


async def test_the_policy_stops_an_inline_script(console_app: ConsoleApp, context: BrowserContext) -> None:
    page = await context.new_page()
    await page.goto(f"{console_app.base}/signin")
    await page.evaluate(
        """() => {
            const one = document.createElement('script');
            one.textContent = 'window.ran = true';
            document.body.append(one);
            document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="window.ran = true">');
        }"""
    )
    await page.wait_for_function("performance.getEntriesByName(new URL('x', location).href).length > 0")
    assert await page.evaluate("window.ran") is None


async def test_the_database_down_is_said_and_the_page_stays(console_app: ConsoleApp, client_of: ClientOf) -> None:
    client = await client_of(Role.AGENT)
    async with _database_away(console_app):
        page = await client.get("/account")
        assert page.status == 503
        assert "Сейчас недоступно" in await page.text()
        part = await client.post("/session/alive", headers={"HX-Request": "true"})
        assert part.status == 503
        assert "HX-Trigger" in part.headers
    assert (await client.get("/account")).status == 200


async def test_an_error_of_ours_is_told_by_a_number_and_nothing_else(console_app: ConsoleApp) -> None:
    async def broken(_request: web.Request) -> web.Response:
        raise RuntimeError("secret detail")

    app = make_app(console_app.console, _healthy)
    add(app, "GET", "/broken", broken, permission=Access.PUBLIC)
    async with TestClient(TestServer(app)) as client:
        page = await client.get("/broken")
        assert page.status == 500
        text = await page.text()
        assert "записана под номером" in text
        assert "secret detail" not in text


def test_a_route_without_a_permission_is_refused_at_start(console_app: ConsoleApp) -> None:
    app = make_app(console_app.console, _healthy)
    assert unguarded(app) == []

    async def handler(_request: web.Request) -> web.Response:
        return web.Response()

    app.router.add_get("/forgotten", handler)
    assert unguarded(app) == ["HEAD /forgotten", "GET /forgotten"]


async def test_the_pages_of_the_door_are_accessible_in_both_dresses(
    page: Page, console_app: ConsoleApp, axe: Axe
) -> None:
    for theme in ("light", "dark"):
        await page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        await page.context.clear_cookies()
        await page.goto(f"{console_app.base}/signin")
        assert await axe(page) == []
        await sign_in(page, console_app.base, Role.CLERK, "/account")
        assert await axe(page) == []
        await page.goto(f"{console_app.base}/account/password")
        assert await axe(page) == []


async def test_signing_in_by_keyboard_alone(page: Page, console_app: ConsoleApp) -> None:
    await page.goto(f"{console_app.base}/signin?next=/account")
    await page.keyboard.type("clerk")
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{console_app.base}/account")
    await page.keyboard.press("Shift+Slash")
    await page.get_by_role("dialog", name="Клавиши").wait_for()
    await page.keyboard.press("Escape")
    await page.get_by_role("dialog", name="Клавиши").wait_for(state="hidden")


async def _healthy() -> dict[str, bool]:
    return {}


@asynccontextmanager
async def _database_away(console_app: ConsoleApp) -> AsyncIterator[None]:
    """The file is gone, as when its disk is."""
    file = Path(str(console_app.console.db.url.database))
    await console_app.console.db.close()
    away = file.rename(file.with_suffix(".away"))
    yield
    away.rename(file)
