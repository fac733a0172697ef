"""Stored calls of a period led through another menu: who would have ended where (`ivr.menus.replay`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, Text, cast, select
from sqlalchemy.ext.asyncio import AsyncSession

from gridline.scope import Scope
from ivr.figures.callers import own_step
from ivr.figures.menu import MenuQuestion, calls_asked
from ivr.journal.models import CallRecord, CallStep
from ivr.menus.model import Flow
from ivr.menus.replay import PastStep, Replayed, ReplayedCall, replay

IN_STORM: Final = '"storm-menu'
"""How the ids of a storm's menu begin, as `prompt_ids` has them: its keys mean other things."""
AT_A_TIME: Final = 2000
"""Steps read at once: between two readings others have their turn."""


@dataclass(frozen=True, slots=True)
class ReplayedPeriod:
    """The calls of a period by a new menu."""

    replayed: Replayed
    in_storm: int
    """Calls that met the menu of a storm: they are not led through this one."""


async def replay_period(
    session: AsyncSession, flow: Flow, asked: MenuQuestion, *, was: Flow, visible_to: Scope
) -> ReplayedPeriod:
    """Every call that came in, is over and may be seen, in the order of their coming. Raises Unavailable.

    `was` is the company's menu in force: what its places do is what was done in them.
    """
    calls, in_storm = list[ReplayedCall](), 0
    id, steps, stormy = "", list[PastStep](), False

    def over() -> int:
        if not id or stormy:
            return int(stormy)
        calls.append(replay(flow, id, steps, was))
        return 0

    rows = await session.stream(_steps(asked, visible_to).execution_options(yield_per=AT_A_TIME))
    async for part in rows.partitions():
        for call_id, place, exit, key, leads_to, storm in part:
            if call_id != id:
                in_storm += over()
                id, steps, stormy = call_id, [], False
            steps.append(PastStep(place, exit, key, leads_to))
            stormy = stormy or bool(storm)
    in_storm += over()
    return ReplayedPeriod(Replayed(tuple(calls)), in_storm)


def _steps(asked: MenuQuestion, visible_to: Scope) -> Select[*tuple[Any, ...]]:
    step = CallStep
    return (
        select(
            step.call_id,
            step.place,
            step.exit,
            step.key,
            step.leads_to,
            cast(step.prompt_ids, Text).contains(IN_STORM),
        )
        .join(CallRecord, CallRecord.id == step.call_id)
        .where(*calls_asked(asked, visible_to), own_step())
        .order_by(CallRecord.started_at, CallRecord.id, step.started_at, step.ordinal)
    )
