"""Messages as they are stored: those of a matter, those that came to nothing, and what others may change in them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gridline.errors import Conflict, NotFound
from outreach.models import MessageOut, MessageState, Purpose


async def of_subject(session: AsyncSession, company_id: str, subject_id: str) -> list[MessageOut]:
    """Messages about a matter that the asker sees (an appeal, an outage), the earliest first."""
    mine = (MessageOut.company_id == company_id, MessageOut.subject_id == subject_id)
    return list(await session.scalars(select(MessageOut).where(*mine).order_by(MessageOut.queued_at)))


async def settled_since(session: AsyncSession, state: MessageState, since: datetime) -> int:
    """How many messages came to this state after this moment: given up, or sent as far as anybody knows."""
    which = (MessageOut.state == state, MessageOut.settled_at >= since)
    return await session.scalar(select(func.count()).select_from(MessageOut).where(*which)) or 0


async def send_again(session: AsyncSession, id: str, subject_id: str, now: datetime) -> None:
    """Send a message about this matter that may have left already: a person decided so. Raises NotFound, Conflict."""
    message = await session.get(MessageOut, id, with_for_update=True)
    if message is None or message.subject_id != subject_id:
        raise NotFound("Такого сообщения нет.")
    if message.state is not MessageState.UNKNOWN:
        raise Conflict("Это сообщение уже не ждёт решения.")
    message.state, message.next_at, message.settled_at, message.problem = MessageState.WAITING, now, None, ""


async def withdraw_about(session: AsyncSession, subjects: Collection[str], purpose: Purpose, now: datetime) -> None:
    """Messages about these matters (ids) that wait and tell what is not so any more do not leave."""
    waiting = (MessageOut.purpose == purpose, MessageOut.state == MessageState.WAITING)
    about = update(MessageOut).where(*waiting, MessageOut.subject_id.in_(subjects))
    await session.execute(about.values(state=MessageState.WITHDRAWN, settled_at=now, leased_until=None))
