"""Consents to be called: one a matter and number, found while they hold, gone for good when they are withdrawn."""

from __future__ import annotations

from datetime import UTC, datetime

from gridline.db import Database
from outreach import consents
from outreach.models import Consent, Purpose

NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
PHONE = "+79131203401"


def consent(outage: str, call: str = "1", phone: str = PHONE) -> Consent:
    return Consent(
        company_id="skek",
        phone=phone,
        purpose=Purpose.RESTORED,
        given_at=NOW,
        call_id=call * 32,
        recording_id=None,
        asked="Позвонить?",
        subject_id=outage,
        withdrawn_at=None,
        withdrawn_call_id=None,
    )


async def test_consents_on_two_outages_in_one_call_are_two_and_said_twice_they_are_one(db: Database) -> None:
    async with db.write() as session:
        for outage in ("a", "b", "a"):
            await consents.give(session, consent(outage))
            await session.flush()
    async with db.read() as session:
        for outage in ("a", "b"):
            assert len(await consents.of_subject(session, "skek", Purpose.RESTORED, outage)) == 1
        assert await consents.valid(session, "skek", PHONE, Purpose.RESTORED, subject_id="c") is None


async def test_a_withdrawn_consent_does_not_come_back_by_itself_and_may_be_given_anew(db: Database) -> None:
    async with db.write() as session:
        await consents.give(session, consent("a"))
        await session.flush()
        assert await consents.withdraw(session, "skek", PHONE, at=NOW, call_id="2" * 32) == 1
    async with db.write() as session:
        assert await consents.valid(session, "skek", PHONE, Purpose.RESTORED, subject_id="a") is None
        await consents.give(session, consent("a"))  # in the same call, having thought again
    async with db.read() as session:
        assert await consents.valid(session, "skek", PHONE, Purpose.RESTORED, subject_id="a") is not None
