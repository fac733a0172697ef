"""A message that may have left or not: the page of its appeal says so, and whoever may write there sends it again."""

from __future__ import annotations

from sqlalchemy import select

from agent_console.people.models import AuditAction, AuditEntry, Role
from appeals.intake.intake import accept
from gridline.db import new_id
from outreach import consents
from outreach.models import Consent, MessageOut, MessageState, Purpose
from tests.console.conftest import COMPANY, OTHER_COMPANY, ClientOf, ConsoleApp

UNKNOWN = "неизвестно, отправлено ли"


async def unsure(made: ConsoleApp, company: str) -> tuple[str, str]:
    """An appeal and its message (ids), which was in hand when its process died."""
    told = {"company_id": company, "channel": "phone", "topic": "service", "phone": "+79135557788", "text": "Долго"}
    appeal = (await made.console.register.register(accept(told))).appeal_id
    async with made.console.db.write() as session:
        given = Consent(
            id=new_id(),
            company_id=company,
            phone="+79135557788",
            purpose=Purpose.APPEAL,
            given_at=made.console.clock.now(),
            call_id=new_id(),
            asked="Прислать?",
            subject_id=appeal,
        )
        consent = await consents.give(session, given)
        await session.flush()
        message = await made.console.messages.queue(
            session, company, given.phone, "Номер", Purpose.APPEAL, new_id(), consent.id, subject_id=appeal
        )
        message.state = MessageState.UNKNOWN
    return appeal, message.id


async def test_a_person_decides_whether_it_goes_again(console_app: ConsoleApp, client_of: ClientOf) -> None:
    appeal, message = await unsure(console_app, COMPANY)
    foreign, theirs = await unsure(console_app, OTHER_COMPANY)
    clerk = await client_of(Role.CLERK)
    page = await (await clerk.get(f"/appeals/{appeal}")).text()
    assert (UNKNOWN in page, "Отправить ещё раз" in page) == (True, True)
    assert (await clerk.post(f"/appeals/{appeal}/messages/{theirs}/again")).status == 404
    assert (await clerk.post(f"/appeals/{foreign}/messages/{theirs}/again")).status == 404
    assert (await clerk.post(f"/appeals/{appeal}/messages/{message}/again")).status == 303
    page = await (await clerk.get(f"/appeals/{appeal}")).text()
    assert (UNKNOWN in page, "ждёт отправки" in page) == (False, True)
    assert (await clerk.post(f"/appeals/{appeal}/messages/{message}/again")).status == 409
    async with console_app.console.db.read() as session:
        noted = select(AuditEntry.detail).where(AuditEntry.action == AuditAction.MESSAGE_SENT_AGAIN)
        assert list(await session.scalars(noted)) == [message]
        assert (await session.get_one(MessageOut, theirs)).state is MessageState.UNKNOWN
    reader = await client_of(Role.QA)
    assert (await reader.post(f"/appeals/{appeal}/messages/{message}/again")).status == 403
