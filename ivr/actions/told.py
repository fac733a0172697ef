"""What callers say in their own words, from the tone to a number they can write down."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta

import structlog

from appeals import numbering
from appeals.intake.drafts import Draft
from appeals.intake.intake import Intake, accept
from appeals.intake.repeats import FurtherContact, OpenAppeal
from appeals.register import Registered
from gridline import metrics
from gridline.errors import Conflict, Unavailable
from gridline.numbers.phones import parse
from ivr.actions.questions import PERSON_KEY, REPEAT_KEY, NumberAsked, PersonWanted, choose, confirm
from ivr.call import Call
from ivr.line import Line
from ivr.promised.words import SHORTEST_S
from ivr.services import Services
from ivr.voice import audio, spoken
from ivr.voice.prompts import Prompt
from recordings.incoming import Label
from worklist import unregistered
from worklist.unregistered import HalfTold

LIMIT_S = 180
SILENCE_S = 4
REPEATED_WITHIN = timedelta(days=1)
"""A complaint on the same topic within this time is a repeat (attack A21); later it is a new one."""
REGISTER_BUDGET_S = 2.0
"""How long a caller waits for the register before the promise is kept on disk instead (fault F18)."""

REGISTERED = "complaint-registered"
MOST_INVITATIONS = 6

log = structlog.get_logger(__name__)


class CannotRecord(Unavailable):
    """What the caller wants to say cannot be recorded: no room, a broken disk, or a notice that was not heard."""

    code = "cannot-record"


class Telling:
    """One message of one caller; `label` is the last recording, complete or cut short by a hang-up."""

    def __init__(self, line: Line, services: Services, *invitation: str) -> None:
        self._line = line
        self._services = services
        self._invitation = invitation
        self.label: Label | None = None

    async def tell(self) -> Label | None:
        """What was said after the tone; None when nothing was said, twice.

        `*` repeats the invitation, 0 raises PersonWanted. Raises CannotRecord when there is no room.
        """
        invitation, empty = self._invitation, 0
        for _ in range(MOST_INVITATIONS):
            self.label = await self._services.begin_recording(self._line.call, "message")
            if self.label is None:
                raise CannotRecord("Записать сообщение некуда: см. recording-refused в журнале.")
            file = self._services.incoming.samples(self.label)
            await self._line.say(*invitation, "beep", interruptible=False)
            message = await self._line.record(file, limit_s=LIMIT_S, silence_s=SILENCE_S)
            if message.key == REPEAT_KEY or await self._spoken_s(self.label) < SHORTEST_S:
                await self._forget()
            if message.key == PERSON_KEY:
                raise PersonWanted
            if message.key == REPEAT_KEY:
                invitation = self._invitation
            elif self.label is not None:
                return self.label
            else:
                invitation, empty = ("complaint-empty",), empty + 1
            if empty == 2:
                break
        return None

    async def review(self) -> Label | None:
        """Let the caller accept (1), hear again (2) or redo (3) the recording; None when a redo recorded nothing."""
        while self.label is not None:
            key = await choose(self._line, "complaint-review", keys="123")
            if key == "1":
                break
            if key == "2":
                await self._line.say("complaint-your-words")
                await self._line.play_file(self._services.incoming.samples(self.label))
            else:
                await self._forget()
                await self.tell()
        return self.label

    async def keep_draft(self, stage: str, topic: str) -> None:
        """The caller went half-way: what they said is kept for a person, with an item of the worklist."""
        if (label := await self.words()) is None:
            return
        call = self._line.call
        try:
            await unregistered.keep(self._services.db, self._services.worklist, self._half_told(stage, topic))
        except Unavailable as error:  # made good when the recording is taken in; nothing was promised
            log.error("draft-not-kept", call=call.id, recording=label.id, reason=error.message)

    async def words(self) -> Label | None:
        """The recording, if anything was said in it yet."""
        if self.label is None or await self._spoken_s(self.label) < SHORTEST_S:
            return None
        return self.label

    async def keep_message(self, topic: str) -> None:
        """A message without a number to answer to: a person hears it, and that may be said.

        It waits on disk while the database is away. Raises Unavailable when neither takes it.
        """
        assert self.label is not None
        services, call = self._services, self._line.call
        told = self._half_told(unregistered.CONTACT, topic)
        try:
            await unregistered.keep(services.db, services.worklist, told, within_s=REGISTER_BUDGET_S)
        except Unavailable as error:
            kept = await services.disk.do(
                services.spool.keep, intake_of(call, self.label, kind="appeal", topic=topic or "service", phone=None)
            )
            metrics.SPOOLED.inc()
            log.error("message-spooled", call=call.id, receipt=kept.receipt, reason=error.message)

    def _half_told(self, stage: str, topic: str) -> HalfTold:
        assert self.label is not None
        call = self._line.call
        return HalfTold(
            Draft(call.company.id, stage, call.id, call.caller, topic or None, self.label.id),
            self._services.clock.now(),
            branch=call.branch.id if call.branch else "",
            premise_id=call.premise.id if call.premise else None,
            place=call.premise.address if call.premise else "",
        )

    async def _spoken_s(self, label: Label) -> float:
        return await self._services.disk.do(audio.spoken_seconds, self._services.incoming.samples(label))

    async def _forget(self) -> None:
        if self.label is not None:
            await self._services.disk.do(self._services.incoming.forget, self.label)
            self._line.call.recordings.remove(self.label.id)
            self.label = None


async def contact(line: Line, question: str = "complaint-contact") -> str:
    """The number to call back: the caller's own, confirmed (`question` asks), or another that they key (E.164).

    A number keyed in is called back only at home (attack A6); who calls from abroad may confirm their own.
    """
    own = line.call.caller
    if own is not None and await confirm(line, Prompt(question, phone=spoken.phone(own))):
        return own
    asked = NumberAsked(line, "contact-enter", at_most=11)
    while True:
        digits = await asked.digits()
        number = parse(digits)
        if number is None or number.abroad:
            await asked.wrong("contact-not-taken")
        elif await confirm(line, Prompt("contact-confirm", phone=spoken.phone(number.e164))):
            return number.e164
        else:
            await asked.wrong()


async def register(
    line: Line,
    services: Services,
    label: Label,
    *,
    kind: str,
    topic: str,
    phone: str,
    by: str = REGISTERED,
    details: Mapping[str, str] | None = None,
) -> Prompt:
    """Register the recording; returns the prompt that confirms it: number and deadline, or a receipt.

    A caller whose phone has an open appeal on this topic adds to it and hears its number (attack A21). `by` says that
    it is registered; another prompt than the usual one tells the number alone, of an open appeal as well. What comes
    with `details` of its kind is a matter of its own, whatever else they have told. Raises Unavailable when neither the
    register nor the disk accepts it: then nothing was promised.
    """
    call = line.call
    intake = intake_of(call, label, kind=kind, topic=topic, phone=phone) | {"details": details}
    try:
        if details is None and (earlier := await _added(line, services, accept(intake))):
            call.promised.append(earlier.number)
            already = "complaint-registered-already" if by == REGISTERED else by
            return _numbered(already, earlier, services, call)
        made = await services.register.register(accept(intake), within_s=REGISTER_BUDGET_S)
    except Unavailable as error:
        kept = await services.disk.do(services.spool.keep, intake)
        metrics.SPOOLED.inc()
        log.error("appeal-spooled", call=call.id, receipt=kept.receipt, reason=error.message)
        call.promised.append(kept.receipt)
        return Prompt("complaint-receipt", number=spoken.digit_by_digit(kept.receipt))
    call.promised.append(made.number)
    return _numbered(by, made, services, call)


def intake_of(
    call: Call, label: Label, *, kind: str, topic: str, phone: str | None, disposition: str = ""
) -> dict[str, object]:
    """What a recording says to the register, as JSON values; the spool may hold one without a phone."""
    return {
        "company_id": call.company.id,
        "channel": "phone",
        "kind": kind,
        "topic": topic,
        "phone": phone,
        "call_id": call.id,
        "recording_id": label.id,
        "premise_id": call.premise.id if call.premise else None,
        "branch": call.branch.id if call.branch else None,
        "disposition": disposition or None,
        "received_at": label.started_at,
        "idempotency_key": f"call:{label.id}",
    }


async def _added(line: Line, services: Services, intake: Intake) -> OpenAppeal | None:
    """The open appeal this contact was added to, if any; a neighbour's appeal is not the caller's own."""
    try:
        async with asyncio.timeout(REGISTER_BUDGET_S):
            same = await services.register.similar(intake.model_copy(update={"premise_id": None}))
            recent = [one for one in same if services.clock.now() - one.received_at < REPEATED_WITHIN]
            if not recent:
                return None
            contact = FurtherContact(
                intake.channel, intake.actor, intake.phone, call_id=line.call.id, recording_id=intake.recording_id
            )
            await services.register.add_contact(intake.company_id, recent[-1].number, contact)
    except TimeoutError as error:
        raise Unavailable(f"Реестр обращений не ответил за {REGISTER_BUDGET_S:g} с") from error
    except Conflict:  # answered and closed a moment ago
        return None
    return recent[-1]


def _numbered(prompt: str, appeal: Registered | OpenAppeal, services: Services, call: Call) -> Prompt:
    today = services.clock.now().astimezone(call.company.zone).date()
    number = spoken.digit_by_digit(numbering.written(appeal.number))
    if not prompt.startswith(REGISTERED):
        return Prompt(prompt, number=number)
    return Prompt(prompt, number=number, until=spoken.until(appeal.deadline, today))
