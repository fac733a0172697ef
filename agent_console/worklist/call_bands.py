"""The band over an agent's page: whom they call now and how it ended, or the lost caller they may take, being free.

One band an agent, on every page; what differs from what was told last is told at once. Other processes make items too,
so the lost callers are looked for every few seconds while somebody could take one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import structlog
from aiohttp import web

from agent_console.console import Console
from agent_console.people import people
from agent_console.push import MORPH
from agent_console.web.render import Templates
from gridline.clock import happens
from gridline.log import contained
from gridline.scope import Scope
from ivr.desk import devices
from ivr.desk.shift import Shift
from ivr.live.view import AgentState
from ivr.outbound.agents_calls import AgentCall
from worklist import callbacks
from worklist.codes import ItemKind
from worklist.models import WorkItem
from worklist.worklist import Changed

TOGETHER_S: Final = 0.2
AGAIN_S: Final = 5.0
PLACE: Final = "place"
"""The topic of one agent's telephones (`pages.phone`)."""
_OFFERED: Final = (ItemKind.LOST_CALLER,)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class LostOffer:
    """A lost caller, offered to whoever is free."""

    item_id: str
    phone: str
    place: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class CallBand:
    """What stands over the pages of one agent."""

    call: AgentCall | None = None
    at_desk: bool = False
    """Whether they call with the telephone on their desk."""
    offer: LostOffer | None = None


class CallBands:
    """One for the process; `running` must be entered for anything to be told."""

    def __init__(self, console: Console, templates: Templates) -> None:
        self._console = console
        self._templates = templates
        self._told: dict[str, CallBand] = {}
        self._offers: dict[str, LostOffer] = {}
        """By agent: those who are free now."""
        self._news = asyncio.Event()

    def of(self, agent: str) -> CallBand:
        """The band of an agent as it is now."""
        shift = self._console.desk.shift(agent)
        at_desk = shift is not None and shift.phone is devices.DeviceKind.DESK
        call = self._console.agents_calls.of(agent)
        return CallBand(call, at_desk, None if call is not None else self._offers.get(agent))

    def call_changed(self, agent: str) -> None:
        """The agent's call about an item has changed; returns at once."""
        self._tell(agent)
        self._news.set()

    def look_again(self) -> None:
        """Somebody is free, or is no longer; returns at once."""
        self._news.set()

    async def running(self, _app: web.Application) -> AsyncIterator[None]:
        """Tell changes while the application runs."""
        self._console.worklist.listeners.append(self._changed)
        job = asyncio.create_task(self._run())
        yield
        self._console.worklist.listeners.remove(self._changed)
        job.cancel()
        await asyncio.gather(job, return_exceptions=True)

    def _changed(self, changed: Changed) -> None:
        if changed.kind in _OFFERED:
            self._news.set()

    async def _run(self) -> None:
        while True:
            await happens(self._news, within_s=AGAIN_S)
            self._news.clear()
            with contained("call-bands", "lost-callers-not-offered"):
                await self._offer()
            await asyncio.sleep(TOGETHER_S)

    async def _offer(self) -> None:
        """Every free agent is offered the most urgent lost caller of their branch; the first who clicks has them."""
        free = [shift for shift in self._console.desk.shifts() if self._is_free(shift)]
        offers: dict[str, LostOffer] = {}
        if free:
            now = self._console.clock.now()
            async with self._console.db.read() as session:
                branches = await people.branches_of(session, {shift.user_id for shift in free})
                found: dict[Scope, LostOffer | None] = {}
                for shift in free:
                    scope = Scope(shift.company_id, branches.get(shift.user_id, ""))
                    if scope not in found:
                        item = await callbacks.lost_and_free(session, shift.company_id, now, visible_to=scope)
                        found[scope] = _offered(item)
                    if (offer := found[scope]) is not None:
                        offers[shift.agent] = offer
        changed = {agent for agent in self._offers | offers if self._offers.get(agent) != offers.get(agent)}
        self._offers = offers
        for agent in changed:
            self._tell(agent)

    def _is_free(self, shift: Shift) -> bool:
        if not shift.takes_calls or self._console.agents_calls.of(shift.agent) is not None:
            return False
        member = self._console.board.agent(shift.interface)
        return member is not None and member.state is AgentState.FREE

    def _tell(self, agent: str) -> None:
        band = self.of(agent)
        if self._told.get(agent, CallBand()) != band:
            self._told[agent] = band
            part = self._templates.part("base.html", "call_band", band=band, **self._context(agent, band))
            self._console.push.publish(f"{PLACE}:{agent}", MORPH, part)

    def _context(self, agent: str, band: CallBand) -> dict[str, Any]:
        """Times are the company's."""
        shift = self._console.desk.shift(agent)
        id = band.call.owed.company_id if band.call else shift.company_id if shift else ""
        return {"zone": self._console.companies.by_id(id).zone} if id else {}


BANDS: web.AppKey[CallBands] = web.AppKey("call_bands")


def _offered(item: WorkItem | None) -> LostOffer | None:
    if item is None or item.phone is None:
        return None
    return LostOffer(item.id, item.phone, item.place, item.due_at)
