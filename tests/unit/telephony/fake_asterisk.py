"""Asterisk's side of AGI for tests: speaks raw bytes, so that late, split and broken ones can be sent too."""

from __future__ import annotations

import asyncio

OPENING = {
    "network": "yes",
    "network_script": "call",
    "request": "agi://127.0.0.1/call",
    "channel": "PJSIP/trunk-00000001",
    "uniqueid": "1790000000.1",
    "callerid": "+79210000001",
    "dnid": "78005009494",
}


def opening(**more: str) -> bytes:
    """The `agi_*` block Asterisk begins with."""
    return "".join(f"agi_{name}: {value}\n" for name, value in {**OPENING, **more}.items()).encode() + b"\n"


def parse_args(line: str) -> list[str]:
    """A command line split as `parse_args` of res_agi.c splits it (the C loop, step by step)."""
    words: list[list[str]] = []
    quoted = escaped = False
    whitespace = True
    for char in line:
        if char == '"' and not escaped:
            quoted = not quoted
            if quoted and whitespace:
                words.append([])
                whitespace = False
        elif char in " \t" and not quoted and not escaped:
            whitespace = True
        elif char == "\\" and not escaped:
            escaped = True
        else:
            if whitespace:
                words.append([])
                whitespace = False
            words[-1].append(char)
            escaped = False
    return ["".join(word) for word in words]


class FakeCall:
    """One channel of Asterisk that has run `AGI(agi://...)`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def connect(cls, port: int, host: str = "127.0.0.1") -> FakeCall:
        """Open the connection and say nothing yet."""
        return cls(*await asyncio.open_connection(host, port))

    @classmethod
    async def place(cls, port: int, **env: str) -> FakeCall:
        """Open the connection and send the environment."""
        call = await cls.connect(port)
        call.send(opening(**env))
        return call

    def send(self, data: bytes) -> None:
        """Put raw bytes on the wire."""
        self._writer.write(data)

    async def command(self) -> list[str]:
        """The next command's words; [] when the controller has closed the connection."""
        async with asyncio.timeout(5):
            line = await self._reader.readline()
        if not line:
            return []
        assert line.endswith(b"\n"), f"half a line: {line!r}"
        return parse_args(line[:-1].decode())

    async def answer(self, reply: str = "200 result=0") -> list[str]:
        """Take the next command and reply; returns the command's words."""
        words = await self.command()
        if words:
            self.send(reply.encode() + b"\n")
        return words

    async def closed(self) -> bytes:
        """Wait until the controller closes; returns what it still wrote."""
        async with asyncio.timeout(5):
            try:
                return await self._reader.read()
            except ConnectionResetError:
                return b""

    async def end(self) -> None:
        """Close the connection, as Asterisk does when the channel is gone."""
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except ConnectionError:
            return

    def reset(self) -> None:
        """Drop the connection with a RST."""
        self._writer.transport.abort()
