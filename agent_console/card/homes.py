"""The premises that a caller most likely speaks of: the one they were taken to live at, else those of their number."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.card import cards
from agent_console.card.requested import RequestedCall
from grid import premises
from grid.models import Premise
from gridline.errors import NotFound


async def of_caller(session: AsyncSession, card: RequestedCall) -> Sequence[Premise]:
    """Those that the asker may see; none where nobody knows."""
    call, scope = card.call, card.actor.scope
    chosen = await cards.choice(session, call.id)
    if chosen is not None and chosen.premise_id is not None:
        try:
            return [await premises.find(session, chosen.premise_id, company_id=call.company_id, visible_to=scope)]
        except NotFound:  # it went with an import since, or is another branch's
            return []
    if chosen is not None or call.caller is None:
        return []
    return await premises.by_phone(session, call.company_id, call.caller, visible_to=scope)
