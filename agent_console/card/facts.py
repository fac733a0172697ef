"""The call a card is about: its record, or the board's word for it while the record is not stored yet."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.card.view import CallFacts
from gridline.errors import NotFound
from gridline.phones import e164, printable
from ivr.desk import devices
from ivr.desk.models import AgentEvent
from ivr.journal.models import CallRecord, call_id
from ivr.live.board import Board
from ivr.live.view import CallKey, LiveCall

_LATE_EVENTS = timedelta(hours=1)
"""A talk that goes on after the controller left the call is told of its agent later than the call's own end."""


def id_of(key: CallKey) -> str:
    """The id of a call on the board."""
    return call_id(key.node, key.boot, key.linkedid)


def live(board: Board, id: str) -> LiveCall | None:
    """The call while it is on the line."""
    return next((one for one in board.snapshot().calls if id_of(one.key) == id), None)


async def find(session: AsyncSession, board: Board, id: str) -> CallFacts:
    """The call with this id. Raises NotFound."""
    record = await session.get(CallRecord, id)
    on_line = live(board, id)
    if record is not None:
        return CallFacts(
            id=id,
            company_id=record.company_id or "",
            branch=record.branch,
            caller=record.caller,
            caller_raw=record.caller_raw,
            linkedid=record.linkedid,
            started_at=record.started_at,
            ended_at=record.ended_at,
            live=on_line,
        )
    if on_line is None or not on_line.company:
        raise NotFound("Такого звонка нет.")
    return CallFacts(
        id=id,
        company_id=on_line.company,
        branch="",
        caller=e164(on_line.caller),
        caller_raw=printable(on_line.caller),
        linkedid=on_line.key.linkedid,
        started_at=on_line.since,
        ended_at=None,
        live=on_line,
    )


async def is_own(session: AsyncSession, board: Board, call: CallFacts, agent: str | None) -> bool:
    """Whether this call rang at the agent, or was taken by him: then he opens the card by his work alone."""
    if agent is None:
        return False
    for interface in (devices.browser(agent), devices.desk_phone(agent)):
        now = board.agent(interface)
        if now is not None and now.call is not None and id_of(now.call) == call.id:
            return True
    query = select(AgentEvent.id).where(
        AgentEvent.linkedid == call.linkedid, AgentEvent.agent == agent, AgentEvent.at >= call.started_at
    )
    if call.ended_at is not None:
        query = query.where(AgentEvent.at <= call.ended_at + _LATE_EVENTS)
    return (await session.execute(query.limit(1))).first() is not None
