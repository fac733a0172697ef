"""A survey is kept with the agent and queue that answered, once a call; a low one is a reason to hear the talk."""

from __future__ import annotations

from datetime import timedelta

from appeals.personal_data import trust
from gridline.scope import Scope
from ivr.figures import surveys
from ivr.figures.surveys import Surveyed, SurveyedBy
from quality.reviews import candidates
from quality.reviews.codes import Risk
from tests.store.quality.conftest import SKEK, Hall


async def test_what_callers_say_of_agents_queues_and_topics(hall: Hall) -> None:
    now = hall.clock.now()
    first, second = await hall.talk(1), await hall.talk(2, agent="102", queue="skek-office", caller="+79130000002")
    third, shut = await hall.talk(3, caller="+79130000003"), await hall.talk(4, caller="+79130000004")
    for call, branch, topic, score in (
        (first, "", "outages", 2),
        (first, "", "outages", 5),
        (second, "omsk", "metering", 5),
        (third, "", "outages", None),
        (shut, "", "outages", 1),
    ):
        await surveys.keep(hall.db, call.call, "skek", branch, topic, now, score)
    async with hall.db.write() as session:
        await trust.shut(session, [shut.call], now)
    period = (now - timedelta(hours=1), now + timedelta(hours=1))
    async with hall.db.read() as session:
        folded = {by: await surveys.means(session, "skek", *period, by, visible_to=SKEK) for by in SurveyedBy}
        tomsk = await surveys.means(session, "skek", *period, SurveyedBy.AGENT, visible_to=Scope("skek", "tomsk"))
        risky = await candidates.risky(session, "skek", now, visible_to=SKEK, most=9)
    assert folded[SurveyedBy.AGENT] == {"101": Surveyed(2, 1, 2.0), "102": Surveyed(1, 1, 5.0)}
    assert folded[SurveyedBy.QUEUE] == {"skek-hotline": Surveyed(2, 1, 2.0), "skek-office": Surveyed(1, 1, 5.0)}
    assert folded[SurveyedBy.TOPIC] == {"outages": Surveyed(2, 1, 2.0), "metering": Surveyed(1, 1, 5.0)}
    assert tomsk == {"101": Surveyed(2, 1, 2.0)}
    assert [(one.call_id, one.risks) for one in risky] == [(first.call, (Risk.LOW_SURVEY,))]
