"""A small AMI client of the carrier's own: actions one after another, events to one listener.

It deliberately shares no code with the product's AMI client, so that each checks the other.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Callable

from gridline.errors import InvalidInput, Unavailable

Message = dict[str, str]
_ANSWER_LIMIT_S = 10.0


class CarrierAmi:
    """One logged-in AMI connection. When it is lost, pending actions fail; it does not reconnect."""

    def __init__(self, on_event: Callable[[Message], None] | None = None) -> None:
        self._on_event = on_event
        self._ids = itertools.count(1)
        self._waiting: dict[str, asyncio.Future[Message]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None

    async def connect(self, host: str, port: int, user: str, secret: str) -> None:
        """Connect and log in. Raises Unavailable when refused."""
        try:
            reader, self._writer = await asyncio.open_connection(host, port)
        except OSError as error:
            raise Unavailable(f"AMI оператора связи на {host}:{port} не отвечает: {error}") from error
        self._reading = asyncio.create_task(self._read(reader), name="carrier-ami")
        await self.action("Login", Username=user, Secret=secret, Events="on" if self._on_event else "off")

    async def action(self, name: str, **headers: str) -> Message:
        """Send an action and return its response; an `ActionID` among the headers is kept, for events that carry it.

        Raises Unavailable for an error response or a timeout, InvalidInput for a line break in a header.
        """
        if self._writer is None or self._reading is None or self._reading.done():
            raise Unavailable("Соединение AMI с оператором связи потеряно.")
        action_id = headers.get("ActionID") or str(next(self._ids))
        lines = {"Action": name, "ActionID": action_id} | headers
        if any(sign in f"{key}{value}" for key, value in lines.items() for sign in "\r\n\0"):
            raise InvalidInput(f"В действии AMI {name} перевод строки: он стал бы вторым действием.")
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._waiting[action_id] = answer
        try:
            self._writer.write(("".join(f"{key}: {value}\r\n" for key, value in lines.items()) + "\r\n").encode())
            async with asyncio.timeout(_ANSWER_LIMIT_S):
                response = await answer
        except TimeoutError:
            raise Unavailable(f"AMI оператора связи не ответил на {name} за {_ANSWER_LIMIT_S:.0f} с.") from None
        finally:
            del self._waiting[action_id]
        if response["Response"] == "Error":
            raise Unavailable(f"AMI оператора связи отказал в {name}: {response.get('Message', '')}")
        return response

    async def close(self) -> None:
        """Close the connection and wait for its tasks to end."""
        if self._writer is not None:
            self._writer.close()
            with contextlib.suppress(OSError):
                await self._writer.wait_closed()
        if self._reading is not None:
            await self._reading

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            await reader.readline()  # no blank line follows the banner
            while True:
                block = await reader.readuntil(b"\r\n\r\n")
                self._take(_message(block.decode(errors="replace")))
        except (asyncio.IncompleteReadError, OSError):
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(Unavailable("Соединение AMI с оператором связи оборвалось."))

    def _take(self, message: Message) -> None:
        if "Event" in message:
            if self._on_event is not None:
                self._on_event(message)
        elif (answer := self._waiting.get(message.get("ActionID", ""))) and not answer.done():
            answer.set_result(message)


def _message(text: str) -> Message:
    """The headers of one message; of a repeated header the last one counts."""
    parts = (line.partition(":") for line in text.split("\r\n"))
    return {key: value.removeprefix(" ") for key, colon, value in parts if colon}
