"""Works off the campaigns: a round every few seconds makes them, places the calls that are due, ends what is over."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import structlog

from gridline.clock import Clock
from gridline.companies import Companies, Company
from gridline.db import Database
from gridline.errors import Conflict, InvalidInput, Unavailable
from gridline.log import contained
from ivr.outbound import calls_out
from ivr.outbound.campaigns.restored import ACTOR
from ivr.outbound.campaigns.script import CampaignScript
from ivr.outbound.codes import CallPurpose
from ivr.outbound.dialer import Dialer
from ivr.outbound.numbers import NotToBeCalled
from ivr.outbound.placed import CallOut, NoLongerWanted
from outreach import campaigns
from outreach.campaigns import Claimed, instead, making, planned
from outreach.campaigns.calling import CallingRule, CallingRules
from outreach.campaigns.models import Said
from outreach.messages import Messages
from outreach.models import Purpose
from outreach.quiet import Quiet, zone_of
from worklist.codes import AttemptResult
from worklist.outage_desk import OutageDesk

ROUND_S: Final = 5.0
NOT_NOW: Final = timedelta(minutes=1)
CALLED_FOR: Final = {
    Purpose.RESTORED: CallPurpose.RESTORED,
    Purpose.PLANNED: CallPurpose.PLANNED,
    Purpose.SURVEY: CallPurpose.SURVEY,
}

log = structlog.get_logger(__name__)


class CampaignCalls:
    """A background job, safe beside another process that does the same."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        companies: Companies,
        dialer: Dialer,
        rules: CallingRules,
        quiet: Quiet,
        scripts: Mapping[Purpose, CampaignScript],
        desk: OutageDesk,
        messages: Messages,
        at_once: int,
    ) -> None:
        self._db = db
        self._clock = clock
        self._companies = companies
        self._dialer = dialer
        self._rules = rules
        self._quiet = quiet
        self._scripts = scripts
        self._desk = desk
        self._messages = messages
        self._at_once = at_once
        self._calls: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Rounds for ever; a round that fails ends no call. Cancelled, it gives up what is being dialled."""
        try:
            while True:
                with contained("campaigns", "campaigns-not-looked"):
                    await self.run_once()
                await asyncio.sleep(ROUND_S)
        finally:
            await self.close()

    async def run_once(self) -> None:
        """One round: new campaigns, calls that are due as far as there is room, campaigns that are over."""
        now = self._clock.now()
        await self._make(now)
        await self._pick_up_left(now)
        for company in self._companies:
            rule = self._rules.of(company.id)
            room = min(self._at_once - len(self._calls), max(1, round(rule.calls_a_minute * ROUND_S / 60)))
            if room > 0:
                async with self._db.write() as session:
                    claimed = await campaigns.claim(session, company.id, now, room)
                for call in claimed:
                    self._begin(call, company, rule)
        await self._settle()

    async def close(self) -> None:
        """Give up what is being dialled; it is told apart from what was never begun at the next start."""
        for task in tuple(self._calls):
            task.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)

    async def _make(self, now: datetime) -> None:
        """Campaigns of whatever was restored or is planned by now; those that tell what is not so any more end."""
        async with self._db.write() as session:
            made = await making.make_missing(session, now)
            await planned.end(session, now)
        async with self._db.read() as session:
            ahead = await planned.ahead(session, now)
        for works in ahead:
            async with self._db.write() as session:
                campaign = await planned.take_in(session, works, now)
            made += [campaign] if campaign is not None else []
        for one in made:
            log.info("campaign-made", company=one.company_id, outage=one.outage_id, purpose=one.purpose)

    def _begin(self, call: Claimed, company: Company, rule: CallingRule) -> None:
        task = asyncio.create_task(self._guarded(call, company, rule))
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)

    async def _guarded(self, call: Claimed, company: Company, rule: CallingRule) -> None:
        """A call whose failure nobody foresaw stays leased, and is looked at when its lease is over."""
        with contained("campaigns", "campaign-call-failed", call=call.id):
            await self._call(call, company, rule)

    async def _call(self, call: Claimed, company: Company, rule: CallingRule) -> None:
        out = CallOut(company.id, call.phone, CALLED_FOR[call.purpose], call.id)
        held = call

        async def still() -> bool:
            """Whether they may be called now that it is their turn: they may have waited for it long."""
            nonlocal held
            renewed = await self._renewed(held, company)
            held = renewed or held
            return renewed is not None

        try:
            came_to = await self._dialer.call(out, partial(self._scripts[call.purpose].speak, call), still)
        except NoLongerWanted:
            return
        except NotToBeCalled as error:
            log.warning("campaign-number-refused", call=call.id, reason=error.message)
            await self._finish(call, AttemptResult.FAILED, None, None)
            return
        except (Conflict, Unavailable) as error:  # nobody was called
            log.warning("campaign-call-put-off", call=call.id, reason=error.message)
            await self._put_off(held, self._clock.now() + NOT_NOW)
            return
        if came_to.trunk_full:
            await self._put_off(held, self._clock.now() + NOT_NOW)
            return
        said = Said(came_to.key) if came_to.key else None
        pause = None if said else rule.next_try(came_to.result, call.attempts + 1)
        again = None if pause is None else self._clock.now() + pause
        if again is not None and call.before is not None and again >= call.before:
            again = None
        await self._finish(call, came_to.result, said, again)

    async def _renewed(self, held: Claimed, company: Company) -> Claimed | None:
        """The call with a new lease; None: it is not to be made now, and has been given back or ended."""
        now = self._clock.now()
        until = self._quiet.of(held.purpose, company.id).until(now, zone_of(held.phone, company))
        async with self._db.write() as session:
            renewed = await campaigns.renew(session, held, now)
            if renewed is not None and until is not None:
                await campaigns.put_off(session, held.id, renewed.leased_until, until)
                return None
        return renewed

    async def _put_off(self, held: Claimed, until: datetime) -> None:
        async with self._db.write() as session:
            await campaigns.put_off(session, held.id, held.leased_until, until)

    async def _finish(self, call: Claimed, result: AttemptResult, said: Said | None, again: datetime | None) -> None:
        async with self._db.write() as session:
            await campaigns.finish(session, call.id, result, said, self._clock.now(), again)

    async def _pick_up_left(self, now: datetime) -> None:
        """Calls whose process is gone: dialled ones are never dialled again, the others are."""
        async with self._db.write() as session:
            for left in await campaigns.abandoned(session, now):
                begun = (left.leased_until or now) - campaigns.LEASE
                if await calls_out.placed_since(session, left.id, begun):
                    await campaigns.give_up(session, left.id, now)
                    log.warning("campaign-call-end-not-seen", call=left.id)
                else:
                    await campaigns.put_off(session, left.id, left.leased_until, now)

    async def _settle(self) -> None:
        """Write to whom no call reached, end what is over, confirm what was restored.

        A restoration is beyond doubt when people were asked, else after the rule's time. While a «no» waits for a
        dispatcher it is not: `campaigns.provisional`.
        """
        now = self._clock.now()
        async with self._db.write() as session:
            written = await instead.write(session, self._messages, self._companies, now)
            await campaigns.settle(session, now)
            provisional = await campaigns.provisional(session)
        if written:
            log.info("campaign-messages", messages=written)
        for outage, answered in provisional:
            rule = self._rules.of(outage.company_id)
            if not answered and now < (outage.actual_end or now) + rule.confirm_after:
                continue
            try:
                await self._desk.confirm(outage.id, ACTOR)
            except (Conflict, InvalidInput) as error:  # a dispatcher was first
                log.info("restoration-not-confirmed", outage=outage.id, reason=error.message)
