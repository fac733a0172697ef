"""The robot's survey over a real trunk: answered to its end, hung up half-way, and no number called a second time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial

import pytest
import pytest_asyncio
from sqlalchemy import select

from agent_console.worklist.surveyed import low_marks
from asterisk_conf.packages import PackageRoot
from carrier.phone import Phone
from carrier.stories.installation import Installation
from grid.offices.models import Appointment, VisitState
from grid.reference.surveys import Surveys
from gridline.clock import SystemClock
from gridline.db import new_id
from gridline.scope import Scope
from gridline.settings import HOUSE
from ivr.actions.reference import survey_words
from ivr.voice import spoken
from ivr.voice.prompts import Phrase, Prompt
from outreach import consents
from outreach.campaigns.models import CallState, CampaignCall, CampaignState, Said
from outreach.models import Consent, Purpose
from outreach.surveys import asking, figures
from outreach.surveys.asking import VisitDays
from outreach.surveys.figures import SurveyFigures
from tests.faults.conftest import made
from tests.faults.injury import until_known
from worklist.codes import ItemKind
from worklist.models import WorkItem

pytestmark = pytest.mark.asyncio(loop_scope="session")

DAY_AND_NIGHT = "quiet:\n  - purpose: survey\n    standing: default\n"
WHOLE, HALF, CROSS = "+79131209301", "+79131209302", "+79131209303"
SURVEY = Surveys.load(HOUSE / "dialplan" / "surveys", ["moesk"]).find("moesk", "office")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def asking_house(packages: PackageRoot, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Installation]:
    """An installation that may ask at any hour."""
    house = made(tmp_path_factory.mktemp("asking"), packages, {})
    (house.settings.dialplan / "quiet.yaml").write_text(DAY_AND_NIGHT, "utf-8")
    try:
        await house.start()
        for part in survey_words.parts(SURVEY):  # as the controller makes them before any call
            await house.voice.render(part, "moesk")
        yield house
    finally:
        await house.stop()


async def begun(house: Installation, phone: str) -> str:
    """A survey of one visitor, who agreed to it when they booked; its id."""
    company, now, number = house.companies.by_id("moesk"), SystemClock().now(), new_id()[:7]
    at = now - timedelta(hours=1)
    async with house.db.write() as session:
        session.add(
            Appointment(
                company_id="moesk",
                branch="",
                office_id="podolsk",
                number=number,
                topic="service",
                starts_at=at,
                minutes=20,
                window_no=int(phone[-3:]),
                state=VisitState.SERVED,
                phone=phone,
                name="",
                booked_at=at,
                booked_by="ivr",
                call_id=new_id(),
                served_at=at,
            )
        )
        consent = Consent(
            company_id="moesk",
            phone=phone,
            purpose=Purpose.SURVEY,
            given_at=at,
            call_id=new_id(),
            asked="Может робот позвонить вам после приёма?",
            subject_id=number,
        )
        await consents.give(session, consent)
        today = now.astimezone(company.zone).date()
        days = VisitDays(today - timedelta(days=1), today)
        return (await asking.start(session, company, SURVEY, days, now, actor="user:m", visible_to=Scope())).id


async def hears(house: Installation, phone: Phone, key: str) -> None:
    """A person answers, hears who calls and why, and presses `key` on each question that it answers."""
    phone.answers(after_s=0.3)
    leg = await phone.answered(30)
    said: list[Phrase] = ["out-robot", survey_words.opening(SURVEY)]
    for phrase in said:
        await leg.hears(await house.voice.render([phrase], "moesk"), 30)
    for question, pressed in zip(SURVEY.questions, key, strict=False):
        await leg.hears(await house.voice.render([survey_words.asked(question)], "moesk"), 30)
        await leg.press(pressed)
    if len(key) < len(SURVEY.questions):
        await leg.hears(await house.voice.render([survey_words.asked(SURVEY.questions[len(key)])], "moesk"), 30)
        await leg.hang_up()
        return
    await leg.hears(await house.voice.render([survey_words.thanks(SURVEY)], "moesk"), 20)
    await leg.waits_for_hangup(20)


async def over(house: Installation, id: str) -> SurveyFigures:
    """What the survey came to, once everybody in it was called."""

    async def done() -> SurveyFigures | None:
        async with house.db.read() as session:
            found = await figures.find(session, id, visible_to=Scope())
        return found if found.campaign.state is CampaignState.DONE else None

    return await until_known(done, "the end of the survey", 30)


async def said_by(house: Installation, phone: str) -> CampaignCall:
    async with house.db.read() as session:
        return (await session.scalars(select(CampaignCall).where(CampaignCall.phone == phone))).one()


async def test_a_visitor_answers_every_question_by_a_key(asking_house: Installation) -> None:
    house, phone = asking_house, asking_house.carrier.subscriber(WHOLE)
    id = await begun(house, WHOLE)
    await hears(house, phone, "1254")
    told = await over(house, id)
    assert (told.complete, told.incomplete) == (1, 0)
    assert [one.keys for one in told.questions] == [{"1": 1}, {"2": 1}, {"5": 1}, {"4": 1}]
    call = await said_by(house, WHOLE)
    assert (call.said, call.attempts) == (Said.ASKED, 1)


async def test_a_survey_hung_up_half_way_keeps_its_answers_and_is_not_begun_again(asking_house: Installation) -> None:
    house, phone = asking_house, asking_house.carrier.subscriber(HALF)
    id = await begun(house, HALF)
    await hears(house, phone, "32")
    told = await over(house, id)
    assert (told.complete, told.incomplete, told.unreached) == (0, 1, 0)
    assert [one.answers for one in told.questions] == [1, 1, 0, 0]
    call = await said_by(house, HALF)
    assert (call.state, call.said, call.attempts) == (CallState.DONE, Said.PART, 1)


async def test_whoever_gives_a_low_mark_is_promised_a_call_that_somebody_sees(asking_house: Installation) -> None:
    house, phone = asking_house, asking_house.carrier.subscriber(CROSS)
    await begun(house, CROSS)
    phone.answers(after_s=0.3)
    leg = await phone.answered(30)
    for phrase in ("out-robot", survey_words.opening(SURVEY)):
        await leg.hears(await house.voice.render([phrase], "moesk"), 30)
    for question, pressed in zip(SURVEY.questions, "3314", strict=True):
        await leg.hears(await house.voice.render([survey_words.asked(question)], "moesk"), 30)
        await leg.press(pressed)
    await leg.hears(await house.voice.render(["out-survey-low"], "moesk"), 20)
    await leg.press("1")
    item = await until_known(partial(_owed, house, CROSS), "the call that is owed", 20)
    company = house.companies.by_id("moesk")
    until = spoken.until_moment(item.due_at, SystemClock().now(), company.zone)
    await leg.hears(await house.voice.render([Prompt("callback-promised", until=until)], "moesk"), 20)
    await leg.hears(await house.voice.render([survey_words.thanks(SURVEY)], "moesk"), 20)
    await leg.waits_for_hangup(20)
    async with house.db.read() as session:
        assert await low_marks(session, item) == [(SURVEY.questions[2].text, "1")]


async def _owed(house: Installation, phone: str) -> WorkItem | None:
    async with house.db.read() as session:
        query = select(WorkItem).where(WorkItem.phone == phone, WorkItem.kind == ItemKind.CALLBACK)
        return await session.scalar(query)
