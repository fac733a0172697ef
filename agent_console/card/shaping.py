"""From what is stored to what a card shows of it: premises, appeals, earlier calls, promises. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from agent_console.calls import journey
from agent_console.card.values import Callback, CardAppeal, CardPremise, LastCall, Same, SpokenRecording
from appeals import numbering, states
from appeals.models import Appeal, Content
from appeals.taxonomy import shipped
from grid.ledger import SupplyLedger
from grid.models import Premise, Subscriber
from grid.outages.models import Outage, TellingWay
from ivr.journal.models import CallRecord, CallStep
from recordings.models import Recording
from worklist.codes import ItemKind
from worklist.models import WorkItem

SOON = timedelta(days=3)
"""A deadline this near is shown as one that presses."""
TEXT = 160
"""Letters of an appeal's text that are shown."""


def premise(
    one: Premise,
    owner: Subscriber,
    current: Sequence[Outage] = (),
    planned: Sequence[Outage] = (),
    checking: Sequence[Outage] = (),
    told: Mapping[str, Mapping[TellingWay, int]] | None = None,
    ledger: SupplyLedger | None = None,
) -> CardPremise:
    """A premise with its subscriber and what is off there."""
    return CardPremise(
        premise_id=one.id,
        address=one.address,
        name=owner.name,
        account=owner.account,
        kind=owner.kind.value,
        branch=one.branch,
        current=tuple(current),
        planned=tuple(planned),
        checking=tuple(checking),
        told=told or {},
        ledger=ledger,
    )


def appeal(one: Appeal, content: Content, same: Same, today: date) -> CardAppeal:
    """An appeal, and what it has in common with the call."""
    codes = shipped()
    open_still = one.state in states.OPEN
    late = open_still and one.deadline < today
    soon = open_still and one.deadline <= today + SOON
    return CardAppeal(
        appeal_id=one.id,
        number=numbering.written(one.number),
        topic=one.topic,
        topic_title=codes.topics[one.topic].title,
        kind_title=codes.kinds[one.kind].title,
        state_title=states.TITLES[one.state],
        received_at=one.received_at,
        deadline=one.deadline,
        urgency="late" if late else "soon" if soon else "",
        name=content.name or "",
        text=(content.text or "")[:TEXT],
        same=same,
        premise_id=one.premise_id,
    )


def last_call(
    one: CallRecord,
    steps: Sequence[CallStep],
    registered: Sequence[CardAppeal],
    *,
    answered_by: str,
    chosen: str,
    in_vain: bool,
) -> LastCall:
    """An earlier call with what it was about, who answered (a name, or "") and what came of it."""
    return LastCall(
        call_id=one.id,
        at=one.started_at,
        about=_about(steps, registered),
        outcome=_outcome(one, answered_by, registered, in_vain=in_vain),
        answered_by=answered_by,
        chosen=chosen,
    )


def callback(one: WorkItem, call_id: str, at: datetime) -> Callback:
    """A call they are owed, as it stands at this moment."""
    promised = one.kind is ItemKind.CALLBACK
    return Callback(one.id, promised, one.due_at, one.due_at < at, one.attempts, one.call_id == call_id)


def spoken(one: Recording) -> SpokenRecording:
    """What the caller said to the robot."""
    return SpokenRecording(one.id, one.started_at, one.seconds, one.channels, one.kind)


def _about(steps: Sequence[CallStep], registered: Sequence[CardAppeal]) -> str:
    if registered:
        return registered[0].topic_title
    code = journey.topic(one.leads_to or one.place for one in steps)
    return shipped().topics[code].title if code else ""


def _outcome(call: CallRecord, answered: str, registered: Sequence[CardAppeal], *, in_vain: bool) -> str:
    if registered:
        return f"обращение {registered[0].number}"
    if answered:
        return "ответил оператор"
    if call.ended_at is None:
        return "идёт сейчас"
    if call.called_by:
        return "звонил оператор"
    if in_vain:
        return "не дождался оператора"
    return {"hung-up": "положил трубку в меню", "unknown": "чем кончился, не видно"}.get(
        call.outcome or "", "обслужен в меню"
    )
