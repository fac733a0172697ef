"""Surveys: who may be asked about a visit, nobody twice, what is answered half-way stays, and what it comes to."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from grid.offices.models import Appointment, VisitState
from grid.reference.surveys import Surveys
from gridline.companies import Companies, Company
from gridline.db import Database, new_id
from gridline.errors import InvalidInput, NotFound
from gridline.scope import OutOfScope, Scope
from gridline.settings import HOUSE
from outreach import campaigns, consents
from outreach.campaigns import Claimed
from outreach.campaigns.models import CampaignCall, CampaignState, Said
from outreach.models import Consent, Purpose
from outreach.surveys import answers, asking, figures
from outreach.surveys.asking import VisitDays
from outreach.surveys.figures import SurveyFigures
from worklist.codes import AttemptResult

NOW = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
DAY = date(2026, 11, 26)
DAYS = VisitDays(DAY, DAY)
ALL = Scope()
FIRST, SECOND, THIRD = "+74951203401", "+74951203402", "+74951203403"
SURVEY = Surveys.load(HOUSE / "dialplan" / "surveys", ["moesk"]).find("moesk", "office")
QUESTIONS = [question.id for question in SURVEY.questions]


@pytest.fixture
def moesk(companies: Companies) -> Company:
    return companies.by_id("moesk")


async def visit(
    db: Database,
    phone: str,
    *,
    state: VisitState = VisitState.SERVED,
    at: datetime = NOW - timedelta(days=2),
    agreed: bool = True,
    branch: str = "",
) -> str:
    """A visit, and whether whoever booked it agreed to be asked; its number."""
    number, call = new_id()[:7], new_id()
    row = Appointment(
        company_id="moesk",
        branch=branch,
        office_id="podolsk",
        number=number,
        topic="service",
        starts_at=at,
        minutes=20,
        window_no=int(new_id()[:6], 16),
        state=state,
        phone=phone,
        name="",
        booked_at=at - timedelta(days=3),
        booked_by="ivr",
        call_id=call,
        served_at=at if state is VisitState.SERVED else None,
    )
    async with db.write() as session:
        session.add(row)
        if agreed:
            consent = Consent(
                company_id="moesk",
                phone=phone,
                purpose=Purpose.SURVEY,
                given_at=row.booked_at,
                call_id=call,
                recording_id=None,
                asked="Позвонить вам после приёма?",
                subject_id=number,
                withdrawn_at=None,
                withdrawn_call_id=None,
            )
            await consents.give(session, consent)
    return number


async def start(
    db: Database, moesk: Company, days: VisitDays = DAYS, *, now: datetime = NOW, visible_to: Scope = ALL
) -> str:
    async with db.write() as session:
        return (await asking.start(session, moesk, SURVEY, days, now, actor="user:m", visible_to=visible_to)).id


async def asked(db: Database, moesk: Company, days: VisitDays = DAYS, *, now: datetime = NOW) -> set[str]:
    async with db.read() as session:
        return set(await asking.may_be_asked(session, moesk, days, now, visible_to=ALL))


async def claim(db: Database, now: datetime = NOW) -> dict[str, Claimed]:
    async with db.write() as session:
        return {one.phone: one for one in await campaigns.claim(session, "moesk", now, 10)}


async def finish(db: Database, call: Claimed, said: Said | None, now: datetime = NOW) -> None:
    result = AttemptResult.TALKED if said else AttemptResult.NO_ANSWER
    async with db.write() as session:
        await campaigns.finish(session, call.id, result, said, now, None)
        await campaigns.settle(session, now)


async def stop(
    db: Database,
    id: str,
    state: CampaignState = CampaignState.STOPPED,
    *,
    visible_to: Scope = ALL,
    surveys: bool = True,
) -> None:
    async with db.write() as session:
        await campaigns.set_state(session, id, state, "user:m", NOW, visible_to=visible_to, surveys=surveys)


async def found(db: Database, id: str) -> SurveyFigures:
    async with db.read() as session:
        return await figures.find(session, id, visible_to=ALL)


async def test_only_those_are_asked_who_agreed_and_were_served(db: Database, moesk: Company) -> None:
    await visit(db, FIRST)
    await visit(db, FIRST, at=NOW - timedelta(days=2, hours=1))
    await visit(db, SECOND, state=VisitState.MISSED)
    await visit(db, SECOND, agreed=False)
    await visit(db, THIRD, at=NOW - timedelta(days=3))
    assert await asked(db, moesk) == {FIRST}
    assert await asked(db, moesk, VisitDays(DAY - timedelta(days=1), DAY)) == {FIRST, THIRD}
    async with db.write() as session:
        await consents.withdraw(session, "moesk", FIRST, at=NOW, call_id=None)
    assert await asked(db, moesk) == set()
    with pytest.raises(InvalidInput, match="спросить некого"):
        await start(db, moesk)


async def test_nobody_is_asked_about_a_visit_twice_nor_twice_in_thirty_days(db: Database, moesk: Company) -> None:
    await visit(db, FIRST)
    await start(db, moesk)
    await visit(db, FIRST)
    assert await asked(db, moesk) == set(), "their call waits"
    calls = await claim(db)
    await finish(db, calls[FIRST], Said.ASKED)
    later = NOW + timedelta(days=29)
    await visit(db, FIRST, at=later - timedelta(days=1))
    yesterday = VisitDays((later - timedelta(days=1)).date(), later.date())
    assert await asked(db, moesk, yesterday, now=later) == set()
    assert await asked(db, moesk, yesterday, now=NOW + timedelta(days=30)) == {FIRST}
    await start(db, moesk, yesterday, now=NOW + timedelta(days=30))
    assert await asked(db, moesk, yesterday, now=NOW + timedelta(days=90)) == set()


async def test_two_managers_at_once_ask_each_number_once(db: Database, moesk: Company) -> None:
    for phone in (FIRST, SECOND):
        await visit(db, phone)
    results = await asyncio.gather(*(start(db, moesk) for _ in range(3)), return_exceptions=True)
    assert sum(isinstance(one, str) for one in results) == 1
    assert sum(isinstance(one, InvalidInput) for one in results) == 2
    async with db.read() as session:
        assert len(list(await session.scalars(select(CampaignCall)))) == 2


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (VisitDays(DAY, DAY - timedelta(days=1)), "раньше первого"),
        (VisitDays(DAY + timedelta(days=9), DAY + timedelta(days=9)), "ещё не наступили"),
        (VisitDays(DAY - timedelta(days=60), DAY), "не позже чем через 31 день"),
    ],
)
async def test_days_about_which_nobody_can_be_asked(db: Database, moesk: Company, days: VisitDays, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        await start(db, moesk, days)


async def test_a_branch_asks_its_own_and_sees_its_own(db: Database, moesk: Company) -> None:
    await visit(db, FIRST, branch="north")
    await visit(db, SECOND, branch="south")
    north, south = Scope("moesk", "north"), Scope("moesk", "south")
    id = await start(db, moesk, visible_to=north)
    assert list(await claim(db)) == [FIRST]
    async with db.read() as session:
        assert [one.campaign.id for one in await figures.latest(session, "moesk", visible_to=north, most=5)] == [id]
        assert await figures.latest(session, "moesk", visible_to=south, most=5) == []
        with pytest.raises(OutOfScope):
            await figures.find(session, id, visible_to=south)
    with pytest.raises(OutOfScope):
        await stop(db, id, visible_to=south)


async def test_a_stopped_survey_calls_nobody_and_goes_on(db: Database, moesk: Company) -> None:
    await visit(db, FIRST)
    id = await start(db, moesk)
    with pytest.raises(NotFound):  # by the page of other campaigns
        await stop(db, id, surveys=False)
    await stop(db, id)
    assert await claim(db) == {}
    await stop(db, id, CampaignState.RUNNING)
    assert list(await claim(db)) == [FIRST]


async def test_figures_of_whole_and_half_surveys_and_what_a_forgotten_person_leaves(
    db: Database, moesk: Company
) -> None:
    keyed = {FIRST: "1254", SECOND: "32"}
    for phone in (FIRST, SECOND, THIRD):
        await visit(db, phone)
    id = await start(db, moesk)
    for phone, call in (await claim(db)).items():
        keys = dict(zip(QUESTIONS, keyed.get(phone, ""), strict=False))
        async with db.write() as session:
            await answers.keep(session, call.id, keys, NOW)
        await finish(db, call, {FIRST: Said.ASKED, SECOND: Said.PART}.get(phone))
    told = await found(db, id)
    assert (told.whole, told.complete, told.incomplete, told.unreached, told.refused) == (3, 1, 1, 1, 0)
    assert told.campaign.state is CampaignState.DONE
    wait, helped, staff, whole = told.questions
    assert wait.distribution == [("Меньше десяти минут", 1), ("Меньше получаса", 0), ("Дольше", 1)]
    assert (wait.mean, helped.answers, staff.mean, whole.mean) == (None, 2, 5.0, 4.0)
    async with db.write() as session:
        ids = list(await session.scalars(select(CampaignCall.id).where(CampaignCall.phone == FIRST)))
        await campaigns.forget(session, ids, at=NOW)
    async with db.read() as session:
        assert FIRST not in set(await session.scalars(select(CampaignCall.phone)))
        assert [one.phone for one in await figures.unreached(session, id)] == [THIRD]
    assert (await found(db, id)).questions == told.questions
