"""Which branch a caller belongs to: that of their premise, the one their number tells if they say so, or by keys."""

from __future__ import annotations

from collections.abc import Collection
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
        try:
            lives, open_in = await _known(call, services)
        except Unavailable as error:  # they are asked, as whoever is not known
            log.warning("branch-not-looked-up", reason=error.message)
            lives = open_in = None
        call.branch = lives or await _told(line, open_in or call.guessed)
    return "done"


async def _known(call: Call, services: Services) -> tuple[Branch | None, Branch | None]:
    """The branch of the premise that they named, or of all at which their number is known: nobody is asked then.

    Where there is none, the branch of what is open for their number: they may have told of another place than theirs,
    so they are asked about it first. Raises Unavailable.
    """
    if call.premise is not None:
        return _only(call, {call.premise.branch}), None
    if call.caller is None:
        return None, None
    company = call.company.id
    async with services.db.glance(within_s=LOOK_UP_S) as session:
        if known := await premises.by_phone(session, company, call.caller):
            return _only(call, {one.branch for one in known}), None
        since = services.clock.now() - STILL_MEANT
        report = await reports.told_by(session, company, call.caller, since=since)
        left = await repeats.open_of_phone(session, company, call.caller)
    return None, _only(call, {one.branch for one in left} | ({report.branch} if report else set()))


def _only(call: Call, found: Collection[str]) -> Branch | None:
    if len(found) != 1:
        return None
    return next((branch for branch in call.company.branches if branch.id in found), None)


async def _told(line: Line, guessed: Branch | None) -> Branch:
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
