"""F4, F6, F9-F11, A9, A10: what may happen on the wire between Asterisk and the controller."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from asterisk_conf import asterisk
from asterisk_conf.packages import PackageRoot
from asterisk_conf.render import render
from asterisk_conf.runtime import AsteriskProcess
from carrier.stories.installation import Installation
from ivr.telephony.agi import AgiChannel, AgiProtocolError, AgiServer, CallerHungUp
from ivr.telephony.wire import LINE_LIMIT
from tests.faults.conftest import made, scene_of
from tests.faults.injury import executed, tell_executions
from tests.faults.wire import Wire

pytestmark = pytest.mark.asyncio(loop_scope="session")

RESUMED_S = 1.0
HEADERS_S = 5.0


@dataclass
class Wired:
    """An installation whose Asterisk (an external one) reaches its controller over our wire."""

    house: Installation
    wire: Wire
    asterisk: AsteriskProcess


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def wired(packages: PackageRoot, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Wired]:
    house = made(tmp_path_factory.mktemp("wired"), packages, {"asterisk": "external"})
    wire = Wire(house.settings.agi_port)
    await wire.start()
    told = house.settings.model_copy(update={"agi_port": wire.port})
    process = AsteriskProcess(render(told, asterisk.find(packages), list(house.companies)))
    try:
        await process.start()
        await tell_executions(house)
        await house.start()
        yield Wired(house, wire, process)
    finally:
        await house.stop()
        await process.stop()
        await wire.stop()


async def test_a_reset_in_mid_prompt_goes_on_at_the_saved_step(wired: Wired) -> None:
    scene = scene_of(wired.house)
    async with scene.call("+79131203471") as caller:
        await caller.hears("main-menu", within_s=25)
        await caller.press("5")
        await caller.hears("complaint-menu")
        cut_at = time.time()
        wired.wire.cut()
        resumed = await executed(wired.house, "AGI", context="line", after=cut_at)
        assert "/resume" in resumed.arguments
        print(f"F4: from the reset to the controller again {1000 * (resumed.at - cut_at):.0f} ms")
        assert resumed.at - cut_at < RESUMED_S
        await caller.hears("complaint-menu", within_s=RESUMED_S)
        assert len(caller.leg.heard(await wired.house.voice.render(["notice"], "skek"))) == 1
        await caller.press("2")
        await caller.hears("status-enter")
        await caller.hangs_up()


async def test_a_wire_that_cuts_lines_into_bytes_changes_nothing(wired: Wired) -> None:
    wired.wire.minced = True
    before = len(wired.wire.written)
    try:
        async with scene_of(wired.house).call("+79131203472") as caller:
            await caller.hears("main-menu", within_s=25)
            await caller.press("5")
            await caller.hears("complaint-menu")
            await caller.hangs_up()
    finally:
        wired.wire.minced = False
    [written] = wired.wire.written[before:]
    lines = written.split(b"\n")
    assert len(lines) > 5
    assert lines[-1] == b"", "the last line is whole"
    assert max(map(len, lines)) < LINE_LIMIT


async def test_the_parser_stays_in_step_with_a_real_asterisk(wired: Wired) -> None:
    told: asyncio.Future[dict[str, str]] = asyncio.get_running_loop().create_future()
    waiting = asyncio.Event()

    async def odd(channel: AgiChannel) -> None:
        found: dict[str, str] = {}
        for name, arguments in (("NO SUCH", ()), ("GET DATA", ())):
            with pytest.raises(AgiProtocolError) as refused:
                await channel.command(name, *arguments)
            found[name] = refused.value.message
            found[f"after {name}"] = (await channel.command("GET VARIABLE", "GRIDLINE_COMPANY")).data
        waiting.set()
        with pytest.raises(CallerHungUp):
            await channel.command("WAIT FOR DIGIT", 30_000, timeout_s=33)
        with pytest.raises(CallerHungUp):
            await channel.command("NOOP")
        told.set_result(found)

    server = AgiServer("127.0.0.1", 0, odd, permitted=["127.0.0.1"])
    await server.start()
    usual, wired.wire.target = wired.wire.target, server.port
    try:
        async with scene_of(wired.house).call("+79131203473") as caller:
            async with asyncio.timeout(10):
                await waiting.wait()
                await caller.hangs_up()
                found = await told
    finally:
        wired.wire.target = usual
        await server.close()
    assert "510" in found["NO SUCH"]
    assert "520" in found["GET DATA"]
    assert found["after NO SUCH"] == found["after GET DATA"] == "skek"


async def _rogue(port: int, *said: bytes, every_s: float = 0.0) -> tuple[bytes, float]:
    """What a stranger who says this gets back until he is thrown out, and after how many seconds."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    began = time.monotonic()
    got = b""
    try:
        for piece in said:
            writer.write(piece)
            await writer.drain()
            if every_s:
                await asyncio.sleep(every_s)
        async with asyncio.timeout(15):
            got = await reader.read()
    except ConnectionError:
        pass
    finally:
        writer.close()
    return got, time.monotonic() - began


async def test_strangers_on_the_agi_port_get_nothing(wired: Wired) -> None:
    port = wired.house.settings.agi_port
    claimed = (
        b"agi_network: yes\nagi_network_script: call/skek/78005009494/x/main/1/y\n"
        b"agi_channel: PJSIP/trunk-00000099\nagi_uniqueid: node1-1.99\nagi_callerid: 79130000000\n\n"
    )
    slow = [b"agi_network: yes\n", *[b"a"] * 5]
    (spoke, _), (dribbled, slow_s), (big, big_s), (many, many_s) = await asyncio.gather(
        _rogue(port, claimed),
        _rogue(port, *slow, every_s=1.1),
        _rogue(port, b"agi_network: " + b"x" * 70_000),
        _rogue(port, b"agi_x: y\n" * 201 + b"\n"),
    )
    print(f"A10: slow headers are cut off after {slow_s:.1f} s, 70 kB after {big_s:.2f} s, 201 lines {many_s:.2f} s")
    assert spoke == dribbled == big == many == b""
    assert slow_s < HEADERS_S + 2
    assert max(big_s, many_s) < 2
    listening = [one.laddr.ip for one in wired.house.controller.net_connections("tcp") if one.status == "LISTEN"]
    assert set(listening) == {"127.0.0.1"}
    async with scene_of(wired.house).call("+79131203474") as caller:
        await caller.hears("notice")
        await caller.hangs_up()
