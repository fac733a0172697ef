"""Short-lived SIP credentials of the telephone in an agent's browser: issued to its owner's session, then revoked.

The secret goes to the page's script in one answer and is never written into a page, a URL or a log.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from asterisk_conf.agents_file import AgentsFile
from gridline.clock import Clock
from gridline.errors import Conflict
from gridline.settings import Settings
from ivr.desk import devices

_SECRET_BYTES = 24


class NoTelephone(Conflict):
    """Whoever asks has no telephone of their own."""

    code = "no-telephone"
    title = "У вас нет телефона"


class OpenElsewhere(Conflict):
    """The agent's telephone is open on another computer; the page asks whether to take it over."""

    code = "phone-elsewhere"


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
        self._holders: dict[str, str] = {}

    async def issue(
        self, agent: str, shown_number: str, *, holder: str, take: bool = False, talking: bool = False
    ) -> Credentials:
        """A fresh secret for the agent's browser; `shown_number` (digits) is what the people they call will see.

        `holder` is the browser that asks. Another one that has a secret still loses it only with `take`, and not while
        it is `talking`: raises OpenElsewhere. Raises NoTelephone for a number that has no telephone here, Unavailable
        when the secret cannot be stored.
        """
        if agent not in self._agents:
            raise NoTelephone(f"Телефона {agent} нет в настройках АТС (agents). Скажите администратору.")
        user = devices.browser_endpoint(agent)
        issued = Credentials(
            uri=f"sip:{user}@gridline",
            user=user,
            password=secrets.token_urlsafe(_SECRET_BYTES),
            ws_url=self._url,
            expires_at=self._clock.now() + self._lifetime,
        )
        before = await asyncio.to_thread(self._holder, user)
        if before not in ("", holder):
            if talking:
                raise OpenElsewhere(
                    "Телефон на другом компьютере, и там идёт разговор. Перенесите его после разговора."
                )
            if not take:
                raise OpenElsewhere("Телефон открыт на другом компьютере.")
        await asyncio.to_thread(self._store, agent, issued, shown_number, holder)
        self._holders[agent] = holder
        return issued

    def holder(self, agent: str) -> str:
        """The browser that was given the agent's secret last; "" for none since this process began."""
        return self._holders.get(agent, "")

    async def revoke(self, agent: str) -> None:
        """The agent's browser cannot sign in at Asterisk any more; a talk under way goes on."""
        self._holders.pop(agent, None)
        await asyncio.to_thread(self._file.drop_secret, devices.browser_endpoint(agent))

    async def bar(self, agents: Collection[str]) -> None:
        """Exactly these agents sign in with neither of their telephones, from now on."""
        barred = {agent: devices.browser_endpoint(agent) for agent in sorted(agents)}
        await asyncio.to_thread(self._bar, barred)

    def _bar(self, barred: dict[str, str]) -> None:
        self._file.ensure()
        self._file.bar(barred)

    def _holder(self, user: str) -> str:
        self._file.ensure()
        return self._file.holder_of(user)

    def _store(self, agent: str, issued: Credentials, shown_number: str, holder: str) -> None:
        self._file.put_number(agent, shown_number)
        self._file.put_secret(issued.user, issued.password, issued.expires_at, holder)
