"""A call back (R2), for who would rather not wait: their number confirmed, stored, and only then told until when."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from appeals.finding import appeals
from appeals.models import Appeal
from gridline.errors import InvalidInput, NotFound
from gridline.scope import Scope
from ivr.actions import told
from ivr.actions.questions import LOOK_UP_S
from ivr.call import Call
from ivr.line import Line
from ivr.services import Services
from ivr.voice import spoken
from ivr.voice.prompts import Prompt
from worklist.callbacks import CallbackAsked

BY_THE_LINE = "ivr"
"""Who promised: the robot."""


async def act(line: Line, services: Services, _topic: str) -> Literal["done", "operator"]:
    """Promise a call to the number they confirm; the place they had in the queue is its first clock.

    Where nobody works now its time runs from the next opening.
    """
    phone = await told.contact(line)
    await line.say(await promised(line, services, phone))
    return "done"


def may_be_promised(call: Call, services: Services, topic: str) -> bool:
    """Whether somebody works on this topic now: out of hours it was offered before the message."""
    return not topic or call.company.is_open(topic, services.clock.now(), services.calendar)


async def promised(line: Line, services: Services, phone: str, *, about_message: bool = False) -> Prompt:
    """Store the promise; returns what may now be said of it. Raises Unavailable when it is not stored.

    `about_message`: the call is about the message they have just left, and about the appeal it became.
    """
    call = line.call
    appeal = await _appeal(call, services) if about_message else None
    asked = CallbackAsked(
        call.company.id,
        phone,
        BY_THE_LINE,
        branch=call.branch.id if call.branch else "",
        topic=call.subject,
        place=call.premise.address if call.premise else "",
        call_id=call.id,
        recording_id=appeal.recording_id if appeal else None,
        premise_id=call.premise.id if call.premise else None,
        appeal_id=appeal.id if appeal else None,
        since=call.waits_since,
        opens_at=_opens_at(call, services),
    )
    opened = await services.callbacks.promise(asked, within_s=LOOK_UP_S)
    now = services.clock.now()
    until = spoken.until_moment(opened.due_at, now, call.company.zone)
    if opened.contacts == 1:
        return Prompt("callback-promised", until=until)
    return Prompt("callback-promised-already" if now < opened.due_at else "callback-promised-late", until=until)


def _opens_at(call: Call, services: Services) -> datetime | None:
    """When the people of their topic begin to work; None where they waited in a queue, which somebody sees to now."""
    if call.waits_since is not None or call.subject not in call.company.topics:
        return None
    return call.company.opens_at(call.subject, services.clock.now(), services.calendar)


async def _appeal(call: Call, services: Services) -> Appeal | None:
    """The appeal that was told to them last in this call; None for a receipt, which is no appeal yet."""
    if not call.promised:
        return None
    async with services.db.read(within_s=LOOK_UP_S) as session:
        try:
            own = Scope(call.company.id)
            return await appeals.find(session, call.promised[-1], services.companies, visible_to=own, company="")
        except (NotFound, InvalidInput):
            return None
