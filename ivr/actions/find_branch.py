"""Which branch a caller belongs to: that of their premise, the one their number tells if they say so, or by keys."""

from __future__ import annotations

from typing import Literal

import structlog

from appeals.intake import repeats
from grid import premises
from grid.outages import reports
from gridline.companies import Branch
from gridline.errors import Unavailable
from ivr.actions.open_matters import STILL_MEANT
from ivr.actions.questions import LOOK_UP_S, choose, confirm
from ivr.call import Call
from ivr.line import Line
from ivr.services import Services
from ivr.voice.prompts import Prompt

GROUPS = {
    "1": ("belgorod", "bryansk", "voronezh", "kostroma"),
    "2": ("kursk", "lipetsk", "orel"),
    "3": ("smolensk", "tambov", "tver", "yaroslavl"),
}
"""Eleven regions in menus of at most five keys; the order is that of the prompts branch-groups and branch-group-N."""
ANOTHER = "9"

log = structlog.get_logger(__name__)


async def act(line: Line, services: Services, _topic: str) -> Literal["done", "operator"]:
    """Set the call's branch; a caller who cannot or will not choose is served without one."""
    call = line.call
    if call.branch is None:
        call.branch = await _known(call, services) or await _told(line)
    return "done"


async def _known(call: Call, services: Services) -> Branch | None:
    """The branch of the premise named in this call, or of all that is known of their number: nobody is asked then."""
    if call.premise is not None:
        found = {call.premise.branch}
    else:
        try:
            found = await _of_number(call, services)
        except Unavailable as error:  # they are asked, as whoever is not known
            log.warning("branch-not-looked-up", reason=error.message)
            return None
    named = found.pop() if len(found) == 1 else ""
    return next((branch for branch in call.company.branches if branch.id == named), None)


async def _of_number(call: Call, services: Services) -> set[str]:
    """Branches of the premises at which their number is known, or else of what is open for it. Raises Unavailable."""
    if call.caller is None:
        return set()
    company = call.company.id
    async with services.db.glance(within_s=LOOK_UP_S) as session:
        if known := await premises.by_phone(session, company, call.caller):
            return {one.branch for one in known}
        since = services.clock.now() - STILL_MEANT
        report = await reports.told_by(session, company, call.caller, since=since)
        left = await repeats.open_of_phone(session, company, call.caller)
    return {one.branch for one in left} | ({report.branch} if report else set())


async def _told(line: Line) -> Branch:
    guessed = line.call.guessed
    if guessed is not None and await confirm(line, Prompt("branch-confirm", branch=guessed.spoken_name)):
        return guessed
    return await _chosen(line)


async def _chosen(line: Line) -> Branch:
    while True:
        group = await choose(line, "branch-groups", keys=tuple(GROUPS))
        regions = GROUPS[group]
        keys = [str(number) for number in range(1, len(regions) + 1)]
        key = await choose(line, f"branch-group-{group}", keys=(*keys, ANOTHER))
        if key != ANOTHER:
            return line.call.company.branch(regions[int(key) - 1])
