"""A shift told to a real app_queue: through the page's routes, to the telephone of the page."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import pytest

from agent_console.scripts import build
from asterisk_conf import asterisk
from asterisk_conf.packages import PackageRoot
from asterisk_conf.render import Rendered
from asterisk_conf.runtime import AsteriskProcess
from carrier.installation import Installation
from gridline.settings import HOUSE
from tests.console.conftest import PASSWORD, Client
from tests.console.softphone_agent import hire

pytestmark = pytest.mark.real_asterisk

WITHIN_S = 10.0


async def test_a_ready_agent_is_a_member_at_his_browser_and_goes_with_his_shift(tmp_path: Path) -> None:
    (tmp_path / "prompts").symlink_to(HOUSE / "var/prompts")
    build()
    house = Installation(tmp_path)
    try:
        await house.start()
        await hire(house, "olga", "101")
        base = f"http://{house.settings.http_host}:{house.settings.http_port}"
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
            client = Client(session, base)
            assert (await client.sign_in("olga", PASSWORD)).status == 303
            assert (await client.post("/desk/sign-on", data={"queue": "skek-office"})).status == 303
            assert "(paused" in await _member(house, "101-web")
            assert (await client.post("/desk/ready")).status == 303
            assert "(paused" not in await _member(house, "101-web")
            assert (await client.post("/desk/pause", data={"reason": "обед"})).status == 303
            assert "(paused" in await _member(house, "101-web")
            assert (await client.post("/desk/sign-off")).status == 303
            assert await _member(house, "101-web", there=False) == ""
    finally:
        await house.stop()


async def _member(house: Installation, name: str, *, there: bool = True) -> str:
    """The line of `queue show` about this telephone, once it is there or gone."""
    own = house.settings
    base, program = own.var.absolute() / "asterisk", asterisk.find(PackageRoot(own.package_root.absolute()))
    console = AsteriskProcess(Rendered(base / "etc", base / "var", base / "var/run", program, own.max_files))
    async with asyncio.timeout(WITHIN_S):
        while True:
            shown = await console.rx("queue show skek-office")
            line = next((line for line in shown.splitlines() if f"PJSIP/{name})" in line), "")
            if bool(line) == there:
                return line
