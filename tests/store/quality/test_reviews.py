"""Talks are chosen, claimed, judged by the card they began with; nobody sees what is not theirs."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from appeals.intake.intake import accept
from appeals.personal_data import trust
from gridline.db import new_id
from gridline.errors import Conflict, InvalidInput, NotFound
from gridline.scope import OutOfScope, Scope
from ivr.desk.models import AgentEvent, Deed
from ivr.journal.models import CallRecord
from quality.cards.card import Grade
from quality.cards.scorecards import Scorecards
from quality.reviews import candidates, seen, shutting
from quality.reviews.candidates import ReviewCandidate
from quality.reviews.codes import Risk
from quality.reviews.models import Review, ReviewDispute, ReviewGrade
from quality.reviews.reviews import GivenGrade, Judged, Reviews
from recordings.models import Recording, RecordingKind, RecordingState
from tests.console.calls import StoredCall
from tests.store.quality.conftest import ANNA, LEV, NOON, SKEK, Hall
from worklist.codes import Ending
from worklist.models import WorkItem


async def waiting(hall: Hall, scope: Scope = SKEK) -> tuple[list[ReviewCandidate], list[ReviewCandidate]]:
    async with hall.db.read() as session:
        now = hall.clock.now()
        risky = await candidates.risky(session, "skek", now, visible_to=scope, most=20)
        return risky, await candidates.by_lot(session, "skek", now, visible_to=scope, most=20)


async def test_the_riskiest_come_first_and_everybody_is_drawn(hall: Hall) -> None:
    plain = await hall.talk(3, caller="+79130000001")
    danger = await hall.talk(2, priority=10, caller="+79130000002", agent="102")
    long = await hall.talk(4, seconds=601.0, caller="+79130000003", agent="102")
    for hours in (9, 8, 7):
        again = await hall.talk(hours, caller="+79130000004", agent="103")
    await hall.talk(2, outcome=None)
    await hall.talk(2, seconds=5.0, agent="104")
    await hall.talk(24 * 8, priority=10, agent="105")
    risky, drawn = await waiting(hall)
    assert [(one.call_id, one.risks) for one in risky] == [
        (danger.call, (Risk.DANGER,)),
        (again.call, (Risk.REPEATED,)),
        (long.call, (Risk.LONG,)),
    ]
    assert sorted(one.agent for one in drawn) == ["101", "102", "103"]
    assert (risky[2].seconds, risky[2].queue) == (601.0, "skek-hotline")
    await hall.reviewed(plain)
    await hall.talk(1, caller="+79130000009")
    _, drawn = await waiting(hall)
    assert drawn[-1].agent == "101", "whoever was judged least comes first"


async def test_every_agent_of_a_call_that_was_handed_over_is_judged_for_their_own_part(hall: Hall) -> None:
    first = await hall.talk(2, seconds=30.0, user_id="o" * 32, priority=10)
    begun = await handed_over(hall, first, "102", "v" * 32, after_s=31, talked_s=45)
    await handed_over(hall, first, "103", "z" * 32, after_s=80, talked_s=5)  # too short for anybody to judge
    await hall.talk(3, agent="102")
    risky, drawn = await waiting(hall)
    found = {one.agent: one for one in risky if one.call_id == first.call}
    assert sorted(found) == ["101", "102"]
    assert (found["102"].talked_at, found["102"].seconds, found["102"].queue) == (begun, 55, "skek-hotline")
    assert found["102"].risks == (Risk.DANGER,)
    assert sorted(one.agent for one in drawn) == ["101", "102"]
    id = await hall.reviewed(first, agent="102")
    async with hall.db.read() as session:
        review = (await seen.find(session, id, visible_to=SKEK)).review
        assert await seen.find_own(session, id, "v" * 32)
    assert (review.agent, review.agent_id, review.talked_at) == ("102", "v" * 32, begun)
    risky, _ = await waiting(hall)
    assert [one.agent for one in risky if one.call_id == first.call] == ["101"]
    with pytest.raises(NotFound):
        await hall.judging.reviews.claim(first.call, "103", "etiquette", ANNA, visible_to=SKEK)


async def handed_over(
    hall: Hall, call: StoredCall, agent: str, user_id: str, *, after_s: int, talked_s: int
) -> datetime:
    """Another agent talks on, so long after the call was answered; a long talk had been asked for, for ten seconds.

    When their own recording begins.
    """
    async with hall.db.write() as session:
        record = await session.get_one(CallRecord, call.call)
        recording = await session.get_one(Recording, call.recording)
        begun = recording.started_at + timedelta(seconds=after_s)
        record.ended_at = ended = begun + timedelta(seconds=talked_s)
        part = Recording(
            id=new_id(),
            call_id=call.call,
            kind=RecordingKind.TALK,
            state=RecordingState.STORED,
            started_at=begun,
            ended_at=ended,
            file=f"{agent}.wav",
            seconds=float(talked_s),
            channels=2,
        )
        deed = AgentEvent(
            at=ended,
            agent=agent,
            user_id=user_id,
            company_id="skek",
            kind=Deed.COMPLETED,
            queue="",
            linkedid=record.linkedid,
            seconds=talked_s + 10 if talked_s > 10 else talked_s,
            detail="",
        )
        session.add_all([part, deed])
    return begun


async def test_judging_ends_where_a_call_becomes_the_trust_lines(hall: Hall) -> None:
    judged, in_hands, other = await hall.talk(2, user_id="g" * 32), await hall.talk(3), await hall.talk(4, agent="102")
    id = await hall.reviewed(judged, calm=Grade.MISSED)
    reviews, scope = hall.judging.reviews, SKEK
    held = await reviews.claim(in_hands.call, "101", "etiquette", LEV, visible_to=scope)
    await reviews.grade(held, hall.judged("Звонила Петрова"), LEV, visible_to=scope)
    others = await hall.reviewed(other, agent="102")
    await hall.judging.disputes.dispute(id, "g" * 32, "Петрова сама кричала")
    async with hall.db.write() as session:
        calls = [judged.call, in_hands.call]
        await trust.shut(session, calls, NOON)
        told = await shutting.forget_callers(session, calls, NOON)
        assert await shutting.forget_callers(session, calls, NOON) == []
    async with hall.db.read() as session:
        assert {one.id for one in await session.scalars(select(Review))} == {id, others}
        assert {one.review_id for one in await session.scalars(select(ReviewGrade))} == {id, others}
        review, dispute = await session.get_one(Review, id), (await session.scalars(select(ReviewDispute))).one()
        item = await session.get_one(WorkItem, dispute.item_id)
    assert [one.item_id for one in told] == [item.id]
    assert (item.ending, item.ended_at, item.ended_by) == (Ending.SHUT, NOON, "system")
    assert (review.comment, dispute.text, dispute.decided_at, dispute.decided_by) == ("", "", NOON, "system")
    with pytest.raises(NotFound):
        await reviews.finish(held, hall.judged(), LEV, visible_to=scope)
    with pytest.raises(OutOfScope):
        await hall.judging.disputes.decide(id, {}, "Права", LEV, visible_to=scope)


async def test_a_complaint_made_in_the_call_is_a_risk(hall: Hall) -> None:
    call = await hall.talk()
    told = {"company_id": "skek", "channel": "phone", "kind": "complaint", "topic": "service", "text": "Нагрубили"}
    told |= {"name": "Иванов Иван", "phone": "+79130000001", "disposition": "service-quality", "call_id": call.call}
    await hall.register.register(accept(told | {"idempotency_key": "k", "actor": "user:agent"}))
    risky, _ = await waiting(hall)
    assert [one.risks for one in risky] == [(Risk.COMPLAINT,)]


async def test_one_talk_has_one_reviewer_until_their_hour_is_over(hall: Hall) -> None:
    call, reviews = await hall.talk(), hall.judging.reviews
    claims = (reviews.claim(call.call, "101", "etiquette", by, visible_to=SKEK) for by in (ANNA, LEV))
    told = await asyncio.gather(*claims, return_exceptions=True)
    assert [type(one) for one in told if not isinstance(one, str)] == [Conflict]
    first, second = (ANNA, LEV) if isinstance(told[0], str) else (LEV, ANNA)
    assert await waiting(hall) == ([], [])
    id = await reviews.claim(call.call, "101", "outage", first, visible_to=SKEK)
    assert id in told, "theirs already, with the card it began with"
    hall.clock.advance(timedelta(minutes=59))
    await reviews.grade(id, Judged({"calm": GivenGrade(Grade.MET)}), first, visible_to=SKEK)
    hall.clock.advance(timedelta(minutes=59))
    with pytest.raises(Conflict):
        await reviews.claim(call.call, "101", "etiquette", second, visible_to=SKEK)
    hall.clock.advance(timedelta(minutes=2))
    taken = await reviews.claim(call.call, "101", "etiquette", second, visible_to=SKEK)
    with pytest.raises(NotFound):
        await reviews.finish(id, hall.judged(), first, visible_to=SKEK)
    with pytest.raises(Conflict):
        await reviews.grade(taken, hall.judged(), first, visible_to=SKEK)
    await reviews.give_back(taken, second, visible_to=SKEK)
    assert [one.call_id for one in (await waiting(hall))[1]] == [call.call]


async def test_a_review_keeps_the_card_it_began_with(hall: Hall) -> None:
    call = await hall.talk(user_id="g" * 32)
    id = await hall.judging.reviews.claim(call.call, "101", "etiquette", ANNA, visible_to=SKEK)
    points = tuple(one.model_copy(update={"text": "Иначе"}) for one in hall.card.points[:2])
    changed = Scorecards({"etiquette": hall.card.model_copy(update={"points": points})})
    later = Reviews(hall.db, hall.clock, hall.companies, hall.calendar, changed)
    done = await later.finish(id, hall.judged("Хорошо", listened=Grade.PARTLY), ANNA, visible_to=SKEK)
    assert (done.card, done.review.total, done.review.failed_point) == (hall.card, 93, "")
    async with hall.db.read() as session:
        found = await seen.find_own(session, id, "g" * 32)
    assert (found.card, found.score.total, found.review.comment) == (hall.card, 93, "Хорошо")
    # The third working day after a Wednesday is a Monday; it ends at midnight in Novokuznetsk.
    assert found.review.answer_by == datetime(2026, 11, 30, 16, 59, 59, 999_999, tzinfo=UTC)


async def test_a_failing_point_ends_it_at_nought_and_nothing_may_be_left_out(hall: Hall) -> None:
    call, reviews = await hall.talk(), hall.judging.reviews
    id = await reviews.claim(call.call, "101", "etiquette", ANNA, visible_to=SKEK)
    with pytest.raises(InvalidInput, match="Осталось отметить: Поздоровался"):
        await reviews.finish(id, Judged({"calm": GivenGrade(Grade.MET)}), ANNA, visible_to=SKEK)
    for wrong in ({"nobody": GivenGrade(Grade.MET)}, {"rude": GivenGrade(Grade.PARTLY)}):
        with pytest.raises(InvalidInput, match="Такой отметки"):
            await reviews.grade(id, Judged(wrong), ANNA, visible_to=SKEK)
    rude = Judged({"rude": GivenGrade(Grade.MISSED, 3.5, call.recording, "Бросил трубку")})
    done = await reviews.finish(id, rude, ANNA, visible_to=SKEK)
    assert (done.review.total, done.review.failed_point) == (0, "rude")
    with pytest.raises(Conflict):
        await reviews.grade(id, rude, ANNA, visible_to=SKEK)
    async with hall.db.read() as session:
        row = (await seen.find(session, id, visible_to=SKEK)).grades["rude"]
    assert (row.second, row.recording_id, row.note) == (3.5, call.recording, "Бросил трубку")


async def test_nobody_judges_what_is_not_theirs(hall: Hall) -> None:
    own = await hall.talk(user_id=ANNA.user_id)
    tomsk = await hall.talk(2, branch="tomsk", agent="102")
    told = await hall.talk(3, agent="103")
    claim = hall.judging.reviews.claim
    with pytest.raises(Conflict, match="ваш собственный"):
        await claim(own.call, "101", "etiquette", ANNA, visible_to=SKEK)
    branch = Scope("skek", "omsk")
    with pytest.raises(OutOfScope):
        await claim(tomsk.call, "102", "etiquette", ANNA, visible_to=branch)
    assert {one.agent for one in (await waiting(hall, branch))[1]} == {"101", "103"}
    id = await hall.reviewed(told, agent="103")
    async with hall.db.write() as session:
        await trust.shut(session, [told.call, own.call], NOON)
    assert {one.agent for one in (await waiting(hall))[1]} == {"102"}
    async with hall.db.read() as session:
        with pytest.raises(OutOfScope):
            await seen.find(session, id, visible_to=SKEK)
        with pytest.raises(OutOfScope):
            await seen.find_own(session, id, "u")
        assert await seen.own(session, "u", most=9) == []
    with pytest.raises(OutOfScope):
        await claim(own.call, "101", "etiquette", LEV, visible_to=SKEK)
