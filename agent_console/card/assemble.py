"""The whole card of a call, read on one session with queries that an index answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console import words
from agent_console.calls import journey
from agent_console.card import appeals, candidates, past, premises
from agent_console.card.view import CallFacts, CardView, Chosen, Place, Spoken
from agent_console.people.permissions import Actor
from grid import connections
from grid import premises as grid_premises
from grid.connections import ConnectionStatus
from grid.models import Premise
from gridline.errors import InvalidInput, NotFound
from ivr.journal.models import CallRecord, CallStep
from recordings.models import Recording, RecordingKind


async def assemble(session: AsyncSession, call: CallFacts, actor: Actor, now: datetime, zone: ZoneInfo) -> CardView:
    """Everything the card of `call` shows this actor at the moment `now`; nobody is chosen here."""
    company, today = call.company_id, now.astimezone(zone).date()
    way = journey.of(await _steps(session, call))
    by_phone = await _by_phone(session, actor, call, now)
    by_account = await _by_account(session, actor, company, way.accounts, now)
    before = await past.calls_before(session, actor, call)
    calls = [call.id, *(one.id for one in before)]
    taken_for = await _seen(session, actor, await past.choices(session, calls))
    places = await _places(session, actor, company, by_phone, by_account, taken_for.get(call.id), now)
    open_ones = await appeals.open_ones(session, actor, company, call.caller, [one.premise_id for one in places], today)
    registered = await appeals.of_calls(session, actor, company, calls, today)
    made = registered.get(call.id, [])
    applications = await _applications(session, company, call.caller, way.applications)
    return CardView(
        call=call,
        candidates=candidates.of(
            by_phone=by_phone,
            by_account=by_account,
            journey=way,
            appeals=open_ones,
            applications=applications,
            earlier=[(_moment(one, now, zone), taken_for[one.id]) for one in before if one.id in taken_for],
        ),
        chosen=taken_for.get(call.id),
        places=places,
        appeals=tuple(one for one in open_ones if one.appeal_id not in {new.appeal_id for new in made}),
        registered=tuple(made),
        applications=applications,
        last_calls=await past.last_calls(session, before, taken_for, registered),
        journey=way,
        notes=await past.notes(session, call),
        spoken=await _spoken(session, call.id),
        callbacks=tuple(await past.callbacks(session, call, [one.id for one in before], now)),
    )


async def _seen(session: AsyncSession, actor: Actor, taken_for: dict[str, Chosen]) -> dict[str, Chosen]:
    """The choices without those of another branch's premises: a colleague there may have talked with this number."""
    ids = {one.premise_id for one in taken_for.values() if one.premise_id}
    rows = await session.scalars(select(Premise).where(Premise.id.in_(ids)))
    others = {row.id for row in rows if not actor.sees(row.company_id, row.branch)}
    return {call: one for call, one in taken_for.items() if one.premise_id not in others}


async def _steps(session: AsyncSession, call: CallFacts) -> list[CallStep]:
    query = select(CallStep).where(CallStep.call_id == call.id).order_by(CallStep.started_at, CallStep.ordinal)
    return list(await session.scalars(query))


async def _by_phone(session: AsyncSession, actor: Actor, call: CallFacts, now: datetime) -> tuple[Place, ...]:
    if call.caller is None:
        return ()
    return await premises.places_of(
        session, actor, await grid_premises.by_phone(session, call.company_id, call.caller), now
    )


async def _by_account(
    session: AsyncSession, actor: Actor, company: str, accounts: Sequence[str], now: datetime
) -> tuple[Place, ...]:
    found: list[Premise] = []
    for account in accounts:
        found += await grid_premises.by_account(session, company, account)
    return await premises.places_of(session, actor, found, now)


async def _places(
    session: AsyncSession,
    actor: Actor,
    company: str,
    by_phone: Sequence[Place],
    by_account: Sequence[Place],
    chosen: Chosen | None,
    now: datetime,
) -> tuple[Place, ...]:
    """The premises to show: the chosen one, or those of all candidates while none is."""
    known = {one.premise_id: one for one in (*by_account, *by_phone)}
    if chosen is None:
        return tuple(known.values())
    if chosen.premise_id is None:
        return ()
    place = await premises.by_id(session, actor, company, chosen.premise_id, now)
    return () if place is None else (place,)


async def _applications(
    session: AsyncSession, company: str, phone: str | None, keyed: Sequence[str]
) -> tuple[ConnectionStatus, ...]:
    found: dict[str, ConnectionStatus] = {}
    for number in keyed:
        try:
            found[number] = await connections.by_number(session, company, number)
        except (InvalidInput, NotFound):  # a number the menu did not take either: the way shows what was keyed
            continue
    if phone is not None:
        found |= {one.number: one for one in await connections.by_phone(session, company, phone)}
    return tuple(found.values())


async def _spoken(session: AsyncSession, call_id: str) -> tuple[Spoken, ...]:
    query = select(Recording).where(Recording.call_id == call_id, Recording.kind != RecordingKind.TALK)
    return tuple(
        Spoken(one.id, one.started_at, one.seconds, one.channels, one.kind.value)
        for one in await session.scalars(query.order_by(Recording.started_at))
    )


def _moment(call: CallRecord, now: datetime, zone: ZoneInfo) -> str:
    """«вчера в 14:05»."""
    day = words.day(call.started_at, zone, now.astimezone(zone).date())
    return f"{day} в {words.clock(call.started_at, zone)}"
