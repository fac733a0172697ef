"""Repeats: a new contact about a matter that is still open joins the first appeal, whose deadline stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import bindparam, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from appeals import history, numbering, states
from appeals.history import Happening
from appeals.intake.intake import Intake
from appeals.models import Appeal, Contact, Content
from appeals.taxonomy import shipped
from gridline.db import Reads, new_id
from gridline.errors import Conflict, NotFound

OFFERED = 5


@dataclass(frozen=True, slots=True)
class OpenAppeal:
    """An open appeal that a new contact may belong to."""

    appeal_id: str
    number: str
    topic: str
    state: str
    received_at: datetime
    deadline: date
    same: str
    """What they share: premise | account | phone | email."""
    branch: str = ""


@dataclass(frozen=True, slots=True)
class FurtherContact:
    """A further contact from the applicant about the same matter."""

    channel: str
    actor: str
    phone: str | None = None
    text: str | None = None
    call_id: str | None = None
    recording_id: str | None = None
    recording_offset_s: int | None = None


MOST = 1000
"""How many appeals of one phone, premise or account are searched for open ones."""

_BY = {
    "premise": select(Appeal.id).where(Appeal.premise_id == bindparam("value")),
    "account": select(Appeal.id).where(
        Appeal.company_id == bindparam("company_id"), Appeal.account_number == bindparam("value")
    ),
    "phone": select(Content.appeal_id).where(Content.phone == bindparam("value")),
    "email": select(Content.appeal_id).where(Content.email == bindparam("value")),
}
# Built once: every call of a known caller asks them, and building costs as much as asking. Rows are found by their ids
# alone: asked with company and order, SQLite walks the company's whole index, seconds at a million appeals.
_SHOWN = (
    *(Appeal.id, Appeal.company_id, Appeal.number, Appeal.topic, Appeal.state, Appeal.received_at, Appeal.deadline),
    Appeal.branch,
)
_OPEN_BY = {
    same: select(*_SHOWN).where(Appeal.id.in_(ids.limit(MOST)), Appeal.state.in_(states.OPEN))
    for same, ids in _BY.items()
}


async def find(session: AsyncSession, intake: Intake) -> list[OpenAppeal]:
    """Open appeals on the same topic from the same premise, account, phone or e-mail, the oldest first.

    A neighbour's appeal about the same premise is a repeat too: the problem is with the premise. Reports
    to the trust line are never compared: nothing about the person is kept.
    """
    if shipped().kinds[intake.kind].anonymous == "kept-out":
        return []
    clues = {
        "premise": intake.premise_id,
        "account": intake.account_number,
        "phone": intake.phone_e164,
        "email": intake.email,
    }
    by_id: dict[str, OpenAppeal] = {}
    for same, value in clues.items():
        if value:
            for appeal in await _open(session, intake.company_id, same, value):
                by_id.setdefault(appeal.appeal_id, appeal)
    return sorted(
        (appeal for appeal in by_id.values() if appeal.topic == intake.topic), key=lambda appeal: appeal.number
    )[:OFFERED]


async def open_of_phone(session: Reads, company_id: str, phone: str) -> list[OpenAppeal]:
    """Open appeals left from this number (E.164), the oldest first: what a caller is told before the menu."""
    return (await _open(session, company_id, "phone", phone))[-OFFERED:]


async def _open(session: Reads, company_id: str, same: str, value: str) -> list[OpenAppeal]:
    """The open appeals of a company that have one thing in common, the oldest first."""
    found = await session.execute(_OPEN_BY[same], {"company_id": company_id, "value": value})
    rows = sorted((row for row in found if row.company_id == company_id), key=lambda row: str(row.number))
    return [
        OpenAppeal(row.id, row.number, row.topic, row.state, row.received_at, row.deadline, same, row.branch)
        for row in rows
    ]


async def add_contact(
    session: AsyncSession, company_id: str, number: str, contact: FurtherContact, at: datetime
) -> str:
    """Store a further contact and its event. Raises InvalidInput, NotFound, Conflict when the appeal is closed."""
    digits = numbering.read(number).digits
    query = (
        select(Appeal)
        .where(Appeal.company_id == company_id, or_(Appeal.number == digits, Appeal.receipt == digits))
        .with_for_update()
    )
    appeal = (await session.execute(query)).scalar_one_or_none()
    if appeal is None:
        raise NotFound(f"Обращения {number} в реестре нет.")
    if appeal.state not in states.OPEN:
        raise Conflict(
            f"Обращение {numbering.written(appeal.number)} {states.TITLES[appeal.state]}: "
            "зарегистрируйте новое со ссылкой на него."
        )
    anonymous = shipped().kinds[appeal.kind].anonymous == "kept-out"
    row = Contact(
        id=new_id(),
        appeal_id=appeal.id,
        at=at,
        channel=contact.channel,
        actor=contact.actor,
        call_id=None if anonymous else contact.call_id,
        recording_id=contact.recording_id,
        recording_offset_s=contact.recording_offset_s,
        phone=None if anonymous else contact.phone,
        text=contact.text,
    )
    session.add(row)
    body = {"contact_id": row.id, "at": history.moment(at), "channel": contact.channel}
    await history.append(session, appeal, at, contact.actor, Happening("contact_added", body))
    return row.id
