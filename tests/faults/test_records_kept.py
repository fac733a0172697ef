"""C23, K18 and the WebSocket: what Asterisk writes is kept, bounded and its owner's alone; who may open its socket."""

from __future__ import annotations

import stat
import time
from pathlib import Path

import aiohttp
import pytest

from asterisk_conf import asterisk, runtime
from asterisk_conf.packages import PackageRoot
from asterisk_conf.render import render
from asterisk_conf.runtime import AsteriskProcess
from carrier.settings import free_port
from carrier.stories.installation import Installation
from carrier.stories.scene import Scene
from gridline import settings
from tests.faults.injury import files, until

pytestmark = pytest.mark.asyncio(loop_scope="session")

GROWN = 200_000
DID = "78005009494"
REFUSED = ("SIP/2.0 401", "SIP/2.0 500")
"""500: Asterisk 22 knows the browser's account, and nobody has a secret for it now."""


async def test_logs_outlive_a_start_and_are_put_aside_while_it_runs(
    packages: PackageRoot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "TIDY_S", 0.2)
    ports = {name: free_port() for name in ("sip_port", "ami_port", "asterisk_http_port", "trunk_port")}
    own = settings.load(var=tmp_path / "var", package_root=packages.path, **ports)
    process = AsteriskProcess(render(own, asterisk.find(packages), []), logs_mb=1)
    await process.start()
    try:
        folder = process.log.parent
        first = process.log.read_text()
        await process.stop()
        await process.start()
        assert process.log.read_text().startswith(first)
        assert process.errors() == []
        (folder / "cdr-csv/Master.csv").write_text("x" * GROWN)
        for name in ("messages.log", "queue_log"):
            with (folder / name).open("a") as log:
                log.write("x" * GROWN)
        await until(lambda: (folder / "messages.log.1").exists() and process.log.exists(), "a new log", 5)
        assert (folder / "cdr-csv/Master.csv.1").exists()
        await process.rx("module reload res_musiconhold.so")
        await until(lambda: "CONFIGRELOAD" in (folder / "queue_log").read_text(), "what Asterisk writes now", 5)
        assert process.log.stat().st_size < GROWN
    finally:
        await process.stop()


async def test_what_asterisk_writes_is_its_owners_alone(house: Installation, scene: Scene) -> None:
    async with scene.call("+79131203581") as caller:
        await caller.hears("notice", whole=True)
        await caller.press("0")
        await until(lambda: files(house.var / "recordings/incoming", "*.raw"), "a recording", 30)
        await caller.hangs_up()
    records = house.var / "asterisk/var/log/cdr-csv/Master.csv"
    await until(lambda: records.exists() and "79131203581" in records.read_text(), "its record", 10)
    seen = [house.var / "asterisk", *(house.var / "asterisk").rglob("*"), *(house.var / "recordings").rglob("*.raw")]
    open_to_others = [file for file in seen if not file.is_symlink() and stat.S_IMODE(file.stat().st_mode) & 0o077]
    assert not open_to_others, [str(file) for file in open_to_others]
    assert len(seen) > 40


async def test_a_page_from_elsewhere_can_say_no_more_than_any_stranger(house: Installation) -> None:
    """Asterisk 22 takes a WebSocket of any origin, and no cookie counts there: without a secret it leads nowhere."""
    url = f"ws://{house.settings.asterisk_http_host}:{house.settings.asterisk_http_port}/ws"
    async with aiohttp.ClientSession() as session:
        for origin in ("https://evil.example", "null", house.base):
            for request in (_register("101"), _register("101-web"), _invite("101", DID), _invite("79130000000", DID)):
                async with session.ws_connect(url, protocols=["sip"], origin=origin) as socket:
                    await socket.send_str(request)
                    status = (await socket.receive_str(timeout=5)).partition("\r\n")[0]
                    assert status.startswith(REFUSED), (origin, status)
        for path in ("/", "/httpstatus", "/static/x", "/ari/channels", "/rawman?action=ping", "/metrics"):
            async with session.get(url.replace("ws://", "http://").removesuffix("/ws") + path) as answer:
                assert answer.status == 404, path


def _register(account: str) -> str:
    return _request("REGISTER", "sip:127.0.0.1", account, account)


def _invite(caller: str, dialled: str) -> str:
    return _request("INVITE", f"sip:{dialled}@127.0.0.1", caller, dialled)


def _request(method: str, uri: str, caller: str, to: str) -> str:
    mark = f"{method}{time.monotonic_ns()}"
    lines = (
        f"{method} {uri} SIP/2.0",
        f"Via: SIP/2.0/WS x.invalid;branch=z9hG4bK{mark}",
        f"From: <sip:{caller}@127.0.0.1>;tag=a",
        f"To: <sip:{to}@127.0.0.1>",
        f"Call-ID: {mark}",
        f"CSeq: 1 {method}",
        f"Contact: <sip:{caller}@x.invalid;transport=ws>",
        "Max-Forwards: 70",
        "Content-Length: 0",
    )
    return "\r\n".join(lines) + "\r\n\r\n"
