"""Words about a danger that nobody answered: an item of the worklist before the caller hears that it was passed on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import structlog

from appeals import numbering
from appeals.intake.intake import accept
from gridline import metrics
from gridline.errors import Unavailable
from ivr.actions import told
from ivr.call import Call
from ivr.services import Services
from ivr.voice import spoken
from ivr.voice.prompts import Phrase, Prompt
from recordings.incoming import Label
from worklist.codes import ItemKind
from worklist.worklist import Matter

TOPIC, DISPOSITION = "maintenance", "damaged-object"

log = structlog.get_logger(__name__)


async def raised(call: Call, services: Services, label: Label) -> Sequence[Phrase]:
    """Pass the words on; what may be said of it, the number first known to the caller here.

    With a number to call back an appeal is registered (rule R6); without one the item alone has the words. While the
    database is away both wait on disk. Raises Unavailable when nothing of it could be kept.
    """
    matter = _matter(call, label)
    intake = told.intake_of(call, label, kind="appeal", topic=TOPIC, phone=call.caller, disposition=DISPOSITION)
    try:
        if call.caller is None:
            await services.worklist.open(matter, within_s=told.REGISTER_BUDGET_S)
            return ("danger-message-taken",)
        made = await services.register.register(accept(intake), within_s=told.REGISTER_BUDGET_S)
        await services.worklist.open(_matter(call, label, made.appeal_id), within_s=told.REGISTER_BUDGET_S)
    except Unavailable as error:
        kept = await services.disk.do(services.spool.keep, intake, item=asdict(matter))
        metrics.SPOOLED.inc()
        log.error("danger-spooled", call=call.id, receipt=kept.receipt, reason=error.message)
        if call.caller is None:
            return ("danger-message-kept",)
        call.promised.append(kept.receipt)
        return ("danger-message-kept", _number(kept.receipt))
    call.promised.append(made.number)
    return ("danger-message-taken", _number(numbering.written(made.number)))


async def wordless(call: Call, services: Services) -> None:
    """Nobody answered and nothing was said: whoever's number is known is called back. Nothing of it is promised."""
    if call.caller is None:
        return
    try:
        await services.worklist.open(_matter(call, None), within_s=told.REGISTER_BUDGET_S)
    except Unavailable as error:  # the wait itself is stored, and found (`ivr.reception.lost_danger`)
        log.error("danger-not-raised", call=call.id, reason=error.message)


def _number(written: str) -> Prompt:
    return Prompt("danger-number", number=spoken.digit_by_digit(written))


def _matter(call: Call, label: Label | None, appeal_id: str | None = None) -> Matter:
    return Matter(
        ItemKind.DANGER,
        call.company.id,
        danger_key(call.id),
        branch=call.branch.id if call.branch else "",
        call_id=call.id,
        recording_id=label.id if label else None,
        phone=call.caller,
        premise_id=call.premise.id if call.premise else None,
        place=call.premise.address if call.premise else "",
        topic=TOPIC,
        appeal_id=appeal_id,
    )


def danger_key(call_id: str) -> str:
    """What makes a call's danger one matter: every danger is a new one (two callers may mean two places)."""
    return f"{ItemKind.DANGER}:{call_id}"
