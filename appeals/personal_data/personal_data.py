"""Personal data of the register: the purpose of each field, what each role sees, and what is kept about a person."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from appeals import history, numbering
from appeals.models import Answer, Appeal, Contact, Content, DraftAppeal
from gridline.errors import InvalidInput
from gridline.numbers.phones import read

Seen = Literal["whole", "masked", "hidden"]


@dataclass(frozen=True, slots=True)
class Field:
    """A personal field: its name in Russian and the purpose it is kept for (152-ФЗ; R28)."""

    title: str
    purpose: str


_ANSWER = "рассмотрение обращения и ответ заявителю"
_CALL_BACK = "связь с заявителем по обращению"
FIELDS: Final[Mapping[str, Field]] = {
    "name": Field("имя", _ANSWER),
    "phone": Field("телефон", _CALL_BACK),
    "phone_raw": Field("телефон, как назван", _CALL_BACK),
    "email": Field("электронная почта", _CALL_BACK),
    "post_address": Field("почтовый адрес", _CALL_BACK),
    "text": Field("содержание обращения", _ANSWER),
    "heard": Field("содержание, как его расслышала машина", _ANSWER),
    "details": Field("сведения претензии по ПП РФ № 55", "рассмотрение претензии, обязательные поля ПП РФ № 55"),
    "findings": Field("выводы", _ANSWER),
    "rights_restored": Field("восстановленные права", _ANSWER),
}


def _all(seen: Seen, **others: Seen) -> dict[str, Seen]:
    return {field: others.get(field, seen) for field in FIELDS}


ROLES: Final[Mapping[str, Mapping[str, Seen]]] = {
    "supervisor": _all("whole"),
    "clerk": _all("whole"),
    "agent": _all("whole", details="hidden", post_address="masked", email="masked"),
    "quality": _all("masked", text="whole", findings="whole", details="hidden"),
    "statistics": _all("hidden"),
}
"""How much of each field a role sees."""


def seen_by(role: str, content: Content) -> dict[str, str | None]:
    """The personal fields of an appeal as a role may see them. Raises InvalidInput for an unknown role."""
    if role not in ROLES:
        raise InvalidInput(f"Неизвестная роль: {role!r}.")
    shown: dict[str, str | None] = {}
    for field in FIELDS:
        value = getattr(content, field)
        how = ROLES[role][field]
        shown[field] = value if how == "whole" or value is None else masked(field, value) if how == "masked" else None
    return shown


def masked(field: str, value: str) -> str:
    """A value shortened to just enough to tell two people apart on a screen."""
    match field:
        case "phone" | "phone_raw":
            digits = re.sub(r"\D", "", value)
            return f"***{digits[-2:]}"
        case "name":
            surname, *rest = value.split()
            return " ".join([surname[:1] + "***", *(f"{part[:1]}." for part in rest)])
        case "email":
            box, _, domain = value.partition("@")
            return f"{box[:1]}***@{domain}"
        case "post_address":
            return value.partition(",")[0] + ", ***"
        case _:
            return "***"


async def kept_of(session: AsyncSession, company_id: str, phone: str) -> dict[str, Any]:
    """All the register keeps about the person with this phone number, and the purpose of each field (152-ФЗ, art. 14).

    Returns JSON values. Raises InvalidInput when `phone` is not a phone number.
    """
    number = read(phone).e164
    further = select(Contact.appeal_id).where(Contact.phone == number)
    query = (
        select(Appeal, Content)
        .join(Content, Content.appeal_id == Appeal.id)
        .where(Appeal.company_id == company_id, or_(Content.phone == number, Appeal.id.in_(further)))
        .order_by(Appeal.number)
    )
    drafts = select(DraftAppeal).where(DraftAppeal.company_id == company_id, DraftAppeal.phone == number)
    return {
        "phone": number,
        "purposes": {field: row.purpose for field, row in FIELDS.items()},
        "appeals": [
            await _kept(session, appeal, content, number) for appeal, content in (await session.execute(query)).all()
        ],
        "drafts": [
            {"at": history.moment(draft.at), "topic": draft.topic, "recording_id": draft.recording_id}
            for draft in (await session.execute(drafts.order_by(DraftAppeal.at))).scalars()
        ],
    }


async def _kept(session: AsyncSession, appeal: Appeal, content: Content, phone: str) -> dict[str, Any]:
    """One appeal; someone who only added a further contact may not see the applicant's own data."""
    own = content.phone == phone
    contacts = select(Contact).where(Contact.appeal_id == appeal.id, Contact.phone == phone).order_by(Contact.at)
    answers = select(Answer).where(Answer.appeal_id == appeal.id).order_by(Answer.sent_at)
    kept: dict[str, Any] = {
        "number": numbering.written(appeal.number),
        "received_at": history.moment(appeal.received_at),
        "contacts": [
            {"at": history.moment(contact.at), "text": contact.text, "recording_id": contact.recording_id}
            for contact in (await session.execute(contacts)).scalars()
        ],
    }
    if own:
        kept["data"] = {field: getattr(content, field) for field in FIELDS if getattr(content, field) is not None}
        if content.details:
            kept["data"]["details"] = json.loads(content.details)
        kept["recording_id"] = appeal.recording_id
        kept["answers"] = [
            {"sent_at": history.moment(answer.sent_at), "way": answer.way, "text": answer.text}
            for answer in (await session.execute(answers)).scalars()
        ]
    return kept
