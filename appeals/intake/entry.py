"""An accepted intake turned into the rows of one registration: pure, so that a retry gives the same appeal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from appeals import history, numbering
from appeals.codes import PromiseKind
from appeals.deadlines.deadlines import Deadline
from appeals.history import Happening
from appeals.intake.intake import Intake
from appeals.models import Counter
from gridline.calendar import days
from gridline.companies import Company
from gridline.db import new_id

NOBODY = "reception"
"""Who owns an appeal's promise until somebody takes the appeal."""
_NOT_CONTENT = {"idempotency_key", "receipt", "received_at", "draft_id", "actor"}


@dataclass(frozen=True, slots=True)
class Registration:
    """One registration before it has its number."""

    intake: Intake
    company: Company
    deadline: Deadline
    received_at: datetime
    repeat_of: str | None
    appeal_id: str
    salt: str
    body: str = field(init=False)
    """The accepted request in its one spelling: what is compared when a key comes again.

    Who hands it in, when, and under which key or receipt is no part of it: a registration whose reply
    was lost comes again from the spool with a receipt and an explicit moment.
    """

    def __post_init__(self) -> None:
        told = self.intake.model_dump(mode="json", exclude=_NOT_CONTENT, exclude_none=True)
        object.__setattr__(self, "body", history.canonical(told))

    @property
    def key(self) -> str:
        """What makes a second try the same registration."""
        return self.intake.idempotency_key or self.intake.receipt or self.appeal_id


@dataclass(frozen=True, slots=True)
class RegistrationRows:
    """What one registration stores."""

    appeal: dict[str, Any]
    content: dict[str, Any]
    events: list[dict[str, Any]]
    answer: dict[str, Any] | None
    promise: dict[str, Any] | None
    finished_draft: str | None


def end_of_day(deadline: Deadline, company: Company) -> datetime:
    """The first moment after the last day, in the company's zone."""
    return days.ends(deadline.day, company.zone)


def further_appeal(company: Company) -> str:
    """Where the applicant may go with an answer that does not satisfy: part of every answer (R12)."""
    bodies = "; ".join(f"{body.name} ({body.contact})" for body in company.further_appeal)
    return f"Если вы не согласны с ответом, вы вправе обратиться: {bodies}; а также в суд."


def rows(entry: Registration, counter: Counter, at: datetime) -> RegistrationRows:
    """The rows of `entry`, taking the next number of the locked `counter`. Raises Unavailable past the last number."""
    counter.last_sequence += 1
    number = numbering.number(counter.year, counter.last_sequence)
    intake = entry.intake
    answer = _answer(entry, at)
    happenings = [Happening("registered", _registered(entry, number)), *_answered(entry, answer)]
    events = history.write_rows(
        counter,
        appeal_id=entry.appeal_id,
        after_seq=0,
        after_hash="",
        at=at,
        actor=intake.actor,
        happenings=happenings,
    )
    appeal: dict[str, Any] = {
        "id": entry.appeal_id,
        "company_id": counter.company_id,
        "year": counter.year,
        "sequence": counter.last_sequence,
        "number": number,
        "receipt": intake.receipt,
        "idempotency_key": entry.key,
        "registered_at": at,
        "received_at": entry.received_at,
        "channel": intake.channel,
        "kind": intake.kind,
        "topic": intake.topic,
        "disposition": intake.disposition,
        "applicant_kind": intake.applicant_kind,
        "answer_way": intake.way,
        "branch": intake.branch,
        "contract_number": intake.contract_number,
        "account_number": intake.account_number,
        "premise_id": intake.premise_id,
        "call_id": intake.call_id,
        "recording_id": intake.recording_id,
        "repeat_of": entry.repeat_of,
        "joined_to": None,
        "state": "closed" if answer else "registered",
        "owner": None,
        "unit": None,
        "deadline": entry.deadline.day,
        "deadline_rule": entry.deadline.rule_id,
        "deadline_sentence": entry.deadline.sentence,
        "deadline_basis": history.canonical(entry.deadline.basis),
        "justified": intake.answer_on_call.justified if intake.answer_on_call else None,
        "answered_at": at if answer else None,
        "closed_at": at if answer else None,
        "version": 1,
        "event_count": len(events),
        "event_hash": events[-1]["hash"],
    }
    promise = None if answer else _promise(entry, at)
    return RegistrationRows(appeal, _content(entry), events, answer, promise, intake.draft_id)


