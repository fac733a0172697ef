"""Repeats: a new contact on a matter that is still open belongs to the first appeal, whose clock goes on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import bindparam, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from appeals import history, numbering, states
from appeals.history import Happening
from appeals.intake import Intake
from appeals.models import Appeal, Contact, Content
from appeals.taxonomy import shipped
from gridline.db import new_id
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
    """What is the same: premise | account | phone | email."""


@dataclass(frozen=True, slots=True)
class FurtherContact:
    """The applicant came again on the same matter."""

    channel: str
    actor: str
    phone: str | None = None
    text: str | None = None
    call_id: str | None = None
    recording_id: str | None = None
    recording_offset_s: int | None = None


async def find(session: AsyncSession, intake: Intake) -> list[OpenAppeal]:
    """Open appeals on the same topic from the same premise, account, phone or e-mail, the oldest first.

    A neighbour's appeal about the same premise is a repeat too: what is wrong is the premise. Reports
    of the trust line are never compared: nothing of the person is kept.
    """
    if shipped().kinds[intake.kind].anonymous == "kept-out":
        return []
    same = {
        "premise": (Appeal.premise_id, intake.premise_id),
        "account": (Appeal.account_number, intake.account_number),
        "phone": (Content.phone, intake.phone_e164),
        "email": (Content.email, intake.email),
    }
    clues = {name: (column, value) for name, (column, value) in same.items() if value}
    found: dict[str, OpenAppeal] = {}
    for name, (column, value) in clues.items():  # one query a clue: each has its own index, an OR has none
        query = (
            select(Appeal)
            .join(Content, Content.appeal_id == Appeal.id)
            .where(Appeal.company_id == intake.company_id, column == value)
            .where(Appeal.topic == intake.topic, Appeal.state.in_(states.OPEN))
            .order_by(Appeal.number)
            .limit(OFFERED)
        )
        for appeal in (await session.execute(query)).scalars():
            one = OpenAppeal(
                appeal.id, appeal.number, appeal.topic, appeal.state, appeal.received_at, appeal.deadline, name
            )
            found.setdefault(appeal.id, one)
    return sorted(found.values(), key=lambda one: one.number)[:OFFERED]


_OPEN_OF_PHONE = (  # built once: every call of a known caller asks it, and building costs as much as asking
    select(Appeal)
    .join(Content, Content.appeal_id == Appeal.id)
    .where(
        Appeal.company_id == bindparam("company_id"),
        Content.phone == bindparam("phone"),
        Appeal.state.in_(states.OPEN),
    )
    .order_by(Appeal.number.desc())
    .limit(OFFERED)
)


async def open_of_phone(session: AsyncSession, company_id: str, phone: str) -> list[OpenAppeal]:
    """Open appeals left from this number (E.164), the oldest first: what a caller hears of before the menu."""
    found = list(await session.scalars(_OPEN_OF_PHONE, {"company_id": company_id, "phone": phone}))
    return [OpenAppeal(a.id, a.number, a.topic, a.state, a.received_at, a.deadline, "phone") for a in reversed(found)]


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
        id=new_id(), appeal_id=appeal.id, at=at, channel=contact.channel, actor=contact.actor,
        call_id=None if anonymous else contact.call_id, recording_id=contact.recording_id,
        recording_offset_s=contact.recording_offset_s, phone=None if anonymous else contact.phone, text=contact.text,
    )  # fmt: skip
    session.add(row)
    body = {"contact_id": row.id, "at": history.moment(at), "channel": contact.channel}
    await history.append(session, appeal, at, contact.actor, Happening("contact_added", body))
    return row.id
