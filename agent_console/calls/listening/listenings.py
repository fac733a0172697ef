"""Listenings: every query about them. The recording was found in the listener's scope; a listening is its owner's."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.calls.listening import stretches
from agent_console.calls.listening.models import Listening, ListeningReason
from agent_console.calls.listening.stretches import Stretches
from agent_console.people import audit
from agent_console.people.models import AuditAction, User
from gridline.clock import Clock
from gridline.errors import NotFound
from recordings.models import Recording

REASONS: Final[Mapping[ListeningReason, str]] = {
    ListeningReason.APPEAL: "обращение",
    ListeningReason.QUALITY: "контроль качества",
    ListeningReason.TRAINING: "обучение",
    ListeningReason.REQUEST: "запрос",
}
NO_REASON: Final = "причина не названа"
MOST: Final = 100
"""Listenings that a call's page shows, the newest of them."""


@dataclass(frozen=True, slots=True)
class ToldListening:
    """A listening as those read it who answer for who heard what."""

    listening: Listening
    name: str
    """Whose; empty when nobody of that id is known any more."""

    @property
    def reason(self) -> str:
        """Why, in Russian."""
        return REASONS[self.listening.reason] if self.listening.reason else NO_REASON

    @property
    def heard(self) -> str:
        """Which seconds were played."""
        return stretches.told(self.listening.heard)

    @property
    def sent(self) -> str:
        """Which seconds the server sent: more than was played where the player read ahead or the page did not tell."""
        return stretches.told(self.listening.sent)


async def begin(
    session: AsyncSession,
    clock: Clock,
    recording: Recording,
    *,
    user_id: str,
    reason: ListeningReason | None,
    address: str,
) -> Listening:
    """Somebody is about to listen to a recording they may hear: kept, and noted in the audit, before any sound."""
    listening = Listening(
        recording_id=recording.id, user_id=user_id, reason=reason, begun_at=clock.now(), sent=[], heard=[]
    )
    session.add(listening)
    await session.flush()
    audit.note(
        session,
        clock,
        user_id=user_id,
        action=AuditAction.RECORDING_LISTENED,
        subject=f"recording:{recording.id}",
        detail=REASONS[reason] if reason else NO_REASON,
        address=address,
    )
    return listening


async def own(session: AsyncSession, recording: Recording, id: str, *, user_id: str) -> Listening:
    """The listening of this recording that this person began, locked until the transaction ends. Raises NotFound."""
    found = await session.get(Listening, id, with_for_update=True)
    if found is None or (found.recording_id, found.user_id) != (recording.id, user_id):
        raise NotFound("Это прослушивание начато не здесь: обновите страницу.")
    return found


def add_sent(listening: Listening, more: Stretches) -> None:
    """These stretches leave the house."""
    listening.sent = stretches.merged(listening.sent, more)


def add_heard(listening: Listening, more: Stretches) -> None:
    """The page has played these stretches."""
    listening.heard = stretches.merged(listening.heard, more)


async def of_recordings(session: AsyncSession, ids: Collection[str]) -> Sequence[ToldListening]:
    """Who listened to these recordings of a call that the asker sees, the newest first; for readers of the audit."""
    query = select(Listening, User.name).join(User, User.id == Listening.user_id, isouter=True)
    query = query.where(Listening.recording_id.in_(ids)).order_by(Listening.begun_at.desc(), Listening.id).limit(MOST)
    return [ToldListening(listening, name or "") for listening, name in await session.execute(query)]
