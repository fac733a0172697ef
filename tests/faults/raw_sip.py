"""A caller made of bytes: says over SIP what no telephone and no other Asterisk would send."""

from __future__ import annotations

import asyncio
import re
import socket
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from carrier.stories.installation import Installation
from ivr.voice.audio import RATE, Pcm, alaw

_FRAME = RATE // 50
_PCMA = 8
ANSWER_S = 1.5
"""What SIP itself cannot read is dropped without a word."""
STRANGER = "127.0.0.66"
"""An address that is neither the carrier's nor an agent's."""


class RawCall:
    """One dialogue over UDP; `status` is the final answer to its INVITE, `answer` its text."""

    def __init__(self, house: Installation, host: str = "") -> None:
        self._there = (house.settings.sip_host, house.settings.sip_port)
        self._host = host or house.settings.trunk_host
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._media = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for one in (self._socket, self._media):
            one.bind((self._host, 0))
            one.setblocking(False)
        self.id = uuid.uuid4().hex
        self.status = 0
        self.answer = ""
        self._here = f"{self._host}:{self._socket.getsockname()[1]}"
        self._from = b""
        self._target = b""
        self._to = b""
        self._media_port = 0

    async def invite(
        self,
        dialled: bytes,
        *,
        name: bytes = b"",
        number: bytes = b"79131203500",
        to: bytes | None = None,
        headers: Sequence[bytes] = (),
        parameters: bytes = b"",
    ) -> int:
        """Send an INVITE with these bytes as they are; its final status, 0 when none came in 1.5 s.

        `to` is the whole To header's value (the dialled number otherwise); `headers` go along as they are, and the
        request's URI ends with `parameters`.
        """
        self._target = b"sip:" + dialled + f"@{self._there[0]}:{self._there[1]}".encode() + parameters
        self._from = name + b" <sip:" + number + f"@{self._here}>;tag={self.id[:8]}".encode()
        self._to = to or b"<" + self._target + b">"
        media = self._media.getsockname()[1]
        where = f"IN IP4 {self._host}"
        sdp = ("v=0", f"o=- 1 1 {where}", "s=-", f"c={where}", "t=0 0", f"m=audio {media} RTP/AVP 8", "")
        self._send(b"INVITE", 1, "\r\n".join(sdp).encode(), [*headers, b"Content-Type: application/sdp"])
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(ANSWER_S):
                while self.status < 200:
                    reply = await loop.sock_recv(self._socket, 65536)
                    if head := re.match(rb"SIP/2.0 (\d{3})", reply):
                        self.status = int(head[1])
        except TimeoutError:
            return 0
        self.answer = reply.decode("utf-8", "replace")
        if found := re.search(rb"\r\n(?:To|t): ([^\r]*)", reply, re.IGNORECASE):
            self._to = found[1]
        if found := re.search(rb"\r\nm=audio (\d+)", reply):
            self._media_port = int(found[1])
        self._send(b"ACK", 1)
        return self.status

    @property
    def tag(self) -> bytes:
        """The tag of the other side, once it has answered."""
        return self._to.partition(b"tag=")[2].partition(b";")[0]

    async def play(self, samples: Pcm) -> None:
        """Speak 16-bit samples at 8 kHz as A-law RTP, in time with the clock."""
        loop = asyncio.get_running_loop()
        coded, began = alaw(samples), loop.time()
        for index in range(len(coded) // _FRAME):
            head = b"\x80" + bytes([_PCMA]) + index.to_bytes(2) + (index * _FRAME).to_bytes(4) + b"GRID"
            frame = coded[index * _FRAME : (index + 1) * _FRAME]
            self._media.sendto(head + frame, (self._there[0], self._media_port))
            await asyncio.sleep(max(0.0, began + (index + 1) / 50 - loop.time()))

    async def press(self, key: bytes) -> int:
        """Press one key without a sound: an INFO, the call's one request; its final status."""
        relay = b"Content-Type: application/dtmf-relay"
        return await self.request(b"INFO", [relay], b"Signal=" + key + b"\r\nDuration=100\r\n")

    async def request(self, method: bytes, headers: Sequence[bytes] = (), body: bytes = b"") -> int:
        """One request inside the dialogue, `body` told by its own header; its final status."""
        self._send(method, 2, body, headers)
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(ANSWER_S):
            while True:
                reply = await loop.sock_recv(self._socket, 65536)
                if (head := re.match(rb"SIP/2.0 ([2-6]\d{2})", reply)) and method in reply:
                    return int(head[1])

    def bye(self) -> None:
        """Hang up, if it was answered; once is enough."""
        if self._socket.fileno() < 0:
            return
        if 200 <= self.status < 300:
            self._send(b"BYE", 3)
        self._socket.close()
        self._media.close()

    def _send(self, method: bytes, number: int, body: bytes = b"", headers: Sequence[bytes] = ()) -> None:
        branch = f"z9hG4bK{self.id[:12]}{number}{method.decode()}"
        lines = [
            method + b" " + self._target + b" SIP/2.0",
            f"Via: SIP/2.0/UDP {self._here};branch={branch};rport".encode(),
            b"From: " + self._from,
            b"To: " + self._to,
            f"Call-ID: {self.id}".encode(),
            f"CSeq: {number} ".encode() + method,
            f"Contact: <sip:raw@{self._here}>".encode(),
            b"Max-Forwards: 70",
            *headers,
            f"Content-Length: {len(body)}".encode(),
        ]
        self._socket.sendto(b"\r\n".join(lines) + b"\r\n\r\n" + body, self._there)


@asynccontextmanager
async def raw_call(
    house: Installation,
    dialled: bytes,
    *,
    name: bytes = b"",
    number: bytes = b"79131203500",
    to: bytes | None = None,
    headers: Sequence[bytes] = (),
    parameters: bytes = b"",
    host: str = "",
) -> AsyncIterator[RawCall]:
    """A call of these bytes, from the carrier's address unless `host` is another.

    Inside the block it is answered, refused, or was not taken at all (`status`).
    """
    call = RawCall(house, host)
    try:
        await call.invite(dialled, name=name, number=number, to=to, headers=headers, parameters=parameters)
        yield call
    finally:
        call.bye()
