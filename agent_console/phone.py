"""Short-lived SIP credentials of the telephone in an agent's browser: issued to its owner's session, then revoked.

The secret goes to the page's script in one answer and is never written into a page, a URL or a log.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from asterisk_conf.agents_file import AgentsFile
from gridline.clock import Clock
from gridline.errors import Conflict
from gridline.settings import Settings
from ivr.desk import devices

_SECRET_BYTES = 24


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a browser registers at Asterisk with."""

    uri: str
    user: str
    password: str = field(repr=False)
    ws_url: str
    expires_at: datetime


class Phones:
    """Issues and revokes; a new secret ends the one before it."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._agents = frozenset(settings.agents)
        self._file = AgentsFile.of(settings)
        self._url = settings.phone_url
        self._lifetime = timedelta(minutes=settings.phone_secret_min)
        self._clock = clock

    async def issue(self, agent: str, shown_number: str) -> Credentials:
        """A fresh secret for the agent's browser; `shown_number` (digits) is what those he calls will see.

        Raises Conflict for a number that has no telephone here, Unavailable when the secret cannot be stored.
        """
        if agent not in self._agents:
            raise Conflict(f"Телефона {agent} нет в настройках АТС (agents). Скажите администратору.")
        user = devices.browser_endpoint(agent)
        issued = Credentials(
            uri=f"sip:{user}@gridline",
            user=user,
            password=secrets.token_urlsafe(_SECRET_BYTES),
            ws_url=self._url,
            expires_at=self._clock.now() + self._lifetime,
        )
        await asyncio.to_thread(self._store, agent, issued, shown_number)
        return issued

    async def revoke(self, agent: str) -> None:
        """The agent's browser cannot sign in at Asterisk any more; a talk under way goes on."""
        await asyncio.to_thread(self._file.drop_secret, devices.browser_endpoint(agent))

    def _store(self, agent: str, issued: Credentials, shown_number: str) -> None:
        self._file.ensure()
        self._file.put_number(agent, shown_number)
        self._file.put_secret(issued.user, issued.password, issued.expires_at)