def _registered(entry: Registration, number: str) -> dict[str, Any]:
    intake, deadline = entry.intake, entry.deadline
    return {
        "number": number,
        "received_at": history.moment(entry.received_at),
        "channel": intake.channel,
        "kind": intake.kind,
        "topic": intake.topic,
        "disposition": intake.disposition,
        "applicant_kind": intake.applicant_kind,
        "branch": intake.branch,
        "deadline": deadline_body(deadline),
        "repeat_of": intake.repeat_of,
        "receipt": intake.receipt,
        "call_id": intake.call_id,
        "recording_id": intake.recording_id,
        "recording_offset_s": intake.recording_offset_s,
        "digest": history.sha256(entry.salt + entry.body),
    }


def deadline_body(deadline: Deadline) -> dict[str, Any]:
    """A deadline as events keep it."""
    return {
        "day": deadline.day.isoformat(),
        "rule_id": deadline.rule_id,
        "sentence": deadline.sentence,
        "basis": deadline.basis,
    }


def _content(entry: Registration) -> dict[str, Any]:
    intake = entry.intake
    return {
        "appeal_id": entry.appeal_id,
        "salt": entry.salt,
        "intake": entry.body,
        "text": intake.text,
        "name": intake.name,
        "phone": intake.phone_e164,
        "phone_raw": intake.phone,
        "email": intake.email,
        "post_address": intake.post_address,
        "details": history.canonical(intake.details.model_dump(mode="json")) if intake.details else None,
        "findings": None,
        "rights_restored": intake.answer_on_call.rights_restored if intake.answer_on_call else None,
        "erased_at": None,
    }


def _answer(entry: Registration, at: datetime) -> dict[str, Any] | None:
    """The answer given during the call; its proof is the recording of the call (R9)."""
    intake = entry.intake
    if intake.answer_on_call is None:
        return None
    proof = {"call_id": intake.call_id, "recording_id": intake.recording_id, "offset_s": intake.recording_offset_s}
    return {
        "id": new_id(),
        "appeal_id": entry.appeal_id,
        "text": intake.answer_on_call.text,
        "way": "on-call",
        "sent_at": at,
        "proof": history.canonical(proof),
        "further_appeal": further_appeal(entry.company),
        "on_call": True,
    }


def _answered(entry: Registration, answer: dict[str, Any] | None) -> Sequence[Happening]:
    if answer is None or entry.intake.answer_on_call is None:
        return ()
    given = entry.intake.answer_on_call
    found = {"justified": given.justified, "rights": given.rights_restored is not None, "digest": None}
    told = {
        "answer_id": answer["id"],
        "way": "on-call",
        "sent_at": history.moment(answer["sent_at"]),
        "on_call": True,
        "digest": history.sha256(entry.salt + given.text),
        "proof_digest": history.sha256(entry.salt + answer["proof"]),
    }
    happenings = [Happening("answered", told), Happening("closed", {})]
    return happenings if given.justified is None else [Happening("found", found), *happenings]


def _promise(entry: Registration, at: datetime) -> dict[str, Any]:
    """The answer itself is a promise: it is escalated and reported like every other."""
    return {
        "id": new_id(),
        "company_id": entry.company.id,
        "appeal_id": entry.appeal_id,
        "call_id": entry.intake.call_id,
        "kind": PromiseKind.ANSWER,
        "subject_id": None,
        "owner": NOBODY,
        "made_at": at,
        "due_at": end_of_day(entry.deadline, entry.company),
        "escalated": 0,
        "outcome": None,
        "settled_at": None,
    }
