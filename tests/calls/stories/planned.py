"""Planned works of a settlement that the caller names: the nearest, those of a day, another settlement, a person."""

from __future__ import annotations

from datetime import timedelta

from carrier.errors import StoryBroken
from carrier.stories import store
from grid.outages.models import Outage
from gridline.clock import SystemClock
from ivr.actions.power.keypad import keyed
from ivr.voice import spoken
from ivr.voice.prompts import Prompt
from tests.calls.looked_up import ended
from tests.calls.stories import BOOK
from tests.calls.stories.power import POWER
from tests.calls.street import Play, goes

TOWN, VILLAGE = spoken.address("г. Кемерово"), spoken.address("с. Елыкаево")
TO_TOWN = (*POWER, "3", "settlement-letters", f"{keyed('кем')}#")


@BOOK.story()
async def planned_works_are_told_by_settlement_and_by_day(scene: Play) -> None:
    own, now = "+79131100020", SystemClock().now()
    outage = await store.one(scene, Outage, Outage.code == "П-7")
    assert outage.expected_end is not None
    day = outage.starts_at.astimezone(scene.zone).date()
    other = day + timedelta(days=3)
    when = spoken.period(outage.starts_at, outage.expected_end, now, scene.zone)
    works = Prompt("planned-works", what="свет", when=when, places=f"{spoken.address('ул. Плановая')}, часть домов")
    none_then = Prompt("planned-none-on", settlement=TOWN, day=spoken.on_day(other, now.astimezone(scene.zone).date()))
    async with scene.greeted(own, *TO_TOWN, Prompt("planned-found", settlement=TOWN)) as caller:
        await caller.hears(works, within_s=20)
        await caller.hears("planned-end-menu", within_s=25)
        await goes(caller, "1", "planned-day-enter", "9999#", "planned-day-wrong", f"{day:%d%m}#", works)
        await caller.hears("planned-end-menu", within_s=25)
        await goes(caller, "1", "planned-day-enter", f"{other:%d%m}#", none_then)
        await caller.hears("planned-end-menu", within_s=25)
        await goes(caller, "2", "settlement-letters", f"{keyed('елы')}#", Prompt("planned-none", settlement=VILLAGE))
        await caller.hears("planned-end-menu", within_s=25)
        await caller.hears("anything-else", within_s=20)
        await caller.hangs_up()
    call = await ended(scene, own)
    call.left("planned", "done")
    if call.said.count("planned-works") != 2:
        raise StoryBroken(f"сказано: {call.said}")


@BOOK.story()
async def who_asks_a_person_about_planned_works_gets_one(scene: Play) -> None:
    own = "+79131100021"
    async with scene.greeted(own, *TO_TOWN, Prompt("planned-found", settlement=TOWN)) as caller:
        await caller.hears("planned-end-menu", within_s=40)
        await goes(caller, "0", "person-nobody")
        await caller.hangs_up()
    (await ended(scene, own)).left("planned", "operator")
