"""The FastAGI server against Asterisk's side written out in bytes: faults F8-F11, F28, attacks A9, A10, drains."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import resource
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from gridline.errors import InvalidInput
from ivr.telephony.agi import AgiChannel, AgiProtocolError, AgiServer, AgiTimeout, CallerHungUp
from tests.unit.telephony.fake_asterisk import FakeCall, opening

OnCall = Callable[[AgiChannel], Awaitable[None]]


@contextlib.asynccontextmanager
async def serving(on_call: OnCall, **options: object) -> AsyncIterator[AgiServer]:
    server = AgiServer("127.0.0.1", 0, on_call, **{"permitted": ["127.0.0.1"], **options})  # type: ignore[arg-type]
    await server.start()
    try:
        yield server
    finally:
        await server.close()
        assert server.active == 0


@contextlib.asynccontextmanager
async def one_call(**env: str) -> AsyncIterator[tuple[AgiChannel, FakeCall]]:
    """A call whose both ends are in the test's hands."""
    arrived: asyncio.Future[AgiChannel] = asyncio.get_running_loop().create_future()
    over = asyncio.Event()

    async def hold(channel: AgiChannel) -> None:
        arrived.set_result(channel)
        await over.wait()

    async with serving(hold) as server:
        asterisk = await FakeCall.place(server.port, **env)
        async with asyncio.timeout(5):
            channel = await arrived
        yield channel, asterisk
        over.set()
        await asterisk.end()


async def test_a_call_is_run_and_ends() -> None:
    seen: list[str] = []

    async def on_call(channel: AgiChannel) -> None:
        seen.append(channel.env["dnid"])
        seen.append((await channel.command("GET VARIABLE", 'a "b" \\c')).data)
        await channel.command("HANGUP")

    async with serving(on_call) as server:
        asterisk = await FakeCall.place(server.port)
        assert await asterisk.answer("200 result=1 (за) скобкой (х)") == ["GET", "VARIABLE", 'a "b" \\c']
        assert await asterisk.answer("200 result=1") == ["HANGUP"]
        assert await asterisk.closed() == b""
        assert await server.drain(5)
        assert (server.counts.served, server.counts.crashed) == (1, 0)
        await asterisk.end()
    assert seen == ["78005009494", "за) скобкой (х"]


async def test_the_environment_and_replies_may_come_byte_by_byte() -> None:
    async def on_call(channel: AgiChannel) -> None:
        assert channel.env["calleridname"] == "Пётр"
        assert (await channel.command("GET VARIABLE", "X")).data == "Псков"

    async with serving(on_call) as server:
        asterisk = await FakeCall.connect(server.port)
        for data in (opening(calleridname="Пётр"), "200 result=1 (Псков)\n".encode()):
            if data.startswith(b"200"):
                await asterisk.command()
            for byte in data:
                asterisk.send(bytes([byte]))
                await asyncio.sleep(0)
        await asterisk.closed()
        assert await server.drain(5)
        assert (server.counts.served, server.counts.crashed) == (1, 0)
        await asterisk.end()


async def test_a_hangup_line_where_a_reply_is_due_keeps_the_replies_in_step() -> None:
    async with one_call() as (channel, asterisk):
        asking = asyncio.create_task(channel.command("GET DATA", "menu", 5000, 1))
        await asterisk.command()
        asterisk.send(b"HANGUP\n200 result=2 (timeout)\n")
        assert (await asking).result == "2"
        assert channel.hung_up
        with pytest.raises(CallerHungUp):
            await channel.command("NOOP")


@pytest.mark.parametrize(
    "end",
    [
        b"HANGUP\n200 result=-1 endpos=800\n",
        b"HANGUP\n511 Command Not Permitted on a dead channel\n",
        b"HANGUP\n510 x\n",
    ],
)
async def test_hanging_up_in_mid_prompt_is_told_apart_by_the_hangup_line(end: bytes) -> None:
    async with one_call() as (channel, asterisk):
        saying = asyncio.create_task(channel.command("STREAM FILE", "notice", ""))
        await asterisk.command()
        asterisk.send(end)
        with pytest.raises(CallerHungUp):
            await saying


async def test_minus_one_before_the_hangup_line_is_a_hang_up_too() -> None:
    async with one_call() as (channel, asterisk):
        saying = asyncio.create_task(channel.command("STREAM FILE", "notice", ""))
        await asterisk.answer("200 result=-1 endpos=800")
        assert await asterisk.answer("HANGUP\n200 result=0") == ["NOOP"]
        with pytest.raises(CallerHungUp):
            await saying


async def test_minus_one_with_the_caller_there_is_a_failed_command() -> None:
    async with one_call() as (channel, asterisk):
        saying = asyncio.create_task(channel.command("STREAM FILE", "no-such-file", ""))
        await asterisk.answer("200 result=-1 endpos=0")
        assert await asterisk.answer() == ["NOOP"]
        reply = await saying
        assert reply.failed
        assert not channel.hung_up


