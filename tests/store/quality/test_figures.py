"""Two judge one talk blind; what reviews come to by agent, queue and point; who is to be helped with what."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from gridline.errors import Conflict
from gridline.scope import Scope
from quality.cards.card import Grade
from quality.reviews import calibrations, figures, seen
from quality.reviews.agreement import agreement
from quality.reviews.figures import JudgedBy, JudgedPeriod
from quality.reviews.reviews import Reviewer
from tests.store.quality.conftest import ANNA, LEV, SKEK, Hall

NINA = Reviewer("user:nina", "n" * 32)
HEAD = "user:head"


async def drawn(hall: Hall, reviewer: str) -> list[str]:
    async with hall.db.read() as session:
        found = await calibrations.waiting(session, "skek", reviewer, hall.clock.now(), visible_to=SKEK, most=9)
    return [one.call_id for one in found]


async def test_two_judge_one_talk_and_know_nothing_of_each_other(hall: Hall) -> None:
    call = await hall.talk(user_id="o" * 32)
    ordinary = await hall.reviewed(call)
    ask = hall.judging.calibrations.ask
    id = await ask(call.call, "101", "etiquette", HEAD, visible_to=SKEK)
    with pytest.raises(Conflict):
        await ask(call.call, "101", "etiquette", HEAD, visible_to=SKEK)
    assert [await drawn(hall, one) for one in (ANNA.signature, HEAD, LEV.signature)] == [[], [], [call.call]]
    await hall.judging.reviews.claim(call.call, "101", "outage", LEV, visible_to=SKEK)
    assert await drawn(hall, LEV.signature) == []
    second = await hall.reviewed(call, NINA, listened=Grade.MISSED)
    assert await drawn(hall, "user:vera") == [], "both places are taken"
    with pytest.raises(Conflict):
        await hall.judging.reviews.claim(call.call, "101", "etiquette", Reviewer("user:vera", "v"), visible_to=SKEK)
    period = (hall.clock.now() - timedelta(days=1), hall.clock.now() + timedelta(days=1))
    async with hall.db.read() as session:
        (row,) = await calibrations.listed(session, "skek", *period, visible_to=SKEK)
        assert (row.calibration.id, row.finished, row.totals) == (id, 1, ())
        assert await calibrations.pairs(session, [row]) == {}
        assert await calibrations.is_open(session, call.call)
    first = await hall.reviewed(call, LEV)
    async with hall.db.read() as session:
        (row,) = await calibrations.listed(session, "skek", *period, visible_to=SKEK)
        pairs = await calibrations.pairs(session, [row])
        assert [one.id for one in await seen.own(session, "o" * 32, most=9)] == [ordinary], "the agent sees neither"
        assert not await calibrations.is_open(session, call.call)
        both = {(await seen.find(session, one, visible_to=SKEK)).review.calibration_id for one in (first, second)}
        assert both == {id}
        assert await calibrations.listed(session, "skek", *period, visible_to=Scope("skek", trust=True)) == []
    assert (row.finished, row.totals) == (2, (100, 85))
    assert agreement(pairs["etiquette", "listened"]).same == 0.0
    assert agreement(pairs["etiquette", "calm"]).same == 1.0


async def test_what_reviews_come_to_and_who_is_helped(hall: Hall) -> None:
    for hours in range(1, 4):
        await hall.reviewed(await hall.talk(hours), listened=Grade.MISSED)
        await hall.reviewed(await hall.talk(hours, agent="102", queue="skek-office"), agent="102")
    omsk = await hall.talk(4, agent="103", branch="omsk")
    await hall.reviewed(omsk, agent="103", silence=Grade.ABSENT)
    hall.clock.advance(timedelta(days=7))
    last = await hall.reviewed(await hall.talk(1), listened=Grade.PARTLY)
    period = JudgedPeriod(date(2026, 11, 20), date(2026, 12, 3), hall.companies.by_id("skek").zone)
    assert period.weeks == [date(2026, 11, 16), date(2026, 11, 23), date(2026, 11, 30)]
    async with hall.db.read() as session:
        agents = await figures.trend(session, "skek", period, JudgedBy.AGENT, visible_to=SKEK)
        queues = await figures.trend(session, "skek", period, JudgedBy.QUEUE, visible_to=SKEK)
        points = await figures.trend(session, "skek", period, JudgedBy.POINT, visible_to=SKEK)
        tomsk = await figures.trend(session, "skek", period, JudgedBy.AGENT, visible_to=Scope("skek", "tomsk"))
        weak = await figures.weak_points(session, "skek", period, visible_to=SKEK)
    assert [(one.key, one.reviews, one.weeks) for one in agents] == [
        ("101", 4, (None, 85.0, 93.0)),
        ("102", 3, (None, 100.0, None)),
        ("103", 1, (None, 100.0, None)),
    ]
    assert (agents[0].mean, agents[0].change, agents[1].change) == (87.0, 8.0, None)
    assert [(one.key, one.reviews) for one in queues] == [("skek-hotline", 5), ("skek-office", 3)]
    by_point = {one.key: one for one in points}
    assert points[0].key == "etiquette/listened"
    assert (by_point["etiquette/listened"].mean, by_point["etiquette/silence"].reviews) == (56.25, 7)
    assert [one.key for one in tomsk] == ["101", "102"]
    assert [(one.agent, one.point, one.reviews, one.mean, one.review_id) for one in weak] == [
        ("101", "listened", 4, 12.5, last)
    ]
