"""The audit as a list: who did what and when, narrowed by person, deed, day and words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.calls.history_table import day_of
from agent_console.people.models import AuditEntry, User
from agent_console.people.permissions import Actor
from gridline.errors import InvalidInput

PAGE: Final = 100
ACTIONS: Final[Mapping[str, str]] = {
    "signed-in": "вошёл",
    "signed-out": "вышел",
    "sign-in.refused": "вход не удался",
    "refused": "отказано: нет права",
    "not-his": "спросил чужое",
    "recording.listened": "прослушал запись",
    "appeal.exported": "выгрузил обращение",
    "appeal.registered": "зарегистрировал обращение",
    "card.opened": "открыл карточку звонка",
    "agent.readied": "вернул оператора на линию",
    "agent.paused": "поставил оператора на паузу",
    "agent.signed-off": "закончил смену оператора",
    "user.added": "добавил человека",
    "user.reset": "выдал одноразовый пароль",
    "user.password": "сменил пароль",
    "user.signed-out": "завершил сеансы человека",
    "user.disabled": "закрыл вход",
    "user.enabled": "открыл вход",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the list is asked, as its address holds it."""

    day: str = ""
    """ISO; that day and what was before it."""
    who: str = ""
    """A login."""
    action: str = ""
    q: str = ""
    """Words of the subject or of the detail."""
    before: str = ""

    def url(self, **changes: str) -> str:
        """The list's address with these changes."""
        asked = replace(self, **{"before": "", **changes})
        return f"/audit?{urlencode({name: value for name, value in asdict(asked).items() if value})}"


@dataclass(frozen=True, slots=True)
class Line:
    """One entry with the name of who did it."""

    entry: AuditEntry
    name: str
    login: str

    @property
    def action(self) -> str:
        """In Russian; a deed without a word of its own as it is stored."""
        return ACTIONS.get(self.entry.action, self.entry.action)


def read(query: Mapping[str, str]) -> Asked:
    """The question of an address. Raises InvalidInput."""
    day, action, before = day_of(query.get("day", "")), query.get("action", ""), query.get("before", "")
    if action and action not in ACTIONS:
        raise InvalidInput("Такого действия в журнале нет.")
    if before and not re.fullmatch(r"\d{1,12}\.\d{6}\.[0-9a-f]{32}", before):
        before = ""
    return Asked(
        day.isoformat() if day else "", query.get("who", "")[:64], action, query.get("q", "").strip()[:100], before
    )


async def page(session: AsyncSession, actor: Actor, asked: Asked, zone: ZoneInfo) -> tuple[list[Line], str]:
    """The newest entries that fit, and where the next page begins ("" at the end).

    An administrator of one company sees what its people did.
    """
    query: Any = select(AuditEntry, User.name, User.login).join(User, User.id == AuditEntry.user_id, isouter=True)
    if actor.company_id is not None:
        query = query.where(User.company_id == actor.company_id)
    if asked.who:
        query = query.where(User.login == asked.who)
    if asked.action:
        query = query.where(AuditEntry.action == asked.action)
    if asked.q:
        query = query.where(
            or_(
                AuditEntry.subject.contains(asked.q, autoescape=True),
                AuditEntry.detail.contains(asked.q, autoescape=True),
            )
        )
    if asked.day:
        end = datetime.combine(datetime.fromisoformat(asked.day), datetime.max.time(), zone)
        query = query.where(AuditEntry.at <= end)
    if asked.before:
        seconds, _, id = asked.before.rpartition(".")
        at = datetime.fromtimestamp(float(seconds), UTC)
        query = query.where(or_(AuditEntry.at < at, and_(AuditEntry.at == at, AuditEntry.id < id)))
    rows = (await session.execute(query.order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(PAGE + 1))).all()
    lines = [Line(entry, name or "", login or "") for entry, name, login in rows[:PAGE]]
    last = lines[-1].entry if len(rows) > PAGE else None
    return lines, f"{last.at.timestamp():.6f}.{last.id}" if last else ""


async def people(session: AsyncSession, actor: Actor) -> list[tuple[str, str]]:
    """Logins and names of those whose deeds this person may look for, by name."""
    query = select(User.login, User.name).order_by(User.name)
    if actor.company_id is not None:
        query = query.where(User.company_id == actor.company_id)
    return [(login, name) for login, name in await session.execute(query)]
