"""The product as it is served, for `gridline bench console`: a company of short calls, its people, its telephone."""

from __future__ import annotations

import secrets
import shutil
from datetime import timedelta
from pathlib import Path

from sqlalchemy import delete

from agent_console.people.models import Role, User, UserSession
from agent_console.people.sessions import session_id
from agent_console.web.scripts import build
from asterisk_conf.packages import PackageRoot
from asterisk_conf.secrets import secret
from bench.calls.load import Sipp
from bench.console.past import AGENT_USER
from carrier.ami import CarrierAmi
from carrier.stories.installation import Installation
from gridline.clock import SystemClock
from gridline.companies import Company
from gridline.db import new_id
from gridline.settings import HOUSE
from ivr.voice import audio, spoken
from ivr.voice.clips import Clips
from ivr.voice.prompts import Prompt
from ivr.voice.studio import Studio
from ivr.voice.synthesis import RHVoice, find_rhvoice

DIALPLAN = Path(__file__).parent / "dialplan"
PACKAGES = HOUSE / ".packages"
COMPANY = "bench"
DIALLED = "78000000003"
QUEUE = "bench-hotline"
AGENT = "101"
LONGEST_LINE = 300
"""Callers whose place in the queue can be told by a sound made beforehand."""
_SOUND_S = 0.2
_LONGEST = timedelta(hours=4)


class House:
    """One `gridline serve` with its Asterisk, and the carrier whose one telephone is the agent's."""

    def __init__(self, folder: Path, store: Path, *, screens: int) -> None:
        """`folder` is its own and empty; `store` the SQLite file of its database; `screens` opened in all."""
        own = folder / "dialplan"
        shutil.copytree(HOUSE / "dialplan/knowledge", own / "knowledge")
        shutil.copytree(DIALPLAN, own, dirs_exist_ok=True)
        for template in (HOUSE / "dialplan").glob("*.j2"):
            shutil.copy(template, own)
        self.folder = folder
        self.product = Installation(
            folder / "var",
            {
                "dialplan": str(own),
                "package_root": str(PACKAGES),
                "agents": [AGENT],
                "log_format": "json",
                "database_url": f"sqlite+aiosqlite:///{store.absolute()}",
            },
        )
        self.db = self.product.db
        self.actions = CarrierAmi()
        self.agents_cookie = secrets.token_urlsafe(32)
        self._cookies = [secrets.token_urlsafe(32) for _ in range(screens)]

    @property
    def company(self) -> Company:
        """The company all of it is about."""
        return self.product.companies.by_id(COMPANY)

    @property
    def base(self) -> str:
        """The console's address."""
        return f"http://{self.product.settings.http_host}:{self.product.settings.http_port}"

    @property
    def ami(self) -> tuple[str, int, str, str]:
        """Host, port, user and secret of Asterisk's manager."""
        own = self.product.settings
        return own.ami_host, own.ami_port, own.ami_user, secret(own.var / "secrets", "ami")

    async def start(self) -> None:
        """Bring everything up; the database must be there, migrated. Raises Unavailable with the reason."""
        build()
        self._lay_in_sounds()
        await self._people()
        await self.product.start()
        await self.product.carrier.agent(AGENT).registers()
        await self.actions.connect(*self.ami)

    async def stop(self) -> None:
        """End everything."""
        await self.actions.close()
        await self.product.stop()

    async def agent_works(self, works: bool) -> None:
        """Let the queue ring the agent, or not: callers wait for one who is there and busy."""
        await self.actions.action("QueuePause", Interface=f"PJSIP/{AGENT}", Paused="false" if works else "true")

    def cookies(self, count: int) -> list[str]:
        """So many sessions of the supervisor that nobody has used."""
        return [self._cookies.pop() for _ in range(count)]

    def sipp(self, callers: list[str]) -> Sipp:
        """A load of calls from these numbers."""
        return Sipp(PackageRoot(PACKAGES), self.product.settings.sip_port, self.folder / "sipp", callers)

    async def _people(self) -> None:
        """Two people who are signed in already, the supervisor on many screens: it is not what is measured."""
        now = SystemClock().now()
        async with self.db.write() as session:
            await session.execute(delete(UserSession))
            await session.execute(delete(User))
            for id, login, name, role, agent in (
                (new_id(), "supervisor", "Игорь Петров", Role.SUPERVISOR, None),
                (AGENT_USER, "agent", "Ольга Смирнова", Role.AGENT, AGENT),
            ):
                user = User(
                    id=id,
                    login=login,
                    name=name,
                    password_hash="",
                    one_time=False,
                    role=role,
                    company_id=COMPANY,
                    branch="",
                    agent=agent,
                    created_at=now,
                )
                session.add(user)
                await session.flush()
                for cookie in self._cookies if agent is None else [self.agents_cookie]:
                    session.add(
                        UserSession(
                            id=session_id(cookie),
                            user_id=id,
                            created_at=now,
                            seen_at=now,
                            expires_at=now + _LONGEST,
                            device="bench",
                            address="127.0.0.1",
                        )
                    )

    def complaints(self) -> str:
        """The last warnings and errors in the product's log."""
        lines = [line for line in self.product.log().splitlines() if '"level": "info"' not in line]
        return "\n".join(lines[-10:])

    def _lay_in_sounds(self) -> None:
        """«Перед вами …» as a tone: words would make a caller's way to the queue longer than his wait in it."""
        own, book = self.product.settings, self.product.voice.book
        synthesiser = RHVoice(find_rhvoice(own.package_root), own.voice)
        clips = Clips(book, synthesiser, own.var.absolute() / "prompts", Studio(own.dialplan / "studio"))
        for ahead in range(1, LONGEST_LINE + 1):
            clip = clips.find(Prompt("person-position", ahead=spoken.counted(ahead, spoken.PERSON)), COMPANY)
            audio.write_pair(clip.file, audio.tone(300 + ahead, _SOUND_S))
