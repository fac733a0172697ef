"""An answer to be learnt by number: read out to who knows the telephone's last digits, and to no one who guesses."""

from __future__ import annotations

from datetime import timedelta

import pytest_asyncio
from sqlalchemy import select

from appeals.answers import read_out
from appeals.intake.intake import accept
from appeals.models import Answer, Appeal
from appeals.personal_data.guesses import LOCKED, TRIES
from appeals.register import Register
from gridline.clock import SetClock
from gridline.db import Database, new_id

TEXT = "Ваше обращение рассмотрено."
WITHIN = 5.0


@pytest_asyncio.fixture
async def number(db: Database, register: Register, clock: SetClock) -> str:
    """Of an appeal with such an answer; its telephone ends in 3401."""
    told = {"company_id": "skek", "channel": "phone", "kind": "appeal", "topic": "service", "text": "Долго ждал."}
    made = await register.register(accept(told | {"phone": "+79131203401"}))
    async with db.write() as session:
        appeal = (await session.scalars(select(Appeal).where(Appeal.number == made.number))).one()
        given = {"text": TEXT, "proof": "{}", "further_appeal": "", "on_call": False, "sent_at": clock.now()}
        session.add(Answer(id=new_id(), appeal_id=appeal.id, way=read_out.BY_NUMBER, **given))
    return made.number


async def test_the_right_digits_open_it_and_the_wrong_do_not(db: Database, clock: SetClock, number: str) -> None:
    async with db.read() as session:
        assert await read_out.may_be(session, "skek", number)
        assert not await read_out.may_be(session, "moesk", number)
    assert await read_out.text(db, "skek", number, "1043", clock.now(), within_s=WITHIN) is None
    assert await read_out.text(db, "skek", number, "3401", clock.now(), within_s=WITHIN) == TEXT


async def test_guesses_lock_it_for_an_hour_and_a_right_one_forgives(db: Database, clock: SetClock, number: str) -> None:
    async def keyed(digits: str) -> str | None:
        return await read_out.text(db, "skek", number, digits, clock.now(), within_s=WITHIN)

    for guess in range(TRIES - 1):
        assert await keyed(f"{guess:04}") is None
    assert await keyed("3401") == TEXT
    for guess in range(TRIES):
        assert await keyed(f"{guess:04}") is None
    assert await keyed("3401") is None
    clock.advance(LOCKED + timedelta(seconds=1))
    assert await keyed("3401") == TEXT
