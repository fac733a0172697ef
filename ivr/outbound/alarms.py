"""How far the duty telephones have been rung about each danger, and which process rings now: rows with a lease."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import update

from gridline.db import Database, insert_missing, new_id
from ivr.outbound.models import DutyAlarm
from worklist.models import WorkItem

LEASE: Final = timedelta(seconds=15)
"""A process that has not said for so long that it still rings is dead."""


@dataclass(frozen=True, slots=True)
class DutyStep:
    """One call that a process may now make, and no other process will."""

    number: int
    """From 1: the first telephone of the first round."""
    cut_off: bool
    """Whether the step before it was never ended: its process died."""


def holder(node: str) -> str:
    """A name for one process of this node."""
    return f"{node}:{new_id()[:8]}"


async def give_up_others(db: Database, node: str, me: str, now: datetime) -> None:
    """A process of this node has started anew: what earlier ones held is free at once. Raises Unavailable."""
    async with db.write() as session:
        earlier = (DutyAlarm.holder.startswith(f"{node}:", autoescape=True), DutyAlarm.holder != me)
        await session.execute(update(DutyAlarm).where(*earlier).values(held_until=now))


async def begin_step(db: Database, item_id: str, holder: str, now: datetime) -> DutyStep | None:
    """Take the next step; None while another process rings, or the round's pause is not over. Raises Unavailable."""
    async with db.write() as session:
        fresh = {"item_id": item_id, "step": 0, "next_at": now, "holder": "", "held_until": now}
        await insert_missing(session, DutyAlarm, [fresh])
        alarm = await session.get_one(DutyAlarm, item_id, with_for_update=True)
        if alarm.next_at > now or (alarm.holder and now < alarm.held_until <= now + LEASE):
            return None  # what is held for longer was held by a node whose clock goes before
        item = await session.get(WorkItem, item_id)
        if item is None or item.owner or item.ended_at is not None:
            return None
        cut_off = bool(alarm.holder)
        alarm.step, alarm.holder, alarm.held_until = alarm.step + 1, holder, now + LEASE
        return DutyStep(alarm.step, cut_off)


async def hold(db: Database, item_id: str, holder: str, now: datetime) -> bool:
    """Say that the step's call goes on; False once the item is somebody's. Raises Unavailable."""
    async with db.write() as session:
        mine = (DutyAlarm.item_id == item_id, DutyAlarm.holder == holder)
        await session.execute(update(DutyAlarm).where(*mine).values(held_until=now + LEASE))
        item = await session.get(WorkItem, item_id)
        return item is not None and not item.owner and item.ended_at is None


async def end_step(db: Database, item_id: str, holder: str, next_at: datetime) -> None:
    """The call is over; the next one may begin at `next_at`. Raises Unavailable: then it begins when the lease ends."""
    async with db.write() as session:
        mine = (DutyAlarm.item_id == item_id, DutyAlarm.holder == holder)
        await session.execute(update(DutyAlarm).where(*mine).values(holder="", next_at=next_at))
