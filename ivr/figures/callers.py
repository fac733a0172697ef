"""What a call that came in was to its caller: a person, a wait in vain, an answer of the menu, or nothing.

Said from what is stored of the call and of no menu file, so that it stays the same when the menu is changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Text, and_, case, cast, exists, func, not_, or_, select

from ivr.desk.models import LOST, Left, QueueVisit
from ivr.journal.models import CallRecord, CallStep

PRESSED, CUT_SHORT, HUNG_UP = "pressed", "cut-short", "hung-up"
"""Exits of steps, as the menu's engine and the line report them."""

ANSWERING: Final = (
    *('"outage-', '"report-', '"application-stage"', '"application-done"', '"status-end-menu"', '"announcement"'),
    *('"complaint-registered', '"complaint-receipt"', '"message-registered"', '"message-kept"', '"emergency-receipt"'),
    '"callback-promised',
    *('"known-open-appeal"', '"known-outage"', '"danger-message-', '-info"', '"consult-words"', '"knowledge-words"'),
    *('"office-address"', '"appointment-booked"', '"appointment-is', '"call-out-booked"', '"planned-works"'),
    *('"planned-none', '"status-answer-ready"', '"trust-registered"', '"trust-kept"', '"trust-result-'),
)
"""Parts of the ids of prompts that are what people call for: an outage, works ahead or an application told, an appeal,
a message or a report to the trust line taken in, a call promised, an office's address, a visit booked. Each is in
quotes where an id begins or ends."""


class CallerEnd(StrEnum):
    """What a caller came to. Every call that came in and is over counts once, in the first one that fits."""

    PERSON = "person"
    """Somebody answered them, whatever was before or after."""
    WAITED = "waited"
    """They waited in a queue in vain (`ivr.desk.models.LOST`), even if they left a message then."""
    SERVED = "served"
    """Without a queue they got an answer of the menu: one of the ANSWERING prompts began after the first key they
    pressed in a menu; or they pressed none and heard one to its end (the announcement, what is known of their matter).
    How the call ended then is all the same: goodbye, or the caller hung up. So is a message that was taken from the
    disk after the controller's crash."""
    GIVEN_UP = "given-up"
    """They hung up, or the menu said goodbye, and there was nothing of all that."""
    UNSEEN = "unseen"
    """We failed or were stopped, or how a wait ended was not seen: nobody can say what they came to."""


ENDS: Final[Mapping[CallerEnd, str]] = {
    CallerEnd.PERSON: "ответил оператор",
    CallerEnd.WAITED: "не дождались оператора",
    CallerEnd.SERVED: "обслужило меню",
    CallerEnd.GIVEN_UP: "ушли ни с чем",
    CallerEnd.UNSEEN: "конец не виден",
}


def came_to() -> ColumnElement[str]:
    """The CallerEnd of a row of `calls` that came in and is over, as a column."""
    return case(
        (waited(Left.ANSWERED), CallerEnd.PERSON.value),
        (waited(*LOST), CallerEnd.WAITED.value),
        (waited(), CallerEnd.UNSEEN.value),
        (or_(_told(), CallRecord.outcome == "message"), CallerEnd.SERVED.value),
        (CallRecord.outcome.in_((HUNG_UP, "finished")), CallerEnd.GIVEN_UP.value),
        else_=CallerEnd.UNSEEN.value,
    )


def came_in() -> ColumnElement[bool]:
    """Whether a row of `calls` came from outside and is over."""
    return and_(CallRecord.called_by == "", CallRecord.ended_at.is_not(None))


def waited(*outcomes: Left) -> ColumnElement[bool]:
    """Whether the call of a row of `calls` came to a queue; with outcomes, whether it left one so."""
    visit = exists().where(QueueVisit.call_id == CallRecord.id)
    return visit.where(QueueVisit.outcome.in_(outcomes)) if outcomes else visit


def _told() -> ColumnElement[bool]:
    answers = or_(*(cast(CallStep.prompt_ids, Text).contains(part) for part in ANSWERING))
    first_key = func.min(case((in_menu(), CallStep.started_at)))
    last_answer: Any = func.max(case((answers, CallStep.started_at)))
    heard_out = func.max(case((and_(answers, CallStep.exit.not_in((CUT_SHORT, HUNG_UP))), 1), else_=0))
    steps = (
        select(CallStep.call_id)
        .where(CallStep.call_id == CallRecord.id)
        .group_by(CallStep.call_id)
        .having(or_(last_answer > first_key, and_(first_key.is_(None), heard_out == 1)))
        .correlate(CallRecord)
    )
    return steps.exists()


def in_menu() -> ColumnElement[bool]:
    """Whether a row of `call_steps` is a key of its menu that a caller pressed, or said the word of."""
    return and_(CallStep.exit == PRESSED, CallStep.key != "")  # an announcement that a key cut short has that exit too


def own_step() -> ColumnElement[bool]:
    """Whether a row of `call_steps` is the place's own and no single utterance of an action in it."""
    return not_(and_(CallStep.exit.in_(("said", CUT_SHORT)), CallStep.leads_to == CallStep.place))
