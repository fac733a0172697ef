"""Why a telephone rings no more, from events in the order Asterisk tells them (case C11)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from ivr.desk import rings
from ivr.desk.rings import RingEnd, Rings
from ivr.telephony import events as ev
from ivr.telephony.events import Channel, Event

AT = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
ANNA = Channel("1.1", "1.1", "PJSIP/trunk-00000001", "+79131203499", "skek")
WEB = Channel("1.2", "1.1", "PJSIP/101-web-00000002", "")
DESK = Channel("1.3", "1.1", "PJSIP/101-00000003", "")
COLLEAGUE = Channel("2.1", "2.1", "PJSIP/102-web-00000004", "")
FROM_COLLEAGUE = Channel("2.2", "2.1", "PJSIP/101-web-00000005", "")


def seen(*channels: Channel) -> list[Event]:
    return [ev.ChannelSeen(AT, channel) for channel in channels]


def gone(*channels: Channel) -> list[Event]:
    return [ev.ChannelHungUp(AT, channel, 16) for channel in channels]


def talk(*channels: Channel) -> list[Event]:
    return [ev.BridgeEntered(AT, channel, "b1") for channel in channels]


def left(*channels: Channel) -> list[Event]:
    return [ev.BridgeLeft(AT, channel, "b1") for channel in channels]


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ([*seen(ANNA, WEB), *gone(WEB, ANNA)], RingEnd.CALLER),
        ([*seen(ANNA, WEB), *gone(ANNA, WEB)], RingEnd.CALLER),
        ([*seen(ANNA, WEB), *gone(WEB)], RingEnd.UNANSWERED),
        ([*seen(ANNA, WEB, DESK), *gone(WEB), *talk(DESK, ANNA)], RingEnd.ELSEWHERE),
        ([*seen(ANNA, WEB, DESK), *talk(DESK, ANNA), *gone(WEB)], RingEnd.ELSEWHERE),
        ([*seen(ANNA, WEB), *talk(WEB, ANNA), *gone(WEB, ANNA)], None),
        ([*seen(COLLEAGUE, FROM_COLLEAGUE), *gone(FROM_COLLEAGUE, COLLEAGUE)], RingEnd.CALLER),
        # A caller who was put back into the queue by a first agent, and gives up while a second one is rung:
        ([*seen(ANNA), *talk(ANNA), *left(ANNA), *seen(WEB), *gone(WEB, ANNA)], RingEnd.CALLER),
        ([*seen(ANNA), *talk(ANNA), *left(ANNA), *seen(WEB), *gone(WEB)], RingEnd.UNANSWERED),
        ([], None),
    ],
)
async def test_what_truly_happened_is_told(
    monkeypatch: pytest.MonkeyPatch, told: Sequence[Event], why: RingEnd | None
) -> None:
    monkeypatch.setattr(rings, "SETTLED_S", 0.02)
    followed = Rings()
    for event in told:
        followed.on_event(event)
    assert await followed.why_ended("PJSIP/101-web") is why


async def test_news_of_the_caller_may_come_a_moment_later() -> None:
    followed = Rings()
    for event in [*seen(ANNA, WEB), *gone(WEB)]:
        followed.on_event(event)
    asked = asyncio.create_task(followed.why_ended("PJSIP/101-web"))
    await asyncio.sleep(0)
    followed.on_event(*gone(ANNA))
    assert await asked is RingEnd.CALLER
