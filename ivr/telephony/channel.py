"""One call's conversation with Asterisk over FastAGI: a command goes out, its reply comes back, in step."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import cast

from gridline.errors import Unavailable
from ivr.telephony.wire import (
    ENVIRONMENT_LIMIT,
    AgiProtocolError,
    AgiReply,
    Command,
    command_line,
    is_whole,
    parse_environment,
    parse_reply,
)

COMMAND_TIMEOUT_S = 10.0
"""For commands that do not play, record or wait; the others are given their own."""
_NOOP = command_line("NOOP")


class CallerHungUp(Exception):
    """The caller is gone (or Asterisk is): no error but the normal end of a call, caught in one place."""


class AgiTimeout(Unavailable):
    """Asterisk did not answer a command in its time; the late reply, if it comes, is skipped."""

    code = "agi-timeout"


class AgiChannel(asyncio.Protocol):
    """The controller's end of one call.

    `env` holds what Asterisk opened with (names without `agi_`). One command at a time: Asterisk 22 lets a second
    one wait anyway, and half a line would spin its thread.
    """

    def __init__(self) -> None:
        self.env: Mapping[str, str] = {}
        self.hung_up = False
        """Whether a hang-up was told (a HANGUP line) or seen (the connection has ended)."""
        self.stray_lines = 0
        """Lines that came when no reply was awaited."""
        self._loop = asyncio.get_running_loop()
        self._opened: asyncio.Future[None] = self._loop.create_future()
        self._transport: asyncio.WriteTransport | None = None
        self._rest = b""
        self._lines: list[str] = []
        self._reply: asyncio.Future[AgiReply] | None = None
        self._following: tuple[bytes, float] | None = None
        """The line that goes out where the next reply comes in, and its seconds."""
        self._allowed_s = 0.0
        self._expires_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._busy = False

    async def command(
        self, name: str, *arguments: str | int, timeout_s: float = COMMAND_TIMEOUT_S, first: Command | None = None
    ) -> AgiReply:
        """Send one command and return its reply, always one with code 200.

        `first` is another command that goes before it: ours follows where the reply to it comes in, and nobody has to
        be woken between them (never both in one write: Asterisk 22 reads the second only after a timeout of its own).

        A reply may still be `failed` (result -1 or -2 while the caller is there: a missing file, an unknown
        application). Raises CallerHungUp; AgiTimeout after `timeout_s` seconds; AgiProtocolError when Asterisk does
        not know the command or its usage (510, 520); InvalidInput when an argument may not go on the wire.
        """
        line = command_line(name, *arguments)
        if self._busy:
            raise RuntimeError(f"{name} was sent while another command of this call still runs")
        self._busy = True
        try:
            if first is None:
                reply = await self._exchange(line, timeout_s)
            else:
                reply = await self._exchange(command_line(*first), COMMAND_TIMEOUT_S, (line, timeout_s))
            if reply.code == 200 and reply.result == "-1" and not self.hung_up:
                # A failed command and a hang-up look alike; Asterisk tells a hang-up before it takes the next command.
                reply = reply if (await self._exchange(_NOOP, COMMAND_TIMEOUT_S)).code == 200 else AgiReply(511, "", "")
        finally:
            self._busy = False
            unsent, self._following = self._following, None
        if reply.code == 511 or (self.hung_up and (reply.code == 510 or reply.result == "-1")):
            raise CallerHungUp
        if reply.code != 200 or unsent is not None:
            refused = first[0] if first is not None and unsent is not None else name
            raise AgiProtocolError(f"Asterisk не принял команду {refused}: {reply.code} {reply.data[:200]}")
        return reply

    async def opened(self, timeout_s: float) -> None:
        """Wait for the environment. Raises AgiTimeout, AgiProtocolError (too big, garbled) or CallerHungUp."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._opened
        except TimeoutError:
            raise AgiTimeout(f"Заголовок AGI не пришёл за {timeout_s:g} с.") from None

    def close(self) -> None:
        """End the conversation; Asterisk goes on in its dialplan."""
        if self._transport is not None:
            self._transport.close()

    async def _exchange(self, line: bytes, timeout_s: float, following: tuple[bytes, float] | None = None) -> AgiReply:
        if self._reply is not None:  # of a command that was given up: its reply comes before ours
            await self._next_reply(timeout_s)
        if self.hung_up or self._transport is None:
            raise CallerHungUp
        self._transport.write(line)
        self._following = following
        return await self._next_reply(timeout_s)

    def _next_reply(self, timeout_s: float) -> asyncio.Future[AgiReply]:
        if self._transport is None:
            raise CallerHungUp
        self._reply = self._loop.create_future()
        self._allow(timeout_s)
        return self._reply

    def _allow(self, timeout_s: float) -> None:
        self._allowed_s, self._expires_at = timeout_s, self._loop.time() + timeout_s
        # One timer a call, not one a command: at 300 calls a second the loop's heap held 60 000 cancelled ones.
        if self._timer is None or self._timer.when() > self._expires_at:
            self._arm()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(self._expires_at, self._expire)

    def _expire(self) -> None:
        self._timer = None
        reply = self._reply
        if reply is None or reply.done():
            return
        if self._loop.time() < self._expires_at:  # set for an earlier command
            self._arm()
        elif self.hung_up:
            reply.set_exception(CallerHungUp())
        else:
            reply.set_exception(AgiTimeout(f"Asterisk не ответил на команду за {self._allowed_s:g} с."))

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)  # uvloop's are, and do not say so

    def data_received(self, data: bytes) -> None:
        data = self._rest + data if self._rest else data
        if not self._opened.done():
            block, end, data = data.partition(b"\n\n")
            if not end and len(block) <= ENVIRONMENT_LIMIT:
                self._rest = block
                return
            try:
                self.env = parse_environment(block)
            except AgiProtocolError as error:
                self._fail_opening(error)
                self.close()
                return
            self._opened.set_result(None)
        *lines, self._rest = data.split(b"\n")
        for line in lines:
            self._line(line.decode("utf-8", "replace"))
        if len(self._rest) > ENVIRONMENT_LIMIT or len(self._lines) > ENVIRONMENT_LIMIT:
            self.close()  # no reply is that long: whoever writes this is not Asterisk

    def connection_lost(self, exc: Exception | None) -> None:
        self.hung_up = True
        self._transport = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._opened.done():
            self._fail_opening(CallerHungUp())
        if self._reply is not None and not self._reply.done():
            self._reply.set_exception(CallerHungUp())

    def _fail_opening(self, error: Exception) -> None:
        self._opened.set_exception(error)
        self._opened.exception()  # seen: the server may already have given this connection up

    def _line(self, line: str) -> None:
        if line == "HANGUP":
            self.hung_up = True
        elif self._reply is None:
            self.stray_lines += 1
        elif not line.startswith("100 "):  # "Trying": the reply proper follows
            self._lines.append(line)
            if is_whole(self._lines):
                self._settle("\n".join(self._lines))

    def _settle(self, text: str) -> None:
        self._lines.clear()
        reply, self._reply = self._reply, None
        if reply is None or reply.done():
            return
        try:
            told = parse_reply(text)
        except AgiProtocolError as error:
            reply.set_exception(error)
            return
        if self._following is None or told.failed or self.hung_up or self._transport is None:
            reply.set_result(told)
            return
        (line, timeout_s), self._following = self._following, None
        self._reply = reply
        self._transport.write(line)
        self._allow(timeout_s)
