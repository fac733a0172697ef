"""Requests that end with the deed they asked for: carried out in person, or not wanted any more before that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from appeals import history
from appeals.answers.read_out import BY_NUMBER
from appeals.casework import lifecycle
from appeals.casework.case import Case, facts
from appeals.codes import AppealKind, AppealState
from appeals.intake import entry
from appeals.models import Answer, Appeal, Content
from gridline.companies import Company
from gridline.db import new_id
from gridline.errors import Conflict

_ANSWERED: Final = {"answer_sent": True, "answer_is_proved": True, "answer_names_further_appeal": True}


@dataclass(frozen=True, slots=True)
class RequestEnd:
    """What ends a request: what was done, or that nobody wants it; who says so and when."""

    company: Company
    appeal_id: str
    text: str
    actor: str
    at: datetime


async def carried_out(session: AsyncSession, deed: RequestEnd, *, done_at: datetime, proof: Mapping[str, Any]) -> None:
    """Answer the request with what was done and close it, in the transaction of whoever marks the deed.

    Nothing is sent: the applicant was there, and hears the text again by the number. What is no open request, or waits
    for a department, is left to people.
    """
    case = await _request(session, deed)
    if case is None:
        return
    appeal = case.appeal
    new = appeal.state is AppealState.REGISTERED
    known = {**_ANSWERED, "owner": appeal.owner or deed.actor}
    if not await _may(case, ("taken", "answered", "closed") if new else ("answered", "closed"), known):
        return
    if appeal.owner is None:
        appeal.owner = deed.actor
        case.note("assigned", unit=appeal.unit, owner=deed.actor)
    if new:
        case.note("taken")
    answer = Answer(
        id=new_id(),
        appeal_id=appeal.id,
        text=deed.text,
        way=BY_NUMBER,
        sent_at=done_at,
        proof=history.canonical(proof),
        further_appeal=entry.further_appeal(deed.company),
        on_call=False,
    )
    await case.answered(answer, deed.text)
    appeal.closed_at = deed.at
    case.note("closed")
    await _end(case, AppealState.CLOSED)


async def not_wanted(session: AsyncSession, deed: RequestEnd) -> None:
    """Note that the applicant withdrew the request; `deed.text` says how we know."""
    case = await _request(session, deed)
    if case is None or not await _may(case, ("withdrawn",), {}):
        return
    await case.end()
    case.content.findings = deed.text
    case.note("withdrawn", digest=case.digest(deed.text))
    await _end(case, AppealState.WITHDRAWN)


async def _request(session: AsyncSession, deed: RequestEnd) -> Case | None:
    appeal = await session.get(Appeal, deed.appeal_id, with_for_update=True)
    content = await session.get(Content, deed.appeal_id)
    if appeal is None or content is None or appeal.kind is not AppealKind.REQUEST:
        return None
    return Case(session, appeal, content, deed.company, deed.at, deed.actor, [])


async def _may(case: Case, steps: Sequence[str], known: Mapping[str, Any]) -> bool:
    """Whether the lifecycle allows these steps, one after the other."""
    reached = await facts(case.session, case.appeal, case.content, known)
    try:
        for step in steps:
            reached = replace(reached, state=lifecycle.make(step, reached))
    except Conflict:
        return False
    return True


async def _end(case: Case, state: AppealState) -> None:
    case.appeal.state = state
    case.appeal.version += 1
    await history.append(case.session, case.appeal, case.at, case.actor, *case.happenings)
