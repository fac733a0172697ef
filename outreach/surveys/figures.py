"""What a survey comes to: how many were asked to the end, half-way, not at all; how each question was answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from grid.reference.surveys import Survey, SurveyQuestion
from gridline.errors import NotFound
from gridline.scope import OutOfScope, Scope
from outreach.campaigns.models import CallState, Campaign, CampaignCall, CampaignState, Said
from outreach.surveys.models import SurveyAnswer, SurveyCampaign


@dataclass(frozen=True, slots=True)
class QuestionFigures:
    """How one question was answered."""

    question: SurveyQuestion
    keys: Counter[str]

    @property
    def answers(self) -> int:
        """How many answered it."""
        return self.keys.total()

    @property
    def mean(self) -> float | None:
        """The mean mark; None of a question that is not answered by marks, and where there are none."""
        if not self.question.is_mark or not self.answers:
            return None
        return sum(int(key) * number for key, number in self.keys.items()) / self.answers

    @property
    def distribution(self) -> list[tuple[str, int]]:
        """Every possible answer as people read it, and how often it was given."""
        return [(self.question.named(key), self.keys[key]) for key in self.question.keys]


@dataclass(frozen=True, slots=True)
class SurveyFigures:
    """One campaign, in numbers of people and answers."""

    campaign: Campaign
    asks: SurveyCampaign
    survey: Survey
    states: Counter[CallState]
    said: Counter[Said | None]
    """Of the calls that are over; None: nobody was reached, or they said nothing."""
    questions: Sequence[QuestionFigures]

    @property
    def whole(self) -> int:
        """How many were to be asked."""
        return self.states.total()

    @property
    def waiting(self) -> int:
        """Neither asked nor given up yet."""
        return self.whole - self.states[CallState.DONE]

    @property
    def complete(self) -> int:
        """Asked to the end."""
        return self.said[Said.ASKED]

    @property
    def incomplete(self) -> int:
        """Left half-way; their answers count."""
        return self.said[Said.PART]

    @property
    def refused(self) -> int:
        """Want no more calls."""
        return self.said[Said.STOP]

    @property
    def unreached(self) -> int:
        """Called in vain, or not to be called any more."""
        return self.said[None]

    @property
    def running(self) -> bool:
        """Whether somebody may still be called without anybody's doing."""
        return self.campaign.state is CampaignState.RUNNING

    @property
    def stopped(self) -> bool:
        """Whether a person stopped it."""
        return self.campaign.state is CampaignState.STOPPED


_CAMPAIGNS = select(Campaign, SurveyCampaign).join(SurveyCampaign, SurveyCampaign.id == Campaign.id)


async def latest(session: AsyncSession, company_id: str, *, visible_to: Scope, most: int) -> list[SurveyFigures]:
    """A company's surveys, the latest first."""
    query = _CAMPAIGNS.where(Campaign.company_id == company_id, visible_to.where(Campaign.company_id, Campaign.branch))
    return await _of(session, query.order_by(Campaign.made_at.desc(), Campaign.id).limit(most))


async def begun(
    session: AsyncSession, company_id: str, since: datetime, until: datetime, *, visible_to: Scope
) -> list[SurveyFigures]:
    """Those that began in a period, the earliest first."""
    query = _CAMPAIGNS.where(Campaign.company_id == company_id, visible_to.where(Campaign.company_id, Campaign.branch))
    in_period = query.where(Campaign.made_at >= since, Campaign.made_at < until)
    return await _of(session, in_period.order_by(Campaign.made_at, Campaign.id))


async def find(session: AsyncSession, id: str, *, visible_to: Scope) -> SurveyFigures:
    """One of them. Raises NotFound, OutOfScope."""
    found = await _of(session, _CAMPAIGNS.where(Campaign.id == id))
    if not found:
        raise NotFound("Такого опроса нет.")
    if not visible_to.holds(found[0].campaign.company_id, found[0].campaign.branch):
        raise OutOfScope("Такого опроса нет.")
    return found[0]


async def unreached(session: AsyncSession, id: str) -> list[CampaignCall]:
    """The calls of a campaign that are over without an answer, the latest first; of one that `find` has shown."""
    over = (CampaignCall.campaign_id == id, CampaignCall.state == CallState.DONE, CampaignCall.said.is_(None))
    query = select(CampaignCall).where(*over).order_by(CampaignCall.ended_at.desc(), CampaignCall.id)
    return list(await session.scalars(query))


async def _of(session: AsyncSession, query: Select[Campaign, SurveyCampaign]) -> list[SurveyFigures]:
    found = (await session.execute(query)).all()
    ids = [campaign.id for campaign, _ in found]
    states: dict[str, Counter[CallState]] = {id: Counter() for id in ids}
    said: dict[str, Counter[Said | None]] = {id: Counter() for id in ids}
    keys: dict[str, dict[str, Counter[str]]] = {id: {} for id in ids}
    of_call = (CampaignCall.campaign_id, CampaignCall.state, CampaignCall.said)
    calls = select(*of_call, func.count()).where(CampaignCall.campaign_id.in_(ids)).group_by(*of_call)
    for id, state, answer, number in await session.execute(calls):
        states[id][state] += number
        if state is CallState.DONE:
            said[id][answer] += number
    of_answer = (CampaignCall.campaign_id, SurveyAnswer.question, SurveyAnswer.key)
    answers = select(*of_answer, func.count()).join(CampaignCall, CampaignCall.id == SurveyAnswer.call_id)
    for id, question, key, number in await session.execute(
        answers.where(CampaignCall.campaign_id.in_(ids)).group_by(*of_answer)
    ):
        keys[id].setdefault(question, Counter())[key] += number
    return [_figures(campaign, asks, states[asks.id], said[asks.id], keys[asks.id]) for campaign, asks in found]


def _figures(
    campaign: Campaign,
    asks: SurveyCampaign,
    states: Counter[CallState],
    said: Counter[Said | None],
    keys: dict[str, Counter[str]],
) -> SurveyFigures:
    survey = Survey.model_validate(asks.survey)
    questions = [QuestionFigures(question, keys.get(question.id, Counter())) for question in survey.questions]
    return SurveyFigures(campaign, asks, survey, states, said, questions)
