"""What a caller tells in his own words, from the tone to a number he can write down."""

from __future__ import annotations

import structlog

from appeals.intake import accept
from appeals.register import Draft
from gridline import metrics
from gridline.errors import Unavailable
from gridline.phones import e164
from ivr.actions.questions import NumberAsked, choose, confirm
from ivr.services import Services
from ivr.telephony.line import Line
from ivr.voice import spoken
from ivr.voice.prompts import Prompt
from recordings.incoming import Label, raw_seconds

LIMIT_S = 180
SILENCE_S = 4
SHORTEST_S = 1.0
"""Less is a breath or a click, not words."""
REGISTER_BUDGET_S = 2.0
"""How long a caller waits for the register before the promise is kept on disk instead (fault F18)."""

log = structlog.get_logger(__name__)


class Telling:
    """One caller telling one thing; `label` is his last recording, whole or cut short by a hang-up."""

    def __init__(self, line: Line, services: Services, *invitation: str) -> None:
        self._line = line
        self._services = services
        self._invitation = invitation
        self.label: Label | None = None

    async def tell(self) -> Label | None:
        """What was said after the tone; None when nothing could be recorded, or nothing was said twice."""
        for attempt in range(2):
            self.label = self._services.begin_recording(self._line.call, "message")
            if self.label is None:
                return None
            file = self._services.incoming.samples(self.label)
            invitation = ("complaint-empty",) if attempt else self._invitation
            await self._line.say(*invitation, "beep", interruptible=False)
            message = await self._line.record(file, limit_s=LIMIT_S, silence_s=SILENCE_S)
            if message.seconds >= SHORTEST_S:
                return self.label
            self._forget()
        return None

    async def review(self) -> Label | None:
        """Let the caller accept (1), hear again (2) or redo (3) what he said; None when a redo gave nothing."""
        while self.label is not None:
            key = await choose(self._line, "complaint-review", keys="123")
            if key == "1":
                break
            if key == "2":
                await self._line.say("complaint-your-words")
                await self._line.play_file(self._services.incoming.samples(self.label))
            else:
                self._forget()
                await self.tell()
        return self.label

    async def keep_draft(self, stage: str, topic: str) -> None:
        """The caller went half-way: what he said is kept as a draft, for a person to look at."""
        if self.label is None or raw_seconds(self._services.incoming.samples(self.label)) < SHORTEST_S:
            return
        call = self._line.call
        draft = Draft(call.company.id, stage, call.id, call.caller, topic or None, self.label.id)
        try:
            await self._services.register.draft(draft)
        except Unavailable as error:  # the recording itself stays with the call; nothing was promised
            log.error("draft-not-kept", call=call.id, recording=self.label.id, reason=error.message)

    def _forget(self) -> None:
        if self.label is not None:
            self._services.incoming.forget(self.label)
            self._line.call.recordings.remove(self.label.id)
            self.label = None


async def contact(line: Line) -> str:
    """The number to answer to: the caller's own, confirmed, or another that he keys (E.164)."""
    own = line.call.caller
    if own is not None and await confirm(line, Prompt("complaint-contact", phone=spoken.phone(own))):
        return own
    asked = NumberAsked(line, "contact-enter", at_most=11)
    while True:
        digits = await asked.digits()
        number = e164(digits)
        if number is None:
            await asked.wrong("contact-not-taken")
        elif await confirm(line, Prompt("contact-confirm", phone=spoken.phone(number))):
            return number


async def register(
    line: Line, services: Services, label: Label, *, kind: str, topic: str, phone: str | None, disposition: str = ""
) -> Prompt:
    """Register what was told and return what is to be said of it: number and deadline, or a receipt.

    Raises Unavailable when neither the register nor the disk takes it: then nothing was promised.
    """
    call = line.call
    intake: dict[str, object] = {
        "company_id": call.company.id,
        "channel": "phone",
        "kind": kind,
        "topic": topic,
        "phone": phone,
        "answer_way": None if phone else "by-number",
        "call_id": call.id,
        "recording_id": label.id,
        "premise_id": call.premise.id if call.premise else None,
        "branch": call.branch.id if call.branch else None,
        "disposition": disposition or None,
        "received_at": label.started_at,
        "idempotency_key": f"call:{label.id}",
    }
    try:
        made = await services.register.register(accept(intake), within_s=REGISTER_BUDGET_S)
    except Unavailable as error:
        kept = services.spool.keep(intake)
        metrics.SPOOLED.inc()
        log.error("appeal-spooled", call=call.id, receipt=kept.receipt, reason=error.message)
        call.promised.append(kept.receipt)
        return Prompt("complaint-receipt", number=spoken.digit_by_digit(kept.receipt))
    call.promised.append(made.number)
    today = services.clock.now().astimezone(call.company.zone).date()
    return Prompt(
        "complaint-registered-already" if made.existed else "complaint-registered",
        number=spoken.digit_by_digit(made.written),
        until=spoken.until(made.deadline, today),
    )
