"""`gridline surveys list|start|stop|go-on`: targeted surveys of a company without a browser."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from grid.reference.shelf import SURVEYS
from grid.reference.surveys import Surveys
from gridline import settings
from gridline.clock import SystemClock
from gridline.companies import Companies, Company
from gridline.db import Database
from gridline.scope import Scope
from outreach import campaigns
from outreach.campaigns.models import CampaignState
from outreach.surveys import asking, figures
from outreach.surveys.asking import VisitDays
from service.cli.appeals.common import actor, read, run
from service.cli.report.ivr import day

SHOWN: Final = 50
EVERYTHING: Final = Scope()
STATES: Final = {
    CampaignState.RUNNING: "идёт",
    CampaignState.STOPPED: "остановлен",
    CampaignState.DONE: "закончен",
}

CompanyArgument = Annotated[str, typer.Argument(help="Компания (id)")]
CampaignArgument = Annotated[str, typer.Argument(help="Опрос: как его называет gridline surveys list")]
FirstOption = Annotated[str, typer.Option("--from", help="Приём с этого дня, 2026-11-01")]
LastOption = Annotated[str, typer.Option("--to", help="Приём по этот день, он входит")]


def add_to(app: typer.Typer) -> None:
    """Hang the group on `app`."""
    group = typer.Typer(name="surveys", help="Целевые опросы: начать, остановить, посмотреть", no_args_is_help=True)
    group.command("list")(listing)
    group.command("start")(start)
    group.command("stop")(stop)
    group.command("go-on")(go_on)
    app.add_typer(group)


def listing(company: CompanyArgument) -> None:
    """Какие опросы есть и как идут."""
    of_company = _company(company)
    for survey in _shipped(of_company).of(of_company.id):
        typer.echo(f"{survey.id}: {survey.title}, вопросов {len(survey.questions)}")
    for one in read(lambda session: figures.latest(session, of_company.id, visible_to=EVERYTHING, most=SHOWN)):
        period = f"приём {one.asks.first_day:%d.%m.%Y}–{one.asks.last_day:%d.%m.%Y}"
        counts = f"всего {one.whole}, ждут {one.waiting}, до конца {one.complete}, не до конца {one.incomplete}"
        typer.echo(f"{one.campaign.id}  {one.asks.survey_id}, {period}, {STATES[one.campaign.state]}: {counts}")


def start(
    company: CompanyArgument,
    survey: Annotated[str, typer.Argument(help="Что спросить: id опроса")],
    first: FirstOption,
    last: LastOption,
) -> None:
    """Спросить тех, кого приняли в эти дни и кто разрешил позвонить."""
    of_company, days = _company(company), VisitDays(day("--from", first), day("--to", last))
    asks = _shipped(of_company).find(of_company.id, survey)

    async def begin(db: Database) -> str:
        async with db.write() as session:
            now = SystemClock().now()
            return (await asking.start(session, of_company, asks, days, now, actor=actor(), visible_to=EVERYTHING)).id

    typer.echo(run(begin))


def stop(campaign: CampaignArgument) -> None:
    """Больше никому не звонить; начатый разговор не обрывается."""
    _set(campaign, CampaignState.STOPPED)


def go_on(campaign: CampaignArgument) -> None:
    """Обзвонить остальных."""
    _set(campaign, CampaignState.RUNNING)


def _company(id: str) -> Company:
    return Companies.load(settings.load().dialplan / "companies").by_id(id)


def _shipped(company: Company) -> Surveys:
    return Surveys.load(settings.load().dialplan / SURVEYS, [company.id])


def _set(campaign: str, state: CampaignState) -> None:
    async def set_it(db: Database) -> None:
        async with db.write() as session:
            now = SystemClock().now()
            await campaigns.set_state(session, campaign, state, actor(), now, visible_to=EVERYTHING, surveys=True)

    run(set_it)
