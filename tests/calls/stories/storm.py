"""A storm: the third call of a minute switches it on by itself; the menu is short, agents are for danger alone."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from carrier.errors import StoryBroken
from carrier.stories import store
from gridline.clock import SystemClock
from ivr.storm.mode import BY_RATE
from ivr.storm.models import Announcement, StormEvent
from ivr.voice import spoken
from ivr.voice.prompts import Prompt
from tests.calls.looked_up import ended
from tests.calls.stories import BOOK
from tests.calls.street import STORMY, Play, goes
from worklist.codes import ItemKind
from worklist.models import WorkItem

NEWS = "В посёлке Южный ветром оборвало линию, свет включим к восьми вечера"


async def _in_storm(scene: Play) -> StormEvent:
    """Wait until the company's line is in a storm; the switch."""

    async def look() -> StormEvent | None:
        async with scene.house.db.read() as session:
            query = select(StormEvent).where(StormEvent.company_id == STORMY, StormEvent.on.is_(True))
            found: StormEvent | None = await session.scalar(query.limit(1))
            return found

    return await store.until(look, "шторм")


async def _announced(scene: Play, text: str) -> None:
    """Put an announcement where another node of the installation would, and wait until this one says it."""
    now = SystemClock().now()
    async with scene.house.db.write() as session:
        row = Announcement(company_id=STORMY, branch="", starts_at=now, ends_at=now + timedelta(hours=1), text=text)
        row.seconds, row.made_by, row.made_at = 5.0, "user:dispatcher", now
        session.add(row)


@BOOK.story(STORMY)
async def a_storm_comes_is_announced_and_danger_alone_is_queued(scene: Play) -> None:
    one, two, three, pressing, listening, danger = (f"+7913210000{number}" for number in range(1, 7))
    for number in (one, two, three):
        async with scene.noticed(number) as caller:
            await caller.hears("main-menu", within_s=40)
            await caller.hangs_up()
    switched = await _in_storm(scene)
    if (switched.actor, switched.limit) != (BY_RATE, 3.0) or switched.calls_a_minute < 3:
        raise StoryBroken(f"шторм включил {switched.actor}: {switched.calls_a_minute} при пороге {switched.limit}")
    async with scene.noticed(pressing) as caller:
        await caller.hears("storm-menu-water", within_s=20)
        await goes(caller, "0", "storm-callback")
        await caller.hears(Prompt("complaint-contact", phone=spoken.phone(pressing)), within_s=20)
        await caller.press("1")
        item = await store.one(scene, WorkItem, WorkItem.phone == pressing)
        zone = scene.house.companies.by_id(STORMY).zone
        until = spoken.until_moment(item.due_at, item.made_at, zone)
        await caller.hears(Prompt("callback-promised", until=until), within_s=20)
        await caller.is_hung_up(within_s=15)
    if item.kind is not ItemKind.CALLBACK or item.due_at - item.made_at != timedelta(hours=4):
        raise StoryBroken(f"обещан звонок: {item.kind}, срок {item.due_at - item.made_at}")
    await _announced(scene, NEWS)
    await store.until(lambda: _heard(scene), "объявление звучит")
    async with scene.noticed(listening) as caller:
        await caller.hears(Prompt("announcement", text=NEWS), within_s=15)
        await goes(caller, "2", "premise-unknown-caller")  # the answer to the menu behind it: the shortest way
        await caller.hangs_up()
    call = await ended(scene, listening)
    call.left("news", "pressed")
    async with scene.noticed(danger) as caller:
        await caller.hears(Prompt("announcement", text=NEWS), within_s=15, whole=True)
        await caller.hears("storm-menu-water", within_s=20)
        await goes(caller, "1", "danger-safety")
        await caller.hears("danger-to-dispatcher", within_s=30)
        await caller.hangs_up()
    call = await ended(scene, danger)
    call.left("news", "said")
    async with scene.house.db.read() as session:
        promised = (await session.scalars(select(WorkItem).where(WorkItem.phone == danger))).all()
    if [one for one in promised if one.kind is ItemKind.CALLBACK]:
        raise StoryBroken("о опасности обещали перезвонить вместо очереди")


async def _heard(scene: Play) -> bool | None:
    return any("announcement-ready" in line for line in scene.house.log().splitlines()) or None
