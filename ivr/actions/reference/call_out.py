"""A technician called out to a meter: what for, where, when; stored with its number and only then told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import structlog

from appeals import numbering
from grid.call_outs.seats import Slot
from gridline.calendar.call_outs import METER_WORKS, CallOutWork
from gridline.errors import Conflict
from ivr.actions import by_message, told
from ivr.actions.power import place
from ivr.actions.power.asked import Place
from ivr.actions.premise import spoken_address
from ivr.actions.questions import LOOK_UP_S, choose, confirm, with_keys
from ivr.line import Line
from ivr.services import Services
from ivr.voice import spoken
from ivr.voice.prompts import Prompt
from worklist.steps.call_outs import AlreadyCalledOut
from worklist.steps.called_out import CallOutAsked, CallOutAt, CallOutBooked

BY_THE_LINE: Final = "ivr"
"""Who promised: the robot."""
WORK_KEYS: Final = dict(zip("123", METER_WORKS, strict=True))
OFFERED: Final = 3
"""Half-days read out at once: each is a day and two hours, and a caller holds no more."""
FURTHER: Final = "9"

Exit = Literal["done", "main", "operator", "person", "message"]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the caller wants, where, and who they are."""

    work: CallOutWork
    place: Place
    phone: str

    @property
    def premise_id(self) -> str | None:
        """Theirs; None where only a place near it is known."""
        return self.place.premise.id if self.place.exact else None


async def act(line: Line, services: Services, _topic: str) -> Exit:
    """Book a visit.

    `person`: this company books none by telephone, or not for that, or every half-day is taken; `message`: the address
    is none that we know.
    """
    company = line.call.company
    if company.call_outs is None:
        return "person"
    work = WORK_KEYS[await choose(line, "metering-menu", keys=WORK_KEYS)]
    if work not in company.call_outs.works:
        return "person"
    where = await place.find(line, services)
    if where is None:
        return "message"
    wanted = _Wanted(work, where, line.call.caller or await told.contact(line))
    answer = await _standing(line, services, wanted) or await _booked(line, services, wanted)
    if answer is None:
        await line.say("call-out-full")
        return "person"
    return "main" if await by_message.told(line, services, answer, wanted.phone) == by_message.MAIN_KEY else "done"


async def _booked(line: Line, services: Services, wanted: _Wanted) -> Prompt | None:
    """Let them choose until a half-day is theirs; None: there is none left."""
    call = line.call
    branch = _branch(line, wanted.place)
    while slots := await services.call_outs.free(call.company, branch, within_s=LOOK_UP_S):
        slot = await _chosen(line, services, slots)
        if not await confirm(line, _asked_back(line, services, wanted, slot)):
            continue
        asked = CallOutAsked(
            company=call.company,
            work=wanted.work,
            slot=slot,
            actor=BY_THE_LINE,
            phone=wanted.phone,
            key=f"call-out:{call.id}:{wanted.work}:{wanted.place.premise.id}",
            branch=branch,
            place=wanted.place.premise.address,
            call_id=call.id,
            premise_id=wanted.premise_id,
        )
        try:
            made = await services.call_outs.book(asked, within_s=told.REGISTER_BUDGET_S)
        except AlreadyCalledOut as error:  # by somebody else, while they were choosing
            return _told(line, services, "call-out-already", error.standing)
        except Conflict as error:
            log.info("call-out-taken", call=call.id, reason=error.message)
            await line.say("call-out-taken")
            continue
        return _told(line, services, "call-out-booked", made)
    return None


async def _standing(line: Line, services: Services, wanted: _Wanted) -> Prompt | None:
    """What they hear in place of a second visit for the same; None: they may have one."""
    where = CallOutAt(
        company=line.call.company,
        work=wanted.work,
        place=wanted.place.premise.address,
        premise_id=wanted.premise_id,
    )
    standing = await services.call_outs.standing(where, within_s=LOOK_UP_S)
    return _told(line, services, "call-out-already", standing) if standing is not None else None


def _told(line: Line, services: Services, prompt: str, visit: CallOutBooked) -> Prompt:
    line.call.promised.append(visit.number)
    number = spoken.digit_by_digit(numbering.written(visit.number))
    return Prompt(prompt, when=_when(line, services, visit), number=number)


async def _chosen(line: Line, services: Services, slots: Sequence[Slot]) -> Slot:
    """One of them, a few at a time; after the last ones the first again."""
    first = 0
    while True:
        shown = slots[first : first + OFFERED]
        offered = {str(at): slot for at, slot in enumerate(shown, start=1)}
        choices = Prompt("call-out-choices", choices=with_keys([_span(line, services, slot) for slot in shown]))
        further = FURTHER if len(slots) > OFFERED else ""
        ending = ("call-out-further",) if further else ()
        key = await choose(line, "call-out-when", choices, *ending, keys=(*offered, *further))
        if key != FURTHER:
            return offered[key]
        first = first + OFFERED if first + OFFERED < len(slots) else 0


def _asked_back(line: Line, services: Services, wanted: _Wanted, slot: Slot) -> Prompt:
    address = spoken_address(wanted.place.premise, account_keyed=line.call.account_keyed)
    return Prompt("call-out-confirm", when=_span(line, services, slot), address=address)


def _span(line: Line, services: Services, slot: Slot) -> str:
    begins, ends = slot.span(line.call.company)
    return spoken.period(begins, ends, services.clock.now(), line.call.company.zone)


def _when(line: Line, services: Services, made: CallOutBooked) -> str:
    return spoken.period(made.begins, made.ends, services.clock.now(), line.call.company.zone)


def _branch(line: Line, where: Place) -> str:
    return where.premise.branch or (line.call.branch.id if line.call.branch else "")
