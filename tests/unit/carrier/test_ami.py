"""The carrier's AMI client against a real socket that speaks AMI: answers out of order, errors, ends, injection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from carrier.ami import CarrierAmi, Message
from gridline.errors import InvalidInput, Unavailable


class SmallAmi:
    """Answers Login and Ping; an action `Later` is answered after the next one; `Bye` ends the connection."""

    def __init__(self) -> None:
        self.actions: list[Message] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"Asterisk Call Manager/11.0.0\r\n")
        held: list[bytes] = []
        while block := (await reader.readuntil(b"\r\n\r\n")).decode():
            action = dict(line.split(": ", 1) for line in block.strip().split("\r\n"))
            self.actions.append(action)
            refused = action["Action"] == "Login" and action["Secret"] != "right"
            head = "Error\r\nMessage: Authentication failed" if refused else "Success"
            answer = f"Response: {head}\r\nActionID: {action['ActionID']}\r\n\r\n".encode()
            if action["Action"] == "Bye":
                break
            if action["Action"] == "Later":
                held.append(answer)
                continue
            event = f"Event: Seen\r\nEmpty:\r\nWhat: {action['Action']}\r\n\r\n"
            writer.write(event.encode()[:9])
            await writer.drain()
            writer.write(event.encode()[9:] + answer + b"".join(held))
            held.clear()
            if refused:
                break
        writer.close()


@pytest.fixture
async def small_ami() -> AsyncIterator[SmallAmi]:
    small = SmallAmi()
    server = await asyncio.start_server(small.serve, "127.0.0.1", 0)
    small.port = server.sockets[0].getsockname()[1]
    yield small
    server.close()


async def test_answers_find_their_actions_and_events_their_listener(small_ami: SmallAmi) -> None:
    events: list[Message] = []
    ami = CarrierAmi(events.append)
    await ami.connect("127.0.0.1", small_ami.port, "carrier", "right")
    later, ping = await asyncio.gather(ami.action("Later", ActionID="mine"), ami.action("Ping"))
    assert later["ActionID"] == "mine"
    assert ping["ActionID"] != "mine"
    assert events == [{"Event": "Seen", "Empty": "", "What": "Login"}, {"Event": "Seen", "Empty": "", "What": "Ping"}]
    await ami.close()


async def test_a_wrong_secret_is_an_error(small_ami: SmallAmi) -> None:
    ami = CarrierAmi()
    with pytest.raises(Unavailable, match="Authentication failed"):
        await ami.connect("127.0.0.1", small_ami.port, "carrier", "wrong")
    await ami.close()


async def test_what_waits_is_told_when_the_connection_ends(small_ami: SmallAmi) -> None:
    ami = CarrierAmi()
    await ami.connect("127.0.0.1", small_ami.port, "carrier", "right")
    with pytest.raises(Unavailable, match="оборвалось"):
        await ami.action("Bye")
    with pytest.raises(Unavailable, match="потеряно"):
        await ami.action("Ping")
    await ami.close()


@pytest.mark.parametrize("value", ["x\r\nAction: Originate", "x\ny", "x\0"])
async def test_a_line_break_in_a_value_goes_nowhere(small_ami: SmallAmi, value: str) -> None:
    ami = CarrierAmi()
    await ami.connect("127.0.0.1", small_ami.port, "carrier", "right")
    with pytest.raises(InvalidInput, match="перевод строки"):
        await ami.action("Originate", CallerID=value)
    assert [action["Action"] for action in small_ami.actions] == ["Login"]
    await ami.close()


async def test_nobody_there_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="не отвечает"):
        await CarrierAmi().connect("127.0.0.1", 1, "carrier", "right")
