"""What a story looks up in the product's database and folders after, or during, its call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import ColumnElement, func, select

from appeals.models import Appeal, Content
from carrier.errors import StoryBroken
from carrier.stories.scene import Scene
from gridline.db import Base
from ivr.journal.models import CallRecord, CallStep
from recordings.audio import loudness_of
from recordings.models import Recording, RecordingState

WITHIN_S = 15.0
_LOOK_EVERY_S = 0.2

M = TypeVar("M", bound=Base)
T = TypeVar("T")


@dataclass(frozen=True)
class StoredCall:
    """The last call of a scene as it was stored."""

    id: str
    steps: int
    outcome: str


async def ended_call(scene: Scene) -> StoredCall:
    """The scene's last call, once its end is stored; its notice must have been heard to the end."""

    async def look() -> StoredCall | None:
        async with scene.house.db.read() as session:
            query = (
                select(CallRecord)
                .where(CallRecord.company_id == scene.company, CallRecord.started_at >= scene.began_at)
                .order_by(CallRecord.started_at.desc())
                .limit(1)
            )
            call = await session.scalar(query)
            if call is None or call.outcome is None:
                return None
            if not call.notice_completed:
                raise StoryBroken(f"у звонка {call.id} нет доказательства, что уведомление дослушано")
            steps = await session.scalar(select(func.count()).where(CallStep.call_id == call.id))
            return StoredCall(call.id, steps or 0, call.outcome)

    return await until(look, "запись о звонке")


async def one(scene: Scene, model: type[M], *where: ColumnElement[bool]) -> M:
    """The one row there is, once it is there."""

    async def look() -> M | None:
        async with scene.house.db.read() as session:
            return (await session.scalars(select(model).where(*where))).one_or_none()

    return await until(look, model.__tablename__)


async def appeal_of_caller(scene: Scene, phone: str) -> Appeal:
    """The newest appeal left from this number (E.164) in this scene."""

    async def look() -> Appeal | None:
        async with scene.house.db.read() as session:
            query = (
                select(Appeal)
                .join(Content, Content.appeal_id == Appeal.id)
                .where(Appeal.company_id == scene.company, Content.phone == phone)
                .where(Appeal.received_at >= scene.began_at)
                .order_by(Appeal.number.desc())
                .limit(1)
            )
            return (await session.scalars(query)).one_or_none()

    return await until(look, "обращение в реестре")


async def recordings(scene: Scene, call_id: str, *, at_least: int) -> Sequence[Recording]:
    """The stored recordings of a call, the longest first, once there are `at_least` so many."""

    async def look() -> Sequence[Recording] | None:
        async with scene.house.db.read() as session:
            query = select(Recording).where(
                Recording.call_id == call_id, Recording.state.in_([RecordingState.STORED, RecordingState.PARTIAL])
            )
            rows = (await session.scalars(query.order_by(Recording.seconds.desc()))).all()
            return rows if len(rows) >= at_least else None

    return await until(look, f"записи звонка {call_id}")


def loudness(scene: Scene, recording: Recording) -> list[float]:
    """dBFS of each channel of a stored recording."""
    file = scene.house.settings.var / "recordings/store" / recording.file
    return loudness_of(file)


async def until(look: Callable[[], Awaitable[T | None]], what: str, *, within_s: float = WITHIN_S) -> T:
    """Call `look` until it returns a value. Raises StoryBroken when it does not in time."""
    loop = asyncio.get_running_loop()
    until = loop.time() + within_s
    while loop.time() < until:
        if (value := await look()) is not None:
            return value
        await asyncio.sleep(_LOOK_EVERY_S)
    raise StoryBroken(f"за {within_s:.0f} с в базе не появилось: {what}")
