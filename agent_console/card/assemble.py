"""The whole card of a call, asked of each noun's own queries on one session; an index answers every one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from agent_console import words
from agent_console.calls import calls, journey, recordings
from agent_console.calls.calls import FoundCall
from agent_console.calls.journey import Journey
from agent_console.card import candidates, cards, shaping
from agent_console.card.values import CardAppeal, CardPremise, CardView, Chosen, LastCall, Same
from agent_console.people import people
from appeals.finding import appeals
from grid import connections, ledger, outages, premises
from grid.connections import ConnectionStatus
from grid.models import Premise
from grid.outages import tellings
from grid.outages.models import Outage, Service
from grid.reliability import Reliability
from gridline.errors import NotFound
from gridline.scope import Scope
from ivr.desk import deeds
from ivr.desk.models import Deed
from ivr.journal import consultations
from ivr.journal.models import CallRecord
from worklist import callbacks

CALLS = 8
"""Earlier calls that a card shows."""
APPEALS = 10
"""Open appeals that a card shows, the most urgent first."""
HORIZON = timedelta(days=14)
"""How far ahead planned outages are told."""
WITH_OUTAGES = 5
"""Premises of one caller whose outages are looked up at once; of the others when one of them is chosen."""


async def assemble(
    session: AsyncSession, call: FoundCall, now: datetime, zone: ZoneInfo, limits: Reliability, *, visible_to: Scope
) -> CardView:
    """Everything the card of a call shows its reader at the moment `now`; nobody is chosen here."""
    return await _Assembling(session, call, now, zone, limits, visible_to).card()


async def shown_premises(
    session: AsyncSession, found: Sequence[Premise], at: datetime, zone: ZoneInfo, limits: Reliability
) -> tuple[CardPremise, ...]:
    """Premises that were found for the asker, with their subscribers; outages and breaks of the first WITH_OUTAGES."""
    owners = await premises.subscribers(session, {one.subscriber_id for one in found})
    made = []
    for number, one in enumerate(found):
        owner = owners[one.subscriber_id]
        if number < WITH_OUTAGES:
            current = await outages.current_for(session, one, at)
            ahead = await outages.planned_for(session, one, at, HORIZON)
            checking = await _checking(session, one, at, current)
            told = await tellings.how_many(session, [outage.id for outage in (*current, *checking)])
            breaks = await ledger.of(session, one, at, zone, limits)
            made.append(shaping.premise(one, owner, current, ahead, checking, told, breaks))
        else:
            made.append(shaping.premise(one, owner))
    return tuple(made)


async def _checking(session: AsyncSession, one: Premise, at: datetime, current: Sequence[Outage]) -> list[Outage]:
    """What is said to be over there, of services of which nothing goes on."""
    off = {outage.service for outage in current}
    found = [await outages.restored_for(session, one, at, service=service) for service in Service if service not in off]
    return [outage for outage in found if outage is not None]


@dataclass(frozen=True, slots=True)
class _Assembling:
    """One card while it is asked together."""

    session: AsyncSession
    call: FoundCall
    now: datetime
    zone: ZoneInfo
    limits: Reliability
    scope: Scope

    async def card(self) -> CardView:
        session, call = self.session, self.call
        way = journey.of((await calls.steps(session, [call.id]))[call.id])
        by_phone, by_account = await self._by_phone(), await self._by_account(way)
        before = await calls.before(session, call, visible_to=self.scope, most=CALLS)
        ids = [call.id, *(one.id for one in before)]
        taken_for = await cards.choices(session, ids, visible_to=self.scope)
        places = await self._places(by_phone, by_account, taken_for.get(call.id))
        open_ones = await self._open_appeals([one.premise_id for one in places])
        registered = await self._registered(ids)
        made = registered.get(call.id, [])
        applications = await self._applications(way.applications)
        owed = await callbacks.of_caller(session, call.company_id, call.caller, call.id, visible_to=self.scope)
        return CardView(
            call=call,
            candidates=candidates.of(
                by_phone=by_phone,
                by_account=by_account,
                journey=way,
                appeals=open_ones,
                applications=applications,
                earlier=[(self._moment(one), taken_for[one.id]) for one in before if one.id in taken_for],
            ),
            chosen=taken_for.get(call.id),
            places=places,
            appeals=tuple(one for one in open_ones if one.appeal_id not in {new.appeal_id for new in made}),
            registered=tuple(made),
            applications=applications,
            last_calls=await self._last_calls(before, taken_for, registered),
            journey=way,
            consultation=await consultations.of_call(session, call.id),
            notes=await cards.notes(session, call),
            spoken=tuple(shaping.spoken(one) for one in await recordings.of_robot(session, call.id)),
            callbacks=tuple(shaping.callback(one, call.id, self.now) for one in owed),
        )

    @property
    def _today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def _moment(self, call: CallRecord) -> str:
        """«вчера в 14:05»."""
        return f"{words.day(call.started_at, self.zone, self._today)} в {words.clock(call.started_at, self.zone)}"

    async def _by_phone(self) -> tuple[CardPremise, ...]:
        call = self.call
        if call.caller is None:
            return ()
        found = await premises.by_phone(self.session, call.company_id, call.caller, visible_to=self.scope)
        return await shown_premises(self.session, found, self.now, self.zone, self.limits)

    async def _by_account(self, way: Journey) -> tuple[CardPremise, ...]:
        found: list[Premise] = []
        for account in way.accounts:
            found += await premises.by_account(self.session, self.call.company_id, account, visible_to=self.scope)
        return await shown_premises(self.session, found, self.now, self.zone, self.limits)

    async def _places(
        self, by_phone: Sequence[CardPremise], by_account: Sequence[CardPremise], chosen: Chosen | None
    ) -> tuple[CardPremise, ...]:
        """The premises to show: the chosen one, or those of all candidates while none is."""
        if chosen is None:
            return tuple({one.premise_id: one for one in (*by_account, *by_phone)}.values())
        if chosen.premise_id is None:
            return ()
        company, scope = self.call.company_id, self.scope
        try:
            found = await premises.find(self.session, chosen.premise_id, company_id=company, visible_to=scope)
        except NotFound:  # it went with an import since
            return ()
        return await shown_premises(self.session, [found], self.now, self.zone, self.limits)

    async def _open_appeals(self, places: Sequence[str]) -> tuple[CardAppeal, ...]:
        call = self.call
        found = await appeals.open_about(self.session, call.company_id, call.caller, places, visible_to=self.scope)
        shown = [shaping.appeal(one, content, Same(same), self._today) for one, content, same in found]
        return tuple(sorted(shown, key=lambda one: (one.deadline, one.number)))[:APPEALS]

    async def _registered(self, ids: Sequence[str]) -> dict[str, list[CardAppeal]]:
        """By call id, the appeals registered in each of these calls."""
        found = await appeals.of_calls(self.session, self.call.company_id, ids, visible_to=self.scope)
        return {call: [shaping.appeal(*one, Same.CALL, self._today) for one in told] for call, told in found.items()}

    async def _applications(self, keyed: Sequence[str]) -> tuple[ConnectionStatus, ...]:
        company, phone = self.call.company_id, self.call.caller
        found: dict[str, ConnectionStatus] = {}
        for number in keyed:
            for one in await connections.by_digits(self.session, company, number):
                found[one.number] = one
        if phone is not None:
            found |= {one.number: one for one in await connections.by_phone(self.session, company, phone)}
        return tuple(found.values())

    async def _last_calls(
        self,
        before: Sequence[CallRecord],
        taken_for: Mapping[str, Chosen],
        registered: Mapping[str, Sequence[CardAppeal]],
    ) -> tuple[LastCall, ...]:
        if not before:
            return ()
        ids = [one.id for one in before]
        steps = await calls.steps(self.session, ids)
        in_vain = await deeds.waited_in_vain(self.session, ids)
        answered = await self._answered(before)
        return tuple(
            shaping.last_call(
                one,
                steps[one.id],
                registered.get(one.id, ()),
                answered_by=answered.get(one.id, ""),
                chosen=taken_for[one.id].name if one.id in taken_for else "",
                in_vain=one.id in in_vain,
            )
            for one in before
        )

    async def _answered(self, before: Sequence[CallRecord]) -> dict[str, str]:
        """By call id, the name of whoever answered the call last."""
        done = await deeds.in_calls(self.session, before, [Deed.ANSWERED])
        by_call = {id: events[-1].user_id for id, events in done.items() if events}
        names = await people.names_of(self.session, set(by_call.values()))
        return {id: names[user] for id, user in by_call.items() if user in names}
