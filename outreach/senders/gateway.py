"""Sends SMS through a provider's HTTP gateway: a POST in JSON hands a message over, a GET asks what became of it.

    POST URL      {"id": OURS, "to": "+79131234567", "from": "GRIDLINE", "text": "..."}   ->  {"id": THEIRS}
    GET URL/THEIRS                                        ->  {"state": "sent" | "delivered" | "undelivered"}

Both with `Authorization: Bearer TOKEN`. A status of 400-499 other than 401, 403, 408 and 429 refuses for good; any
other that is no 200-299 says that nothing was taken. The POST carries our id as `Idempotency-Key` too.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import urllib.error
import urllib.request
from typing import Any, Final
from urllib.parse import quote

from pydantic import SecretStr

from gridline.errors import Unavailable
from outreach.models import MessageState
from outreach.senders.port import MaybeTaken, NeverAccepted, Parcel

TIMEOUT_S: Final = 20.0
MOST_ANSWER: Final = 64 * 1024
_PASSING: Final = frozenset({401, 403, 408, 429})
"""Refusals that a person or time puts right: the message is as good as before."""
_STATES: Final = {"delivered": MessageState.DELIVERED, "undelivered": MessageState.UNDELIVERED}


class HttpGateway:
    """One provider's gateway."""

    repeatable = False
    """It is given our id with every message; whether it knows one again, no gateway has to say."""

    def __init__(self, url: str, token: SecretStr, sender: str) -> None:
        self._url = url.rstrip("/")
        self._token = token
        self._sender = sender

    async def send(self, parcel: Parcel) -> tuple[str, ...]:
        """Hand the message over. Raises NeverAccepted, Unavailable, MaybeTaken."""
        body = {"id": parcel.id, "to": parcel.to, "from": self._sender, "text": parcel.text}
        answer = await asyncio.to_thread(self._request, self._url, body)
        return (str(answer["id"]),) if answer.get("id") else ()

    async def ask(self, provider_id: str) -> MessageState | None:
        """What became of it. Raises Unavailable."""
        try:
            answer = await asyncio.to_thread(self._request, f"{self._url}/{quote(provider_id, safe='')}", None)
        except MaybeTaken as error:
            raise Unavailable(error.message) from error
        return _STATES.get(str(answer.get("state")))

    async def close(self) -> None:
        """Nothing is open."""

    def _request(self, url: str, body: dict[str, str] | None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        headers = {"Authorization": f"Bearer {self._token.get_secret_value()}", "Content-Type": "application/json"}
        if body is not None:
            headers["Idempotency-Key"] = body["id"]
        request = urllib.request.Request(url, data, headers)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
                told = json.loads(answer.read(MOST_ANSWER))
        except urllib.error.HTTPError as error:
            if 400 <= error.code < 500 and error.code not in _PASSING:
                raise NeverAccepted(f"Шлюз сообщений отказал: {error.code}") from error
            raise Unavailable(f"Шлюз сообщений отказал на время: {error.code}") from error
        except urllib.error.URLError as error:  # the request did not leave, or not whole
            raise Unavailable(f"Шлюз сообщений не отвечает: {error.reason}") from error
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise MaybeTaken(f"Шлюз не ответил, принято ли сообщение: {error}") from error
        return told if isinstance(told, dict) else {}
