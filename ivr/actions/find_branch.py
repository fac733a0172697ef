"""Which branch of a company the caller belongs to: guessed from their number and confirmed, or chosen by keys."""

from __future__ import annotations

from typing import Literal

from gridline.companies import Branch
from ivr.actions.questions import choose, confirm
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


async def act(line: Line, services: Services, _topic: str) -> Literal["done", "operator"]:
    """Set the call's branch; a caller who cannot or will not choose is served without one."""
    call = line.call
    if call.branch is None:
        guessed = call.company.branch_for(call.caller)
        if guessed is None or not await confirm(line, Prompt("branch-confirm", branch=guessed.spoken_name)):
            guessed = await _chosen(line)
        call.branch = guessed
    return "done"


async def _chosen(line: Line) -> Branch:
    while True:
        group = await choose(line, "branch-groups", keys=tuple(GROUPS))
        regions = GROUPS[group]
        keys = [str(number) for number in range(1, len(regions) + 1)]
        key = await choose(line, f"branch-group-{group}", keys=(*keys, ANOTHER))
        if key != ANOTHER:
            return line.call.company.branch(regions[int(key) - 1])
