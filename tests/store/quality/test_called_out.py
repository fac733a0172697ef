"""Calls that agents make are judged like those that come in: found, drawn, claimed, disputed, counted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from appeals.intake.intake import accept
from appeals.personal_data import trust
from gridline.db import new_id
from gridline.errors import Conflict, NotFound
from gridline.scope import OutOfScope, Scope
from ivr.desk import deeds
from ivr.desk.models import AgentEvent, Deed, Left, QueueVisit
from ivr.journal.models import CallLeg, CallRecord, LegDevice, LegKind
from quality.cards.card import Grade
from quality.reviews import candidates, figures, seen
from quality.reviews.codes import CALLED_OUT, Risk
from quality.reviews.figures import JudgedBy, JudgedPeriod
from quality.reviews.models import Review, ReviewGrade
from recordings.models import Recording
from tests.console.calls import StoredCall
from tests.store.quality.conftest import ANNA, LEV, NOON, SKEK, Hall
from tests.store.quality.test_reviews import waiting
from worklist.codes import AttemptResult, ItemKind
from worklist.models import WorkAttempt
from worklist.worklist import Matter

OWN, OTHER = "o" * 32, "v" * 32


async def handed_over(hall: Hall, call: StoredCall, agent: str, *, after_s: int, talked_s: int) -> CallLeg:
    """Another agent talks on with whoever was called."""
    async with hall.db.write() as session:
        began = (await session.get_one(Recording, call.recording)).started_at + timedelta(seconds=after_s)
        leg = CallLeg(
            id=new_id(),
            call_id=call.call,
            kind=LegKind.TRANSFER,
            agent=agent,
            device=LegDevice.BROWSER,
            began_at=began,
            ended_at=began + timedelta(seconds=talked_s),
            holds=[],
        )
        session.add(leg)
    return leg


async def test_they_stand_among_the_others_by_the_same_risks(hall: Hall) -> None:
    incoming = await hall.talk(1, caller="+79130000001")
    plain = await hall.call_out(2, caller="+79130000002")
    long = await hall.call_out(3, caller="+79130000003", agent="102", seconds=601.0)
    danger = await hall.call_out(4, caller="+79130000004", agent="103")
    complained = await hall.call_out(5, caller="+79130000005", agent="104")
    for hours in (9, 8, 7):
        await hall.talk(hours, caller="+79130000006", outcome=None)
    again = await hall.call_out(6, caller="+79130000006", agent="105")
    await hall.call_out(2, agent="106", seconds=5.0)
    await hall.call_out(24 * 8, agent="107", seconds=601.0)
    for hours in (13, 12, 11):  # who is called again and again has not called
        await hall.call_out(hours, caller="+79130000008", agent="108")
    item = await hall.worklist.open(Matter(ItemKind.DANGER, "skek", "danger:1", phone="+79130000004"))
    tried = {"actor": "user:a", "result": AttemptResult.TALKED, "note": "", "call_id": danger.call}
    async with hall.db.write() as session:
        session.add(WorkAttempt(id=new_id(), item_id=item.id, at=NOON, **tried))
    told = {"company_id": "skek", "channel": "phone", "kind": "complaint", "topic": "service", "text": "Нагрубили"}
    told |= {"name": "Иванов", "disposition": "service-quality", "call_id": complained.call, "actor": "user:agent"}
    await hall.register.register(accept(told | {"phone": "+79130000005", "idempotency_key": "k"}))
    risky, drawn = await waiting(hall)
    assert [(one.call_id, one.agent, one.risks) for one in risky] == [
        (danger.call, "103", (Risk.DANGER,)),
        (complained.call, "104", (Risk.COMPLAINT,)),
        (again.call, "105", (Risk.REPEATED,)),
        (long.call, "102", (Risk.LONG,)),
    ]
    assert (risky[3].queue, risky[3].seconds, risky[3].is_called_out) == ("", 601.0, True)
    assert sorted(one.agent for one in drawn) == ["101", "102", "103", "104", "105", "108"]
    mine = next(one for one in drawn if one.agent == "101")
    assert mine.call_id == min(incoming.call, plain.call), "the lot does not ask who has called"


async def test_of_whoever_it_was_handed_over_to_each_is_judged_for_their_part(hall: Hall) -> None:
    call = await hall.call_out(2, seconds=90.0)
    second = await handed_over(hall, call, "102", after_s=40, talked_s=30)
    await handed_over(hall, call, "103", after_s=75, talked_s=5)  # too short for anybody to judge
    await handed_over(hall, call, "101", after_s=80, talked_s=10)  # the first again
    _, drawn = await waiting(hall)
    found = {one.agent: one for one in drawn}
    assert sorted(found) == ["101", "102"]
    assert (found["101"].seconds, found["102"].seconds, found["102"].talked_at) == (90.0, 30, second.began_at)
    with pytest.raises(NotFound):
        await hall.judging.reviews.claim(call.call, "103", "etiquette", ANNA, visible_to=SKEK)


async def test_who_said_a_word_and_talked_later_is_judged_for_the_talk(hall: Hall) -> None:
    call = await hall.call_out(2, seconds=400.0)
    await handed_over(hall, call, "102", after_s=20, talked_s=4)
    talk = await handed_over(hall, call, "102", after_s=40, talked_s=300)
    await handed_over(hall, call, "102", after_s=360, talked_s=20)
    await handed_over(hall, call, "101", after_s=385, talked_s=15)
    _, drawn = await waiting(hall)
    assert sorted((one.agent, one.seconds) for one in drawn) == [("101", 400.0), ("102", 300)]
    assert await hall.reviewed(call, agent="102")
    async with hall.db.read() as session:
        assert await session.scalar(select(Review.talked_at).where(Review.agent == "102")) == talk.began_at


async def test_who_comes_to_a_queue_from_such_a_call_is_met_there_once(hall: Hall) -> None:
    call = await hall.call_out(2, seconds=90.0)
    leg = await handed_over(hall, call, "102", after_s=40, talked_s=50)
    async with hall.db.write() as session:
        session.add(
            QueueVisit(
                id=new_id(),
                call_id=call.call,
                company_id="skek",
                queue="skek-hotline",
                priority=5,
                entered_at=leg.began_at - timedelta(seconds=9),
                left_at=leg.began_at,
                waited_s=9.0,
                outcome=Left.ANSWERED,
                agent="102",
                rang_s=3,
                missed=0,
            )
        )
    _, drawn = await waiting(hall)
    assert sorted((one.agent, one.queue) for one in drawn) == [("101", ""), ("102", "skek-hotline")]


async def test_it_is_its_agents_to_hear_and_to_dispute_and_nobody_judges_their_own(hall: Hall) -> None:
    call = await hall.call_out(2, user_id=OWN)
    later = {"agent": "101", "company_id": "skek"}
    async with hall.db.write() as session:  # the number is somebody else's by now
        session.add(AgentEvent(at=NOON, kind=Deed.SIGNED_ON, user_id=OTHER, **later))
    own = await hall.call_out(3, agent="102", user_id=ANNA.user_id)
    with pytest.raises(Conflict, match="ваш собственный"):
        await hall.judging.reviews.claim(own.call, "102", "etiquette", ANNA, visible_to=SKEK)
    id = await hall.reviewed(call, calm=Grade.MISSED)
    async with hall.db.read() as session:
        found = await seen.find_own(session, id, OWN)
        with pytest.raises(OutOfScope):
            await seen.find_own(session, id, OTHER)
        assert await deeds.holder(session, "skek", "101", NOON) == OTHER
    assert (found.review.agent, found.review.agent_id, found.review.queue) == ("101", OWN, "")
    assert found.review.reason is Risk.LOT
    await hall.judging.disputes.dispute(id, OWN, "Кричала не я")
    await hall.judging.disputes.decide(id, {"calm": Grade.MET}, "Так и есть", LEV, visible_to=SKEK)
    async with hall.db.read() as session:
        decided = await seen.find_own(session, id, OWN)
    assert (found.score.total, decided.review.total) == (85, 100)
    assert [one.call_id for one in (await waiting(hall))[1]] == [own.call]


async def test_a_call_without_a_shift_is_nobodys_to_hear(hall: Hall) -> None:
    """Olga has signed off, Igor calls from her number: neither is known to have talked."""
    call = await hall.call_out(2, user_id=OWN)
    olga = {"user_id": OWN, "agent": "101", "company_id": "skek"}
    async with hall.db.write() as session:
        leg = (await session.scalars(select(CallLeg).where(CallLeg.call_id == call.call))).one()
        session.add(AgentEvent(at=leg.began_at - timedelta(seconds=20), kind=Deed.SIGNED_OFF, **olga))
        # Her talk goes on, and so does what she does in it.
        session.add(AgentEvent(at=leg.began_at - timedelta(seconds=10), kind=Deed.RECORDING_RESUMED, **olga))
    id = await hall.reviewed(call)
    async with hall.db.read() as session:
        assert (await session.get_one(Review, id)).agent_id == ""
        with pytest.raises(OutOfScope):
            await seen.find_own(session, id, OWN)


async def test_what_only_a_caller_can_be_offered_is_not_asked_of_it(hall: Hall) -> None:
    came, called = await hall.talk(2, agent="102"), await hall.call_out(2)
    reviews, whole = hall.judging.reviews, hall.judging.cards.card("outage")
    for call, agent in ((came, "102"), (called, "101")):
        id = await reviews.claim(call.call, agent, "outage", ANNA, visible_to=SKEK)
        async with hall.db.read() as session:
            card = (await seen.find(session, id, visible_to=SKEK)).card
        asked = {point.code for point in card.points}
        assert (card.code, "called-back" in asked) == ("outage", agent == "102")
        assert {point.code for point in whole.points} - asked <= {"called-back"}
    assert card == whole.for_call_out
    assert card.version != whole.version


async def test_reports_count_it_and_it_is_seen_as_far_as_its_call(hall: Hall) -> None:
    called, came = await hall.call_out(2), await hall.talk(3)
    tomsk, told = await hall.call_out(4, branch="tomsk", agent="102"), await hall.call_out(5, agent="103")
    id = await hall.reviewed(called, calm=Grade.MISSED)
    await hall.reviewed(came)
    branch = Scope("skek", "omsk")
    with pytest.raises(OutOfScope):
        await hall.judging.reviews.claim(tomsk.call, "102", "etiquette", ANNA, visible_to=branch)
    async with hall.db.write() as session:
        await trust.shut(session, [told.call], NOON)
    assert {one.agent for one in (await waiting(hall))[1]} == {"102"}
    assert (await waiting(hall, branch))[1] == []
    period = JudgedPeriod(NOON.date(), NOON.date(), hall.companies.by_id("skek").zone)
    async with hall.db.read() as session:
        rows = {by: await figures.trend(session, "skek", period, by, visible_to=SKEK) for by in JudgedBy}
        listed = [
            await seen.finished(session, "skek", period.begins, period.ends, visible_to=SKEK, queue=queue, most=9)
            for queue in (CALLED_OUT, "skek-hotline", "")
        ]
        grades = list(await session.scalars(select(ReviewGrade).where(ReviewGrade.review_id == id)))
    assert {row.key: (row.reviews, row.mean) for row in rows[JudgedBy.QUEUE]} == {"": (1, 85), "skek-hotline": (1, 100)}
    assert [(row.key, row.reviews) for row in rows[JudgedBy.AGENT]] == [("101", 2)]
    assert [len(found) for found in listed] == [1, 1, 2]
    assert listed[0][0].id == id
    assert len(grades) == len(hall.card.for_call_out.points)


async def test_a_call_out_nobody_has_heard_the_end_of_waits_for_nothing(hall: Hall) -> None:
    """Its leg is written when it is over: until then there is no talk to judge."""
    call = await hall.call_out(0.01)
    async with hall.db.write() as session:
        for leg in await session.scalars(select(CallLeg).where(CallLeg.call_id == call.call)):
            await session.delete(leg)
        (await session.get_one(CallRecord, call.call)).ended_at = None
    async with hall.db.read() as session:
        assert await candidates.by_lot(session, "skek", hall.clock.now(), visible_to=SKEK, most=9) == []
