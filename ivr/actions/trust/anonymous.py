"""One report without a name, from the tone to a number and a PIN; whoever hangs up half-way has made it as well."""

from __future__ import annotations

from typing import Final, Literal

import structlog

from appeals.intake.intake import accept
from appeals.personal_data import pins
from appeals.register import Registered
from gridline import metrics
from gridline.errors import Unavailable
from ivr.actions import told
from ivr.actions.questions import REPEAT_KEY, SILENCE, PersonWanted, choose
from ivr.line import CallerHungUp, Line
from ivr.services import Services
from ivr.telephony import variables
from ivr.voice import spoken
from ivr.voice.prompts import Prompt
from ivr.voice.voice import NAMELESS
from recordings.incoming import Label

MAIN_KEY: Final = "1"
DIGITS: Final = (
    *("digit-zero", "digit-one", "digit-two", "digit-three", "digit-four"),
    *("digit-five", "digit-six", "digit-seven", "digit-eight", "digit-nine"),
)
"""A PIN is said by these, one by one: as one sentence it would lie among the sounds that are kept to be said again."""

log = structlog.get_logger(__name__)


async def shut(line: Line, services: Services) -> None:
    """From here on nobody knows who calls: the call is the security service's alone, the number is erased.

    With the database away the journal does it as soon as that is back, whatever becomes of the call until then.
    """
    call = line.call
    line.mark(variables.TRUST, "1")
    line.mark(variables.LANGUAGE, NAMELESS)
    known = not call.anonymous
    call.forget_caller()
    if known:
        services.journal.shut(call.id)
        try:
            await services.register.shut(call.id, within_s=told.REGISTER_BUDGET_S)
        except Unavailable as error:
            log.error("trust-call-not-shut-yet", call=call.id, reason=error.message)


async def report(line: Line, services: Services, tell: str, *, topic: str) -> Literal["done", "main", "silent"]:
    """Hear it after the tone, register it, tell number and PIN; `silent`: nothing was said.

    Raises PersonWanted, with what was said until then registered; Unavailable when it can be kept nowhere.
    """
    await shut(line, services)
    telling = told.Telling(line, services, tell)
    try:
        if await telling.tell() is None:
            return "silent"
        label = await telling.review()
        if label is None:
            return "silent"
    except (CallerHungUp, PersonWanted):
        await _kept_all_the_same(line, services, telling, topic)
        raise
    made = await _registered(line, services, label, topic)
    pin = await _pin(services, made) if made is not None else None
    if made is None or pin is None:
        line.call.ahead = await line.say("trust-kept")
        return "done"
    return "main" if await _told(line, made, pin) == MAIN_KEY else "done"


async def _kept_all_the_same(line: Line, services: Services, telling: told.Telling, topic: str) -> None:
    """What was said until then is a report; nobody is there to be told its number."""
    if (label := await telling.words()) is None:
        return
    try:
        await _registered(line, services, label, topic)
    except Unavailable as error:  # done when the recording is taken in (`ivr.promised.words`)
        log.error("trust-report-not-registered", call=line.call.id, recording=label.id, reason=error.message)


async def _registered(line: Line, services: Services, label: Label, topic: str) -> Registered | None:
    """The report in the register; None: it is on disk, and gets there later. Raises Unavailable: neither takes it."""
    intake = told.intake_of(line.call, label, kind="trust", topic=topic, phone=None)
    try:
        return await services.register.register(accept(intake), within_s=told.REGISTER_BUDGET_S)
    except Unavailable as error:
        kept = await services.disk.do(services.spool.keep, intake)
        metrics.SPOOLED.inc()
        log.error("trust-report-spooled", call=line.call.id, receipt=kept.receipt, reason=error.message)
        return None


async def _pin(services: Services, made: Registered) -> str | None:
    try:
        return await pins.issue(services.db, made.appeal_id, within_s=told.REGISTER_BUDGET_S)
    except Unavailable as error:
        log.error("trust-pin-not-issued", reason=error.message)
        return None


async def _told(line: Line, made: Registered, pin: str) -> str:
    """Number and PIN, each said twice, again with every `*`; returns the key that ended it, or SILENCE."""
    number = Prompt("trust-registered", number=spoken.digit_by_digit(made.written))
    key = REPEAT_KEY
    while key == REPEAT_KEY:
        await line.say(number, interruptible=False)
        for word in ("trust-pin", "trust-pin-again"):
            await line.say(word, interruptible=False)
            await line.say_unkept(*(DIGITS[int(digit)] for digit in pin))
        key = await choose(line, "trust-number-again", keys=(MAIN_KEY, REPEAT_KEY, "#"), silence=SILENCE)
    return key
