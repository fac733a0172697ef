"""The form of an appeal as an agent fills it in: which fields it has now, what it still lacks, and what it says.

Fields have the names of `appeals.intake.intake` (`details.demand`), so that a rule of the register points at its field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from agent_console.calls.calls import FoundCall
from agent_console.card.values import Chosen
from appeals.intake import intake, required
from appeals.taxonomy import Taxonomy, shipped
from gridline.companies import Company
from quality.transcripts.spoken_text import SpokenText
from worklist.codes import ItemKind
from worklist.models import WorkItem

ANSWERED, ANALYSIS = "answered", "analysis"
OUTCOME: Final = "outcome"
CODES: Final = ("kind", "topic", "disposition", "applicant_kind", "answer_way")
PLAIN: Final = (
    *("name", "phone", "email", "post_address", "contract_number", "account_number"),
    *("premise_id", "text", "repeat_of"),
)
MOMENTS: Final = ("details.violated_from", "details.violated_to", "details.seen_at")
DETAILS: Final = {
    "claim": (
        *("details.violated_from", "details.violated_to", "details.device_address", "details.demand"),
        *("details.residence", "details.birth_date", "details.birth_place", "details.identity_document"),
        "details.organisation",
    ),
    "theft": ("details.place", "details.seen_at"),
}
ANSWER: Final = ("answer_on_call.text", "answer_on_call.justified", "answer_on_call.rights_restored")
RARE: Final = ("account_number", "contract_number", "email", "post_address")
OTHER: Final = "other"
"""The topic of what is nobody's: open to every company."""
HEARD: Final = "heard"
"""The recording (id) whose words, as a machine heard them, the text began with; nothing the register takes."""
FIELDS: Final = frozenset({*CODES, *PLAIN, *ANSWER, OUTCOME, HEARD, *DETAILS["claim"], *DETAILS["theft"]})
"""Every field a form may have; whatever else is sent is not looked at."""
LONGEST: Final = 20_000
EMPTY: Final = "Заполните это поле."
_JUSTIFIED: Final = {"yes": True, "no": False}
_WORDS: Final = {
    "answer_on_call.justified": "Отметьте, обоснована ли жалоба.",
    "applicant_kind": "Выберите, кто обращается.",
    "topic": "Выберите тему.",
    OUTCOME: "Отметьте, чем закончился разговор.",
    "phone": "Нужен телефон или другой способ связи.",
}
_NOT_RECORDED: Final = "Разговор не записывается, ответ при разговоре доказать нечем: отметьте «нужен анализ»."


Choices = tuple[tuple[str, str], ...]
"""Codes with titles."""


@dataclass(frozen=True, slots=True)
class Form:
    """The form as it is to be shown."""

    values: Mapping[str, str]
    required: frozenset[str]
    errors: Mapping[str, str]
    details: str
    """none, claim or theft: the further fields of this kind."""
    anonymous: bool
    """Nothing of the person is kept (the trust line)."""
    complaint: bool
    answered: bool
    choices: Mapping[str, Choices]
    """Codes with titles for each field that is chosen; the dispositions are those of this topic and kind."""

    @property
    def more(self) -> bool:
        """Whether one of the rarely needed contact fields was typed, is wrong or required: then all are shown."""
        typed = any(self.values.get(name) for name in RARE if name != "account_number")  # that one comes with a choice
        return typed or any(name in self.errors or name in self.required for name in RARE)


def first(
    call: FoundCall, topic: str, half_told: WorkItem | None = None, told: SpokenText | None = None
) -> dict[str, str]:
    """What a fresh form begins with: the number that calls, and the topic that the way through the menu led to.

    What the caller began to tell the robot (`half_told`) knows better; `told`: in words, where a machine has heard it.
    """
    if half_told is None:
        return {"kind": "appeal", "topic": topic, "phone": call.caller or ""}
    kind = "complaint" if half_told.kind is ItemKind.BROKEN_OFF else "appeal"
    begun = {"kind": kind, "topic": half_told.topic or topic, "phone": half_told.phone or call.caller or ""}
    if told is not None and told.sentences:
        begun |= {"text": told.text, HEARD: told.recording_id}
    return begun


def filled(values: Mapping[str, str], chosen: Chosen | None, before: Chosen | None = None) -> dict[str, str]:
    """The values with the chosen candidate in the fields nobody typed in; `before`: whoever was chosen until now."""
    told, old = dict(values), _of(before)
    for field, value in _of(chosen).items():
        if value and told.get(field, "") in ("", old.get(field)):
            told[field] = value
    return told


def completed(values: Mapping[str, str], chosen: Chosen | None) -> dict[str, str]:
    """The values with the chosen candidate in fields that were not on the form yet; an emptied one stays empty."""
    return _of(chosen) | dict(values)


