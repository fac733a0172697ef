"""The audit as a list: who did what and when, narrowed by person, deed, day and words."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Final
from zoneinfo import ZoneInfo

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.calls import recordings
from agent_console.people.models import AuditAction, AuditEntry, User
from agent_console.web.query_string import PageQuery, PageStart, QueryString
from appeals.personal_data import trust
from gridline.calendar import days
from gridline.scope import Scope

PAGE: Final = 100
_ID: Final = re.compile(r"[0-9a-f]{32}")
ACTIONS: Final[Mapping[AuditAction, str]] = {
    AuditAction.SIGNED_IN: "вошёл",
    AuditAction.SIGNED_OUT: "вышел",
    AuditAction.SIGN_IN_REFUSED: "вход не удался",
    AuditAction.REFUSED: "отказано: нет права",
    AuditAction.OUT_OF_SCOPE: "спросил чужое",
    AuditAction.RECORDING_LISTENED: "прослушал запись",
    AuditAction.CALL_EXPORTED: "выгрузил звонок",
    AuditAction.HOLD_SET: "запретил уничтожать записи",
    AuditAction.HOLD_LIFTED: "снял запрет на уничтожение",
    AuditAction.ERASURE_ASKED: "записал требование удалить данные",
    AuditAction.ERASURE_CARRIED_OUT: "удалил данные по требованию",
    AuditAction.ERASURE_REFUSED: "отказал в удалении данных",
    AuditAction.TRANSCRIPT_READ: "прочитал расшифровку",
    AuditAction.APPEAL_EXPORTED: "выгрузил обращение",
    AuditAction.APPEAL_REGISTERED: "зарегистрировал обращение",
    AuditAction.CARD_OPENED: "открыл карточку звонка",
    AuditAction.AGENT_READIED: "вернул оператора на линию",
    AuditAction.AGENT_PAUSED: "поставил оператора на паузу",
    AuditAction.AGENT_SIGNED_OFF: "закончил смену оператора",
    AuditAction.STORM_SWITCHED: "переключил режим шторма",
    AuditAction.ANNOUNCED: "объявил всем звонящим",
    AuditAction.ANNOUNCEMENT_WITHDRAWN: "снял объявление",
    AuditAction.CAMPAIGN_STOPPED: "остановил обзвон",
    AuditAction.CAMPAIGN_RESUMED: "продолжил обзвон",
    AuditAction.SURVEY_STARTED: "начал опрос",
    AuditAction.MESSAGE_SENT_AGAIN: "отправил сообщение ещё раз",
    AuditAction.CALENDAR_CHANGED: "изменил календарь",
    AuditAction.EDITION_PUBLISHED: "изменил то, что слышат звонящие",
    AuditAction.APPOINTMENT_BOOKED: "записал на приём",
    AuditAction.APPOINTMENT_MOVED: "перенёс приём",
    AuditAction.APPOINTMENT_CANCELLED: "отменил приём",
    AuditAction.APPOINTMENT_MARKED: "отметил посетителя",
    AuditAction.USER_ADDED: "добавил человека",
    AuditAction.USER_RESET: "выдал одноразовый пароль",
    AuditAction.USER_PASSWORD: "сменил пароль",
    AuditAction.USER_SIGNED_OUT: "завершил сеансы человека",
    AuditAction.USER_DISABLED: "закрыл вход",
    AuditAction.USER_ENABLED: "открыл вход",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuery(PageQuery):
    """What the list is asked, as its address holds it."""

    PATH: ClassVar[str] = "/audit"
    PLACE: ClassVar[str] = "before"

    day: date | None = None
    """That day and what was before it."""
    who: str = ""
    """A login."""
    action: str = ""
    q: str = ""
    """Words of the subject or of the detail."""
    before: PageStart | None = None


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One entry with the name of who did it."""

    entry: AuditEntry
    name: str
    login: str
    subject: str
    detail: str
    """Both without the ids of calls of the trust line and of what was recorded of them."""

    @property
    def action(self) -> str:
        """In Russian."""
        return ACTIONS[self.entry.action]


def read(query: Mapping[str, str]) -> AuditQuery:
    """The question of an address. Raises InvalidInput."""
    given = QueryString(query)
    return AuditQuery(
        day=given.day("day"),
        who=given.text("who", at_most=64),
        action=given.code("action", ACTIONS, "Действие"),
        q=given.text("q", at_most=100),
        before=given.start("before"),
    )


async def page(
    session: AsyncSession, asked: AuditQuery, zone: ZoneInfo, *, visible_to: Scope
) -> tuple[list[AuditRow], PageStart | None]:
    """The newest entries that fit, and where the next page begins (None at the end).

    Whoever is of one company sees what its people did.
    """
    query = select(AuditEntry, User.name, User.login).join(User, User.id == AuditEntry.user_id, isouter=True)
    query = query.where(visible_to.where(User.company_id, User.branch))
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
    if asked.day is not None:
        query = query.where(AuditEntry.at < days.ends(asked.day, zone))
    if asked.before is not None:
        same = and_(AuditEntry.at == asked.before.at, AuditEntry.id < asked.before.id)
        query = query.where(or_(AuditEntry.at < asked.before.at, same))
    rows = (await session.execute(query.order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(PAGE + 1))).all()
    told = [text for entry, _, _ in rows for text in (entry.subject, entry.detail)]
    shut = set() if visible_to.trust else await _shut(session, told)
    found = [
        AuditRow(entry, name or "", login or "", _masked(entry.subject, shut), _masked(entry.detail, shut))
        for entry, name, login in rows[:PAGE]
    ]
    last = found[-1].entry if len(rows) > PAGE else None
    return found, PageStart(last.at, last.id) if last else None


async def _shut(session: AsyncSession, told: Sequence[str]) -> set[str]:
    """Ids of calls of the trust line, and of their recordings, among these words."""
    ids = {id for one in told for id in _ID.findall(one)}
    return await trust.among(session, ids) | await recordings.of_trust_among(session, ids)


def _masked(subject: str, shut: Collection[str]) -> str:
    return _ID.sub(lambda match: "…" if match[0] in shut else match[0], subject)
