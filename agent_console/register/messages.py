"""Messages to the applicant, as the page of their appeal tells of them: when, how far, and what went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from agent_console import words
from agent_console.people import privacy
from agent_console.people.permissions import Actor
from appeals.models import Appeal
from outreach import stored
from outreach.models import MessageOut, MessageState, MessageWay

WAYS: Final[Mapping[MessageWay, str]] = {MessageWay.SMS: "СМС", MessageWay.EMAIL: "Письмо на почту"}
STATES: Final[Mapping[MessageState, tuple[str, str]]] = {
    MessageState.WAITING: ("ждёт отправки", "soon"),
    MessageState.SENDING: ("отправляется", "info"),
    MessageState.UNKNOWN: ("неизвестно, отправлено ли", "late"),
    MessageState.SENT: ("отправлено", "info"),
    MessageState.DELIVERED: ("доставлено", "good"),
    MessageState.UNDELIVERED: ("не доставлено", "late"),
    MessageState.GIVEN_UP: ("отправить не удалось", "late"),
    MessageState.WITHDRAWN: ("не отправлено: согласие отозвано или известие устарело", ""),
}
"""Words and the badge's level."""


@dataclass(frozen=True, slots=True)
class SentMessage:
    """One message."""

    id: str
    undecided: bool
    """Whether it left nobody knows: a person is to say whether it goes again."""
    way: str
    to: str
    """Masked by the reader's role; empty where it is not theirs to see."""
    text: str
    state: str
    level: str
    at: datetime
    """When it came to this state; while it waits, when it was queued."""
    problem: str


async def of_appeal(session: AsyncSession, actor: Actor, appeal: Appeal) -> tuple[SentMessage, ...]:
    """Messages about an appeal that the asker sees, the earliest first."""
    return tuple(_told(one, actor) for one in await stored.of_subject(session, appeal.company_id, appeal.id))


def _told(one: MessageOut, actor: Actor) -> SentMessage:
    state, level = STATES[one.state]
    field = "email" if one.way is MessageWay.EMAIL else "phone"
    to = privacy.shown(actor, field, one.to) or ""
    written = words.phone(to) if to == one.to and field == "phone" and to else to
    at = one.settled_at or one.sent_at or one.queued_at
    undecided = one.state is MessageState.UNKNOWN and bool(one.to)
    return SentMessage(one.id, undecided, WAYS[one.way], written, one.text, state, level, at, one.problem)