@pytest.mark.parametrize("how", ["fin", "rst"])
async def test_the_end_of_the_connection_is_a_hang_up(how: str) -> None:
    async with one_call() as (channel, asterisk):
        saying = asyncio.create_task(channel.command("STREAM FILE", "notice", ""))
        await asterisk.command()
        if how == "fin":
            await asterisk.end()
        else:
            asterisk.reset()
        with pytest.raises(CallerHungUp):
            await saying
        with pytest.raises(CallerHungUp):
            await channel.command("NOOP")


async def test_replies_of_several_lines_and_unknown_commands_are_typed_errors_in_step() -> None:
    usage = "520-Invalid command syntax.  Proper usage follows:\nUsage: X\n 200 result=1\n\n520 End of proper usage."
    async with one_call() as (channel, asterisk):
        for reply, said in (
            (usage, "Usage: X"),
            ("520 not available", "520"),
            ("510 Invalid or unknown command", "510"),
        ):
            asking = asyncio.create_task(channel.command("WRONG"))
            await asterisk.answer(reply)
            with pytest.raises(AgiProtocolError, match=said):
                await asking
        asking = asyncio.create_task(channel.command("NOOP"))
        await asterisk.answer("100 result=0 Trying...\n200 result=7")
        assert (await asking).result == "7"


async def test_garbage_as_a_reply_is_a_typed_error_in_step() -> None:
    async with one_call() as (channel, asterisk):
        for reply in ("hello", "200 ok", "\x00\x01"):
            asking = asyncio.create_task(channel.command("NOOP"))
            await asterisk.answer(reply)
            with pytest.raises(AgiProtocolError):
                await asking
        asking = asyncio.create_task(channel.command("NOOP"))
        await asterisk.answer("200 result=7")
        assert (await asking).result == "7"


async def test_a_value_with_line_breaks_is_one_reply() -> None:
    async with one_call() as (channel, asterisk):
        asking = asyncio.create_task(channel.command("GET VARIABLE", "X"))
        await asterisk.answer("200 result=1 (first\nHANGUP\nlast)")
        assert (await asking).data == "first\nlast"


async def test_lines_nobody_waits_for_are_dropped_and_counted() -> None:
    async with one_call() as (channel, asterisk):
        asking = asyncio.create_task(channel.command("NOOP"))
        await asterisk.answer("200 result=1\nstray")
        assert (await asking).result == "1"
        assert channel.stray_lines == 1


async def test_a_late_reply_does_not_shift_the_next_ones() -> None:
    async with one_call() as (channel, asterisk):
        with pytest.raises(AgiTimeout):
            await channel.command("GET VARIABLE", "SLOW", timeout_s=0.02)
        waiting = asyncio.create_task(channel.command("GET VARIABLE", "CANCELLED"))
        await asyncio.sleep(0)
        assert await asterisk.answer("200 result=1 (slow)") == ["GET", "VARIABLE", "SLOW"]
        assert await asterisk.command() == ["GET", "VARIABLE", "CANCELLED"]
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        asking = asyncio.create_task(channel.command("GET VARIABLE", "MINE"))
        await asyncio.sleep(0)
        asterisk.send(b"200 result=1 (cancelled)\n")
        assert await asterisk.answer("200 result=1 (mine)") == ["GET", "VARIABLE", "MINE"]
        assert (await asking).data == "mine"


async def test_silence_after_a_hangup_line_is_a_hang_up_and_no_time_out() -> None:
    async with one_call() as (channel, asterisk):
        asking = asyncio.create_task(channel.command("WAIT FOR DIGIT", 10, timeout_s=0.2))
        await asterisk.command()
        asterisk.send(b"HANGUP\n")
        with pytest.raises(CallerHungUp):
            await asking


async def test_there_is_no_pipelining() -> None:
    async with one_call() as (channel, asterisk):
        first = asyncio.create_task(channel.command("NOOP"))
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="another command"):
            await channel.command("NOOP")
        await asterisk.answer()
        await first


async def test_a_refused_argument_writes_nothing() -> None:
    async with one_call() as (channel, asterisk):
        for argument in ("a\nEXEC System reboot", "x" * 9000):
            with pytest.raises(InvalidInput):
                await channel.command("VERBOSE", argument)
        asking = asyncio.create_task(channel.command("NOOP"))
        assert await asterisk.answer() == ["NOOP"]
        await asking


async def test_slow_headers_are_cut_off() -> None:
    async with serving(_never, header_timeout_s=0.05) as server:
        asterisk = await FakeCall.connect(server.port)
        asterisk.send(b"agi_network: yes\n")
        assert await asterisk.closed() == b""
        await asterisk.end()
        assert server.counts.bad_opening == 1


@pytest.mark.parametrize(
    "block", [b"agi_x: " + b"1" * 70_000, b"agi_x: 1\n" * 201 + b"\n", b"GET / HTTP/1.1\nHost: x\n\n", b"\n\n"]
)
async def test_a_header_that_is_not_asterisks_is_cut_off(block: bytes) -> None:
    async with serving(_never) as server:
        asterisk = await FakeCall.connect(server.port)
        asterisk.send(block)
        assert await asterisk.closed() == b""
        await asterisk.end()
        assert await server.drain(5)
        assert server.counts.bad_opening == 1


