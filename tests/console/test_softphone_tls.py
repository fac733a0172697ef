"""The telephone of a console behind a certificate: the page over HTTPS, SIP over WSS, a real caller heard."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import pytest
from playwright.async_api import async_playwright

from agent_console.web.scripts import build
from carrier.hearing.tones import chirps
from carrier.stories.installation import Installation
from gridline.settings import HOUSE
from tests.console.softphone_agent import BrowserAgent, chromium, hire

OLGA = chirps(201, 1.2)


@pytest.mark.real_asterisk
@pytest.mark.timeout(180)
async def test_an_agent_talks_over_https_and_wss(tmp_path: Path) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1"]
    made += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(cert)]
    await asyncio.to_thread(subprocess.run, made, check=True, capture_output=True)
    (tmp_path / "var").mkdir()
    (tmp_path / "var/prompts").symlink_to(HOUSE / "var/prompts")
    build()
    own = {"http_tls_cert": str(cert), "http_tls_key": str(key), "ring_desk_phones": False}
    house = Installation(tmp_path / "var", own)
    try:
        await house.start()
        await hire(house, "olga", "101")
        async with async_playwright() as playwright, chromium(playwright, OLGA, tmp_path) as browser:
            window = await browser.new_context(locale="ru-RU", ignore_https_errors=True)
            page = await window.new_page()
            lines: list[str] = []
            page.on("websocket", lambda socket: lines.append(socket.url))
            olga = BrowserAgent(page, house.base)
            await olga.sign_in("olga")
            await olga.posts("/desk/sign-on", queue="skek-hotline", phone="browser")
            await olga.posts("/desk/ready")
            assert all(one.startswith("wss://") for one in lines)
            assert lines
            cookies = await window.cookies()
            assert all(one["secure"] and one["httpOnly"] for one in cookies if "gridline" in one["name"])
            number = house.companies.by_id("skek").dids[0]
            async with house.carrier.call(from_number="+79131203499", to=number) as anna:
                await anna.hears(await house.voice.render(["main-menu"], "skek"), 40)
                await anna.press("0")
                await olga.is_("ringing", 30_000)
                await olga.press("F2")
                await olga.is_("talking")
                await anna.hears(OLGA, 20)
    finally:
        await house.stop()
