"""Asterisk's side of AMI for tests: logs in, answers the re-read from a state the test sets, can hang, lie and cut."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

Headers = Mapping[str, str]


def message(headers: Headers | Sequence[tuple[str, str]]) -> bytes:
    """One AMI message as bytes."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    return "".join(f"{name}: {value}\r\n" for name, value in pairs).encode() + b"\r\n"


def channel_headers(uniqueid: str, *, linkedid: str = "", name: str = "PJSIP/trunk-00000001", **more: str) -> Headers:
    """The headers every channel event carries (Asterisk 22.10)."""
    return {
        "Channel": name,
        "ChannelState": "6",
        "ChannelStateDesc": "Up",
        "CallerIDNum": "+79210000001",
        "CallerIDName": "Пётр",
        "ConnectedLineNum": "<unknown>",
        "Context": "line",
        "Exten": "s",
        "Priority": "4",
        "Uniqueid": uniqueid,
        "Linkedid": linkedid or uniqueid,
        **more,
    }


class FakeManager:
    """Listens like manager.c; one object serves every connection of a test."""

    def __init__(self, secret: str = "secret") -> None:
        self.secret = secret
        self.boot_time = "05:01:14"
        self.channels: list[Headers] = []
        self.queue_lines: list[Headers] = []
        self.seen: list[dict[str, str]] = []
        """Every action received, headers as sent."""
        self.logins = 0
        self.hangs = False
        """Half-open: takes everything, answers nothing."""
        self.variables: dict[str, str] = {}
        """What Getvar tells of every channel."""
        self.replies: dict[str, bytes] = {}
        """Raw replies to further actions, `{id}` standing for the action's id; b"" answers nothing."""
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Condition()

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self, port: int = 0) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)

    async def stop(self) -> None:
        """Nobody listens any more, and every connection is cut."""
        assert self._server is not None
        self._server.close()
        self.cut()
        await asyncio.gather(*self._serving)

    def cut(self) -> None:
        """Drop every connection."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    def send(self, data: bytes) -> None:
        """Put raw bytes on every connection."""
        for writer in self._writers:
            writer.write(data)

    def event(self, name: str, headers: Headers) -> None:
        self.send(message({"Event": name, **headers}))

    async def saw(self, action: str, times: int = 1) -> list[dict[str, str]]:
        """Wait until this action has come so many times."""
        async with asyncio.timeout(5), self._changed:
            await self._changed.wait_for(lambda: len(self._of(action)) >= times)
        return self._of(action)

    def _of(self, action: str) -> list[dict[str, str]]:
        return [one for one in self.seen if one["Action"] == action]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        own = asyncio.current_task()
        assert own is not None
        self._serving.add(own)
        own.add_done_callback(self._serving.discard)
        writer.write(b"Asterisk Call Manager/11.0.0\r\n")
        try:
            while True:
                block = await reader.readuntil(b"\r\n\r\n")
                pairs = [line.partition(": ")[::2] for line in block.decode().split("\r\n") if line]
                asked = dict(pairs)
                self.seen.append(asked)
                async with self._changed:
                    self._changed.notify_all()
                if not self.hangs:
                    writer.write(self._answer(asked))
        except (asyncio.IncompleteReadError, ConnectionError):
            self._writers.discard(writer)
        finally:
            writer.close()

    def _answer(self, asked: dict[str, str]) -> bytes:
        name, own = asked["Action"], {"ActionID": asked["ActionID"]}
        if name in self.replies:
            return self.replies[name].replace(b"{id}", asked["ActionID"].encode())
        if name == "Login":
            if asked["Secret"] != self.secret:
                return message({"Response": "Error", **own, "Message": "Authentication failed"})
            self.logins += 1
            return message({"Response": "Success", **own, "Message": "Authentication accepted"})
        if name == "Getvar" and asked["Variable"] in self.variables:
            return message({"Response": "Success", **own, "Value": self.variables[asked["Variable"]]})
        if name == "Ping":
            return message({"Response": "Success", **own, "Ping": "Pong", "Timestamp": "1.2"})
        if name == "CoreStatus":
            started = {"CoreStartupDate": "2026-11-22", "CoreStartupTime": self.boot_time}
            return message({"Response": "Success", **own, **started})
        if name == "CoreShowChannels":
            return self._list(own, "CoreShowChannels", [{"Event": "CoreShowChannel", **one} for one in self.channels])
        if name == "QueueStatus":
            return self._list(own, "QueueStatus", self.queue_lines)
        return message({"Response": "Error", **own, "Message": f"Invalid/unknown command: {name}."})

    def _list(self, own: Headers, name: str, lines: Sequence[Headers]) -> bytes:
        start = message({"Response": "Success", **own, "EventList": "start", "Message": "will follow"})
        middle = b"".join(message({**line, **own}) for line in lines)
        return start + middle + message({"Event": f"{name}Complete", **own, "EventList": "Complete"})
