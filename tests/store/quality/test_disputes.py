"""An agent agrees or does not, in time; a second person decides, and never the first."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from gridline.errors import Conflict, InvalidInput
from gridline.scope import OutOfScope
from quality.cards.card import Grade
from quality.reviews import seen
from quality.reviews.codes import AgentAnswer
from quality.reviews.reviews import Reviewer
from tests.store.quality.conftest import ANNA, LEV, SKEK, Hall
from worklist.codes import Ending, ItemKind
from worklist.models import WorkItem

OLGA = "o" * 32


async def item_of(hall: Hall, review: str) -> WorkItem | None:
    async with hall.db.read() as session:
        query = select(WorkItem).where(WorkItem.kind == ItemKind.DISPUTE, WorkItem.subject_id == review)
        found: WorkItem | None = await session.scalar(query)
        return found


async def test_a_dispute_is_decided_by_a_second_person(hall: Hall) -> None:
    disputes = hall.judging.disputes
    id = await hall.reviewed(await hall.talk(user_id=OLGA), listened=Grade.MISSED, plain=Grade.PARTLY)
    with pytest.raises(InvalidInput):
        await disputes.dispute(id, OLGA, "  ")
    await disputes.dispute(id, OLGA, "Я не перебивала")
    for again in (disputes.accept(id, OLGA), disputes.dispute(id, OLGA, "Ещё раз")):
        with pytest.raises(Conflict):
            await again
    item = await item_of(hall, id)
    assert item is not None
    assert (item.branch, item.due_at > item.made_at + timedelta(days=3), item.ended_at) == ("", True, None)
    grades = dict.fromkeys((point.code for point in hall.card.points), Grade.MET) | {"plain": Grade.PARTLY}
    for wrong in (ANNA, Reviewer("user:olga", OLGA)):
        with pytest.raises(Conflict):
            await disputes.decide(id, grades, "Права", wrong, visible_to=SKEK)
    with pytest.raises(InvalidInput):
        await disputes.decide(id, grades, "", LEV, visible_to=SKEK)
    done = await disputes.decide(id, grades, "Она слушала", LEV, visible_to=SKEK)
    assert (done.review.total, done.grades["listened"].decided, done.grades["plain"].decided) == (93, Grade.MET, None)
    with pytest.raises(Conflict):
        await disputes.decide(id, grades, "Ещё раз", LEV, visible_to=SKEK)
    item = await item_of(hall, id)
    assert item is not None
    assert (item.ending, item.ended_by) == (Ending.DECIDED, LEV.signature)
    async with hall.db.read() as session:
        found = await seen.find_own(session, id, OLGA)
    assert found.dispute is not None
    assert (found.dispute.first_total, found.dispute.note, found.score.total) == (78, "Она слушала", 93)


async def test_a_failing_point_that_is_lifted_needs_every_other_grade(hall: Hall) -> None:
    call = await hall.talk(user_id=OLGA)
    id = await hall.judging.reviews.claim(call.call, "101", "etiquette", ANNA, visible_to=SKEK)
    judged = hall.judged(rude=Grade.MISSED)
    rude = type(judged)({"rude": judged.grades["rude"]})
    await hall.judging.reviews.finish(id, rude, ANNA, visible_to=SKEK)
    await hall.judging.disputes.dispute(id, OLGA, "Связь оборвалась сама")
    with pytest.raises(InvalidInput, match="каждый пункт"):
        await hall.judging.disputes.decide(id, {"rude": Grade.MET}, "Обрыв", LEV, visible_to=SKEK)
    every = dict.fromkeys((point.code for point in hall.card.points), Grade.MET)
    done = await hall.judging.disputes.decide(id, every, "Обрыв", LEV, visible_to=SKEK)
    assert (done.review.total, done.review.failed_point) == (100, "")


async def test_the_answer_has_a_clock_and_is_the_agents_alone(hall: Hall) -> None:
    disputes = hall.judging.disputes
    first = await hall.reviewed(await hall.talk(1, user_id=OLGA))
    second = await hall.reviewed(await hall.talk(2, user_id=OLGA))
    with pytest.raises(OutOfScope):
        await disputes.accept(first, "s" * 32)
    await disputes.accept(first, OLGA)
    hall.clock.advance(timedelta(days=5, hours=11, minutes=59))  # Monday, a minute before midnight
    async with hall.db.read() as session:
        assert (await seen.find_own(session, first, OLGA)).review.answer is AgentAnswer.ACCEPTED
    hall.clock.advance(timedelta(minutes=1))
    with pytest.raises(Conflict, match="Срок ответа прошёл"):
        await disputes.dispute(second, OLGA, "Не согласна")
    assert await item_of(hall, second) is None
