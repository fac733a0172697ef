"""From INVITE to the first packet of the first prompt, as a caller's telephone sees it: a few lines of SIP and RTP."""

from __future__ import annotations

import asyncio
import re
import secrets
import struct
from time import perf_counter

from bench.calls.load import TRUNK
from gridline.errors import Unavailable

_LIMIT_S = 8.0
_FRAME = 160
"""Bytes of 20 ms of A-law."""
_SILENCE = b"\xd5" * _FRAME


class _Sip(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.messages: asyncio.Queue[str] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.messages.put_nowait(data.decode("utf-8", "replace"))


class _Rtp(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.first: asyncio.Future[tuple[float, bytes]] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if not self.first.done():
            self.first.set_result((perf_counter(), data[12:]))


async def first_prompt_s(sip_port: int, exten: str, caller: str, expected: bytes) -> float:
    """Call `exten`, wait for the first RTP packet, hang up; seconds between INVITE and that packet.

    `expected` is the sound of the prompt: its first 20 ms must be what is heard. Raises Unavailable otherwise.
    """
    loop = asyncio.get_running_loop()
    sip_transport, sip = await loop.create_datagram_endpoint(
        _Sip, local_addr=(TRUNK, 0), remote_addr=("127.0.0.1", sip_port)
    )
    rtp_transport, rtp = await loop.create_datagram_endpoint(_Rtp, local_addr=("127.0.0.1", 0))
    try:
        async with asyncio.timeout(_LIMIT_S):
            call = _Call(sip_transport, sip, exten, caller, rtp_transport.get_extra_info("sockname")[1], sip_port)
            begun = perf_counter()
            call.send("INVITE", call.offer())
            answer = await call.answered()
            call.send("ACK")
            port = re.search(r"^m=audio (\d+)", answer, re.MULTILINE)
            if port is None:
                raise Unavailable(f"Ответ без звука: {answer[:200]}")
            header = struct.pack("!BBHII", 0x80, 8, 1, 160, 7)  # Answer() waits for the caller's first packet
            rtp_transport.sendto(header + _SILENCE, ("127.0.0.1", int(port[1])))
            at, sound = await rtp.first
            call.send("BYE")
            await call.answered()
    except TimeoutError:
        raise Unavailable(f"Первой подсказки на {exten} не было {_LIMIT_S:.0f} с.") from None
    finally:
        sip_transport.close()
        rtp_transport.close()
    if sound != expected[:_FRAME]:
        raise Unavailable(f"Первым на {exten} прозвучало не уведомление.")
    return at - begun


class _Call:
    """One dialog: requests go out with the right tags, answers are awaited."""

    def __init__(
        self, transport: asyncio.DatagramTransport, sip: _Sip, exten: str, caller: str, rtp_port: int, sip_port: int
    ) -> None:
        self._transport, self._sip = transport, sip
        self._port = transport.get_extra_info("sockname")[1]
        self._uri = f"sip:{exten}@127.0.0.1:{sip_port}"
        self._from = f"<sip:{caller}@127.0.0.1:{self._port}>"
        self._to = f"<{self._uri}>"
        self._id = secrets.token_hex(12)
        self._rtp_port = rtp_port
        self._number = 0

    def offer(self) -> str:
        """The caller's SDP."""
        lines = ["v=0", "o=bench 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0"]
        lines += [f"m=audio {self._rtp_port} RTP/AVP 8", "a=rtpmap:8 PCMA/8000", "a=sendrecv"]
        return "".join(f"{line}\r\n" for line in lines)

    def send(self, method: str, body: str = "") -> None:
        """Send one request of the dialog."""
        self._number += method != "ACK"
        lines = [
            f"{method} {self._uri} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{self._port};branch=z9hG4bK{secrets.token_hex(8)}",
            f"From: {self._from};tag={self._id[:8]}",
            f"To: {self._to}",
            f"Call-ID: {self._id}",
            f"CSeq: {self._number} {method}",
            f"Contact: {self._from}",
            "Max-Forwards: 70",
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        self._transport.sendto(("\r\n".join(lines) + "\r\n\r\n" + body).encode())

    async def answered(self) -> str:
        """The final answer, 200; keeps its To tag. Raises Unavailable for another one."""
        while True:
            message = await self._sip.messages.get()
            if message.startswith("SIP/2.0 200"):
                if tagged := re.search(r"^To: (.*?)\r?$", message, re.MULTILINE):
                    self._to = tagged[1]
                return message
            if message.startswith("SIP/2.0") and not message.startswith("SIP/2.0 1"):
                raise Unavailable(f"Звонок не принят: {message.splitlines()[0]}")
