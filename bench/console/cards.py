"""From the ring to the complete card: real calls of callers with a past, the agent's browser open before them."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.console.delays import percentile
from bench.console.house import AGENT, DIALLED, House
from bench.console.screen import Screen
from bench.console.wire import Seen, Wire
from carrier.leg import Leg
from gridline.errors import Unavailable

WARM = 2
"""The first cards, which also fill caches that then serve for the whole day."""
_KEYS, _KEY_EVERY_S = 30, 0.7
_PHONE = f"PJSIP/{AGENT}-"


@dataclass(frozen=True)
class Card:
    """One card; seconds since Asterisk began to ring the agent's telephone."""

    asked_s: float
    """The browser asked for the card: the ring had come to it."""
    answered_s: float
    """The whole answer was there."""
    there_s: float
    """The card stood on the page."""
    calls: int
    appeals: int
    candidates: int

    @property
    def server_s(self) -> float:
        """Assembling and rendering it, as the browser saw it."""
        return self.answered_s - self.asked_s


async def opened(house: House, wire: Wire, screen: Screen, callers: Sequence[str]) -> dict[str, Any]:
    """Figures of one card for each caller. Raises Unavailable when a card lacked what is stored of its caller."""
    await screen.watch_cards()
    clock = await screen.clock()
    cards = []
    for number, caller in enumerate(callers, start=1):
        since = len(wire.seen)
        async with house.product.carrier.call(from_number=caller, to=DIALLED) as leg:
            ring = await _rung(leg, wire, since)
            found = await screen.card(number, clock)
        await wire.until(_is_over, since)
        if ring.at > found["at"] + clock.error_s:
            raise Unavailable("Работа не доказана: карточка открылась раньше, чем зазвонил телефон.")
        cards.append(
            Card(
                asked_s=found["asked"] - ring.at,
                answered_s=found["answered"] - ring.at,
                there_s=found["at"] - ring.at,
                calls=found["calls"],
                appeals=found["appeals"],
                candidates=found["candidates"],
            )
        )
    poor = [one for one in cards if not (one.calls and one.appeals and one.candidates and one.server_s > 0)]
    if poor:
        raise Unavailable(f"Работа не доказана: в карточках нет прошлого абонента: {poor[:3]}")
    warm = cards[WARM:]
    there, server = [one.there_s for one in warm], [one.server_s for one in warm]
    return {
        "cards": len(warm),
        "card_ms": _ms(percentile(there, 0.95)),
        "card_p50_ms": _ms(percentile(there, 0.5)),
        "card_worst_ms": _ms(max(there)),
        "card_first_ms": _ms(cards[0].there_s),
        "card_server_p50_ms": _ms(percentile(server, 0.5)),
        "card_server_p95_ms": _ms(percentile(server, 0.95)),
        "card_push_p50_ms": _ms(percentile([one.asked_s for one in warm], 0.5)),
        "card_last_calls": sum(one.calls for one in warm),
        "card_open_appeals": sum(one.appeals for one in warm),
        "card_candidates": sum(one.candidates for one in warm),
        "clock_error_ms": _ms(clock.error_s),
    }


async def _rung(leg: Leg, wire: Wire, since: int) -> Seen:
    """Press the menu's key until the agent's telephone rings: one that comes before the menu is not heard."""
    for _ in range(_KEYS):
        await leg.press("2")
        with contextlib.suppress(Unavailable):
            return await wire.until(_rings, since, _KEY_EVERY_S)
    raise Unavailable("Звонок не дошёл до телефона оператора.")


def _rings(seen: Seen) -> bool:
    return seen.is_("Newchannel") and seen.headers["Channel"].startswith(_PHONE)


def _is_over(seen: Seen) -> bool:
    return seen.is_("Hangup") and seen.headers["Channel"].startswith(_PHONE)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