def _of(chosen: Chosen | None) -> dict[str, str]:
    if chosen is None:
        return {}
    return {
        "name": chosen.name,
        "account_number": chosen.account,
        "premise_id": chosen.premise_id or "",
        "applicant_kind": chosen.kind,
        "details.device_address": chosen.address,
        "details.place": chosen.address,
    }


def taken(sent: Mapping[str, object]) -> dict[str, str]:
    """The form's own fields among what a browser sent, each no longer than LONGEST."""
    return {name: str(value)[:LONGEST] for name, value in sent.items() if name in FIELDS}


def shown(values: Mapping[str, str], company: Company, errors: Mapping[str, str] | None = None) -> Form:
    """The form for these values: required fields and codes follow kind, topic, applicant and way of answer."""
    codes = shipped()
    kind = codes.kinds.get(values.get("kind", ""), codes.kinds["appeal"])
    answered = values.get(OUTCOME) == ANSWERED
    needed = required.fields(
        values.get("kind", "appeal"),
        values.get("applicant_kind", ""),
        values.get("answer_way", ""),
        answered_on_call=answered,
    )
    return Form(
        values=values,
        required=needed | {"topic", OUTCOME},
        errors=errors or {},
        details=kind.details,
        anonymous=kind.anonymous == "kept-out",
        complaint=kind.group == "complaint",
        answered=answered,
        choices=_choices(codes, company, kind.group, values.get("topic", "")),
    )


def given(
    values: Mapping[str, str], *, call: FoundCall, company: Company, key: str, recording_id: str | None, actor: str
) -> dict[str, Any]:
    """The form as the register's intake takes it (`appeals.intake.intake.accept`)."""
    told: dict[str, Any] = {name: values[name] for name in (*CODES, *PLAIN) if values.get(name)}
    told |= {"company_id": company.id, "channel": "phone", "call_id": call.id, "idempotency_key": key, "actor": actor}
    told |= {"branch": call.branch or None, "kind": told.get("kind", "appeal"), "topic": told.get("topic", "")}
    kind = shipped().kinds.get(told["kind"])
    if kind is not None and kind.details != "none":
        own = {name: _value(name, values[name], company.zone) for name in DETAILS[kind.details] if values.get(name)}
        told["details"] = {"type": kind.details} | {name.partition(".")[2]: value for name, value in own.items()}
    if values.get(OUTCOME) == ANSWERED and kind is not None and kind.anonymous != "kept-out":
        told["recording_id"] = recording_id
        told["answer_on_call"] = {
            "text": values.get("answer_on_call.text", ""),
            "justified": _JUSTIFIED.get(values.get("answer_on_call.justified", "")),
            "rights_restored": values.get("answer_on_call.rights_restored") or None,
        }
    return told


def problems(values: Mapping[str, str], told: Mapping[str, Any], company: Company) -> dict[str, str]:
    """What keeps the form from being registered, by field; what belongs to no field of ours is under ""."""
    form = shown(values, company)
    found: dict[str, str] = {}
    for one in intake.problems_of(dict(told)):
        if one.field == "recording_id":
            found[OUTCOME] = _NOT_RECORDED
        elif one.field in FIELDS:
            found.setdefault(one.field, _WORDS.get(one.field, EMPTY) if one.missing else one.sentence)
        else:
            found[""] = " ".join(filter(None, (found.get(""), one.sentence)))
    for name in form.required:
        if not values.get(name) and not (form.anonymous and name == OUTCOME):
            found[name] = _WORDS.get(name, EMPTY)
    if found.get("phone") == _WORDS["phone"] and (values.get("email") or values.get("post_address")):
        del found["phone"]  # the form marks the phone, the rule is content with any contact
    return found


def _value(name: str, text: str, zone: ZoneInfo) -> object:
    """A browser's local moment in the company's zone; anything else as it is, for the register to judge."""
    if name not in MOMENTS:
        return text
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone)
    except ValueError:
        return text


def _choices(codes: Taxonomy, company: Company, group: str, topic: str) -> dict[str, Choices]:
    """What may be chosen in each field; an answer during the call is said by the outcome, not as a way."""
    return {
        "kind": _titles(codes.kinds),
        "topic": tuple(one for one in _titles(codes.topics) if one[0] in company.topics or one[0] == OTHER),
        "disposition": tuple(
            (code, row.title) for code, row in codes.dispositions.items() if row.topic == topic and group in row.columns
        ),
        "applicant_kind": tuple(one for one in _titles(codes.applicant_kinds) if one[0] != "unknown"),
        "answer_way": tuple(one for one in _titles(codes.answer_ways) if one[0] != "on-call"),
    }


def _titles(table: Mapping[str, Any]) -> Choices:
    return tuple((code, row.title) for code, row in table.items())