async def test_connect_and_close_leaves_nothing_behind() -> None:
    async with serving(_never) as server:
        for _ in range(20):
            asterisk = await FakeCall.connect(server.port)
            await asterisk.end()
        assert await server.drain(5)
        assert server.counts.served == 0


async def test_an_address_that_is_not_permitted_is_not_served() -> None:
    async with serving(_never, permitted=["127.0.0.2", "10.0.0.0/8"]) as server:
        asterisk = await FakeCall.place(server.port)
        assert await asterisk.closed() == b""
        await asterisk.end()
        assert server.counts.not_permitted == 1


async def test_a_channel_that_ami_does_not_know_is_not_served() -> None:
    async def verify(env: object) -> bool:
        return False

    async with serving(_never, verify=verify) as server:
        asterisk = await FakeCall.place(server.port, channel="PJSIP/invented-1")
        assert await asterisk.closed() == b""
        await asterisk.end()
        assert server.counts.bad_opening == 1


async def test_a_crash_ends_that_call_alone_and_is_told() -> None:
    crashes: list[tuple[str, str]] = []

    async def on_call(channel: AgiChannel) -> None:
        if channel.env["uniqueid"] == "1.1":
            raise ZeroDivisionError("boom")
        await channel.command("NOOP")

    def on_crash(call: str, error: Exception) -> None:
        crashes.append((call, str(error)))

    async with serving(on_call, on_crash=on_crash) as server:
        healthy = await FakeCall.place(server.port, uniqueid="1.2")
        assert await healthy.command() == ["NOOP"]
        broken = await FakeCall.place(server.port, uniqueid="1.1")
        assert await broken.closed() == b""
        assert crashes == [("1.1", "boom")]
        assert server.active == 1
        healthy.send(b"200 result=0\n")
        assert await server.drain(5)
        assert (server.counts.served, server.counts.crashed) == (2, 1)
        await healthy.end()
        await broken.end()


async def test_at_its_limit_the_port_refuses_and_opens_again() -> None:
    async def on_call(channel: AgiChannel) -> None:
        await channel.command("NOOP")

    async with serving(on_call, max_calls=1) as server:
        port = server.port
        first = await FakeCall.place(port)
        await first.command()
        with pytest.raises(ConnectionRefusedError):
            await FakeCall.connect(port)
        first.send(b"200 result=0\n")
        assert await server.drain(5)
        third = await FakeCall.place(port)
        assert await third.answer() == ["NOOP"]
        for call in (first, third):
            await call.end()
        assert server.counts.pauses == 2  # it was full twice


async def test_no_descriptors_left_does_not_crash_it() -> None:
    async def on_call(channel: AgiChannel) -> None:
        await channel.command("NOOP")

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    async with serving(on_call) as server:
        port = server.port
        healthy = await FakeCall.place(port)
        await healthy.command()
        knocks_when_told = f"read; exec cat </dev/tcp/127.0.0.1/{port}"
        waiting = await asyncio.create_subprocess_exec("bash", "-c", knocks_when_told, stdin=PIPE, stderr=DEVNULL)
        assert waiting.stdin is not None
        gc.collect()  # an old socket closed meanwhile would leave a descriptor
        lowest_free = os.dup(0)
        os.close(lowest_free)
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, hard))
        waiting.stdin.write(b"now\n")
        try:
            async with asyncio.timeout(5):
                await waiting.wait()  # the server cannot accept it, so it shuts the door in its face
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert server.counts.pauses == 1
        healthy.send(b"200 result=0\n")
        async with asyncio.timeout(5):
            while True:
                try:
                    again = await FakeCall.place(port)
                    break
                except ConnectionRefusedError:
                    await asyncio.sleep(0.05)
        assert await again.answer() == ["NOOP"]
        await healthy.end()
        await again.end()


async def test_a_stopping_server_refuses_new_calls_and_lets_old_ones_end() -> None:
    async def on_call(channel: AgiChannel) -> None:
        await channel.command("NOOP")

    async with serving(on_call) as server:
        port = server.port
        asterisk = await FakeCall.place(port)
        await asterisk.command()
        server.stop_accepting()
        with pytest.raises(ConnectionRefusedError):
            await FakeCall.connect(port)
        assert not await server.drain(0.02)
        asterisk.send(b"200 result=0\n")
        assert await server.drain(5)
        assert server.counts.crashed == 0
        await asterisk.end()


async def test_closing_cancels_what_still_runs() -> None:
    ended: list[str] = []

    async def on_call(channel: AgiChannel) -> None:
        try:
            await channel.command("STREAM FILE", "long", timeout_s=60)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    async with serving(on_call) as server:
        asterisk = await FakeCall.place(server.port)
        await asterisk.command()
        await server.close()
        assert await asterisk.closed() == b""
        await asterisk.end()
    assert ended == ["cancelled"]


async def _never(channel: AgiChannel) -> None:
    raise AssertionError(f"this call must not be served: {channel.env}")
