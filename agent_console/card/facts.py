"""The call a card is about: its record, or the board's word for it while the record is not stored yet."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.card.view import CallFacts
from gridline.errors import NotFound
from gridline.phones import e164, printable
from ivr.desk import deeds, devices
from ivr.journal.models import CallRecord, call_id
from ivr.live.board import Board
from ivr.live.view import CallKey, LiveCall


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
    """Whether this call rang at the agent, or was taken by them: then they open the card by their work alone."""
    if agent is None:
        return False
    for interface in (devices.browser(agent), devices.desk_phone(agent)):
        now = board.agent(interface)
        if now is not None and now.call is not None and id_of(now.call) == call.id:
            return True
    done = await deeds.in_calls(session, [call])
    return any(event.agent == agent for event in done[call.id])
