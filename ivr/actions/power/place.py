"""Where there is no supply: the caller's own number, an account, a street they name or spell, or a message."""

from __future__ import annotations

from grid.models import Premise
from ivr.actions import premise
from ivr.actions.power import address
from ivr.actions.power.asked import Place
from ivr.actions.questions import choose
from ivr.line import Line
from ivr.services import Services

ACCOUNT, CHOSEN, ALOUD = "1", "2", "3"


async def find(line: Line, services: Services, *, anew: bool = False) -> Place | None:
    """The place, asked once a call unless `anew`; None: the caller will say it aloud. Raises PersonWanted."""
    call = line.call
    services.hearing.wake()
    if call.premise is not None and not anew:
        return Place(call.premise)
    found = None if anew else await premise.by_number(line, services)
    if found is not None:
        return _own(line, found, account_keyed=False)
    opening = ("premise-unknown-caller",) if call.caller is not None and not anew else ()
    question = "place-how-aloud" if services.hearing.offered(call) else "place-how"
    how = await choose(line, *opening, question, keys=(ACCOUNT, CHOSEN, ALOUD))
    if how == ACCOUNT:
        return _own(line, await premise.by_account(line, services), account_keyed=True)
    return await address.chosen(line, services) if how == CHOSEN else None


def _own(line: Line, found: Premise, *, account_keyed: bool) -> Place:
    line.call.premise, line.call.account_keyed = found, account_keyed
    return Place(found)
