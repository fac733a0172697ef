"""REGISTER by hand, from any address of the loopback: the right secret, or as many wrong ones as wanted."""

from __future__ import annotations

import asyncio
import hashlib
import re
import socket
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from carrier.stories.installation import Installation

ANSWER_S = 2.0
_CHALLENGE = re.compile(r'(\w+)="?([^",\r]*)"?')


@asynccontextmanager
async def guesser(house: Installation, host: str) -> AsyncIterator[Guesser]:
    """A telephone at this address; its socket is closed at the end."""
    one = Guesser(house, host)
    try:
        yield one
    finally:
        one.close()


class Guesser:
    """Tries secrets of an account."""

    def __init__(self, house: Installation, host: str) -> None:
        self._there = (house.settings.sip_host, house.settings.sip_port)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, 0))
        self._socket.setblocking(False)
        self._here = f"{host}:{self._socket.getsockname()[1]}"

    async def tries(self, account: str, secret: str) -> int:
        """The last status: 200 let in, 401 wrong, 403 not listened to, 0 no answer in two seconds."""
        status, answer = await self._register(account, 1)
        if status != 401:
            return status
        asked = dict(_CHALLENGE.findall(answer.partition("WWW-Authenticate: Digest ")[2].partition("\r\n")[0]))
        uri = f"sip:{self._there[0]}"
        secret_hash = _md5(f"{account}:{asked['realm']}:{secret}")
        response = _md5(f"{secret_hash}:{asked['nonce']}:00000001:ab:auth:{_md5(f'REGISTER:{uri}')}")
        said = {"username": account, **asked, "uri": uri, "response": response, "cnonce": "ab"}
        quoted = ", ".join(f'{name}="{value}"' for name, value in said.items() if name not in ("qop", "algorithm"))
        return (await self._register(account, 2, f"Authorization: Digest {quoted}, qop=auth, nc=00000001"))[0]

    def close(self) -> None:
        """Let go of the port."""
        self._socket.close()

    async def _register(self, account: str, number: int, *more: str) -> tuple[int, str]:
        lines = (
            f"REGISTER sip:{self._there[0]} SIP/2.0",
            f"Via: SIP/2.0/UDP {self._here};branch=z9hG4bK{uuid.uuid4().hex};rport",
            f"From: <sip:{account}@{self._there[0]}>;tag={account}",
            f"To: <sip:{account}@{self._there[0]}>",
            f"Call-ID: {uuid.uuid4().hex}",
            f"CSeq: {number} REGISTER",
            f"Contact: <sip:{account}@{self._here}>",
            "Expires: 60",
            "Max-Forwards: 70",
            *more,
            "Content-Length: 0",
        )
        loop = asyncio.get_running_loop()
        self._socket.sendto(("\r\n".join(lines) + "\r\n\r\n").encode(), self._there)
        try:
            async with asyncio.timeout(ANSWER_S):
                while not (answer := (await loop.sock_recv(self._socket, 65536)).decode()).startswith("SIP/2.0"):
                    pass  # an OPTIONS: it is let in already
        except TimeoutError:
            return 0, ""
        return int(answer.split()[1]), answer


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
