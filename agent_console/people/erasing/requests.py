"""Requests to erase: every query about them; whose they are: of their filer's company, branch and side of trust."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, case, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.people.erasing.models import ErasureRequest, RequestState
from appeals import numbering
from gridline.db import new_id
from gridline.errors import Conflict, InvalidInput, NotFound
from gridline.numbers import phones
from gridline.scope import OutOfScope, Scope

LONGEST_PERSON: Final = 200
LONGEST_PAPER: Final = 300
MOST: Final = 500
"""Calls and appeals that one request may name."""
LONGEST_EMAIL: Final = 254
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_CALL: Final = re.compile(r"[0-9a-f]{32}")
_NOT_THERE: Final = "Такого требования нет."


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asks, as it was written down."""

    person: str
    paper: str
    phone: str
    email: str
    calls: str
    """Ids, with anything between them."""
    appeals: str
    """Numbers, with spaces, commas or lines between them."""


def _seen(scope: Scope) -> ColumnElement[bool]:
    return and_(scope.where(ErasureRequest.company_id, ErasureRequest.branch), ErasureRequest.trust.is_(scope.trust))


async def of_company(session: AsyncSession, company_id: str, *, visible_to: Scope, most: int) -> list[ErasureRequest]:
    """Up to `most` requests to a company: those that wait first, the latest first."""
    waits = case((ErasureRequest.state == RequestState.FILED, 0), else_=1)
    query = select(ErasureRequest).where(ErasureRequest.company_id == company_id, _seen(visible_to))
    return list(await session.scalars(query.order_by(waits, ErasureRequest.filed_at.desc()).limit(most)))


async def find(session: AsyncSession, id: str, *, visible_to: Scope, lock: bool = False) -> ErasureRequest:
    """The request with this id. Raises NotFound, OutOfScope."""
    query = select(ErasureRequest, case((_seen(visible_to), 1), else_=0)).where(ErasureRequest.id == id)
    row = (await session.execute(query.with_for_update() if lock else query)).first()
    if row is None:
        raise NotFound(_NOT_THERE)
    if not row[1]:
        raise OutOfScope(_NOT_THERE)
    found: ErasureRequest = row[0]
    return found


def file(
    session: AsyncSession, company_id: str, asked: Asked, *, of: Scope, actor: str, at: datetime
) -> ErasureRequest:
    """Write a request down. Raises InvalidInput: without a person or a paper, naming nothing, or what is no number."""
    person, paper = " ".join(asked.person.split()), " ".join(asked.paper.split())
    if not person:
        raise InvalidInput("Укажите, кто требует удалить данные.")
    if not paper:
        raise InvalidInput("Укажите документ: номер и дату заявления, решения, определения.")
    if len(person) > LONGEST_PERSON or len(paper) > LONGEST_PAPER:
        raise InvalidInput(f"Слишком длинно: имя — до {LONGEST_PERSON} знаков, документ — до {LONGEST_PAPER}.")
    phone = phones.read_home(asked.phone).e164 if asked.phone.strip() else None
    email, calls, appeals = _email(asked.email), _calls(asked.calls), _appeals(asked.appeals)
    if phone is None and email is None and not calls and not appeals:
        raise InvalidInput("Укажите номер телефона, электронную почту, звонки или обращения, о которых идёт речь.")
    if len(calls) + len(appeals) > MOST:
        raise InvalidInput(f"В одном требовании — не больше {MOST} звонков и обращений.")
    row = ErasureRequest(
        id=new_id(),
        company_id=company_id,
        branch=of.branch,
        trust=of.trust,
        person=person,
        paper=paper,
        phone=phone,
        email=email,
        calls=calls,
        appeals=appeals,
        state=RequestState.FILED,
        filed_by=actor,
        filed_at=at,
        reason="",
        acts=[],
    )
    session.add(row)
    return row


def must_wait(row: ErasureRequest) -> None:
    """Raises Conflict for a request that has been decided."""
    if row.state is not RequestState.FILED:
        raise Conflict("По этому требованию решение уже принято.")


def refuse(row: ErasureRequest, *, reason: str, actor: str, at: datetime) -> None:
    """Nothing is erased. Raises InvalidInput without a reason, Conflict."""
    must_wait(row)
    reason = " ".join(reason.split())
    if not reason:
        raise InvalidInput("Укажите, почему отказано: об этом отвечают заявителю.")
    if len(reason) > LONGEST_PAPER:
        raise InvalidInput(f"Причина длиннее {LONGEST_PAPER} знаков: сократите её.")
    row.state, row.reason = RequestState.REFUSED, reason
    row.decided_by, row.decided_at = actor, at


async def forget_asker(session: AsyncSession, row: ErasureRequest) -> None:
    """Keep neither number nor address in a request that is carried out, nor in those about them that were refused.

    Who asked, by what paper, and what became of it stays: that is the proof that they were answered.
    """
    about = []
    if row.phone:
        about.append(ErasureRequest.phone == row.phone)
    if row.email:
        about.append(ErasureRequest.email == row.email)
    decided = (ErasureRequest.company_id == row.company_id, ErasureRequest.state != RequestState.FILED)
    if about:
        await session.execute(update(ErasureRequest).where(*decided, or_(*about)).values(phone=None, email=None))
    row.phone = row.email = None


def _email(text: str) -> str | None:
    email = text.strip().lower()
    if email and (len(email) > LONGEST_EMAIL or not _EMAIL.fullmatch(email)):
        raise InvalidInput("Электронная почта не разобрана. Пишите как ivanov@example.ru или оставьте пустым.")
    return email or None


def _calls(text: str) -> list[str]:
    told = [one for one in re.split(r"[\s,;]+", text.strip()) if one]
    found = []
    for one in told:
        id = one.rsplit("/", 1)[-1].partition("?")[0]  # the address of a call's page will do
        if not _CALL.fullmatch(id):
            raise InvalidInput(f"«{one[:40]}» — не номер звонка: он стоит на странице звонка, «Для разбора».")
        found.append(id)
    return sorted(set(found))


def _appeals(text: str) -> list[str]:
    told = [one for one in re.split(r"[\s,;]+", text.strip()) if one]
    return sorted({numbering.read(one).digits for one in told})
