"""A caller and a telephone talk, and each hears the other."""

from __future__ import annotations

import asyncio
from typing import Final

from carrier.hearing.sound import Clip
from carrier.hearing.tones import chirps
from carrier.leg import Leg
from carrier.phone import Phone
from carrier.stories.scene import Caller

CALLERS: Final = chirps(301, 1.2)
OLGA, IGOR, CREWS = (chirps(number, 1.2) for number in (302, 303, 304))
"""What each says on the telephone: the callers, agents 101 and 102, somebody outside."""


async def taken(caller: Caller, agent: Phone) -> Leg:
    """The caller asks for a person; the agent answers, and they talk."""
    await caller.hears("main-menu", within_s=25)
    await caller.press("0")
    leg = await agent.answered(40)
    await talk(caller, leg, OLGA)
    return leg


async def talk(caller: Caller, other: Leg, theirs: Clip) -> None:
    """Both speak again and again, till each has heard the other: a talk may begin a moment after its answer."""
    since_s, since = caller.leg.now_s, other.now_s
    async with asyncio.TaskGroup() as talk:
        speaking = [talk.create_task(_speak(*one)) for one in ((caller.leg, CALLERS), (other, theirs))]
        await caller.leg.hears(theirs, 15, since_s=since_s)
        await other.hears(CALLERS, 15, since_s=since)
        for one in speaking:
            one.cancel()


async def _speak(leg: Leg, sound: Clip) -> None:
    while True:
        await leg.speak(sound)
