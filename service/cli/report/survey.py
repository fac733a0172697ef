"""`gridline report survey`: what targeted surveys came to, as a table, as JSON, or as a file."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from appeals.reports.rows import open_rows
from gridline import settings
from gridline.calendar import days
from gridline.companies import Companies, Company
from gridline.errors import InvalidInput
from gridline.scope import Scope
from outreach.surveys import figures
from outreach.surveys.figures import QuestionFigures, SurveyFigures
from service.cli.appeals.common import read
from service.cli.report.ivr import CompanyOption, FromOption, JsonOption, ToOption, day

HEADINGS: Final = ("Опрос", "Начат", "Вопрос", "Ответов", "Средняя", "Ответ", "Сколько")
WIDTHS: Final = (30, 12, 50, 10, 10, 30, 10)

OutOption = Annotated[Path | None, typer.Option("--out", help="В файл: .xlsx и .csv — ответы, с --json — всё")]


def survey(
    company: CompanyOption, first: FromOption, last: ToOption, as_json: JsonOption = False, out: OutOption = None
) -> None:
    """Целевые опросы, начатые за период: сколько ответили, средние, распределение ответов."""
    of_company, found = _found(company, day("--from", first), day("--to", last))
    if as_json:
        text = json.dumps([_json(one, of_company) for one in found], ensure_ascii=False, indent=2)
        if out is None:
            typer.echo(text)
            return
        out.write_text(text + "\n", "utf-8")
    elif out is None:
        for one in found:
            _print(one, of_company)
        if not found:
            typer.echo("За этот период опросов не начинали.")
        return
    else:
        _save(found, of_company, out)
    typer.echo(f"Отчёт: {out}")


def _found(company_id: str, first: date, last: date) -> tuple[Company, list[SurveyFigures]]:
    if last < first:
        raise InvalidInput(f"Период кончается раньше, чем начинается: --from {first}, --to {last}.")
    company = Companies.load(settings.load().dialplan / "companies").by_id(company_id)
    since, until = days.begins(first, company.zone), days.ends(last, company.zone)
    return company, read(lambda session: figures.begun(session, company.id, since, until, visible_to=Scope()))


def _begun(one: SurveyFigures, company: Company) -> str:
    return f"{one.campaign.made_at.astimezone(company.zone):%d.%m.%Y}"


def _mean(question: QuestionFigures) -> float | None:
    return None if question.mean is None else round(question.mean, 2)


def _json(one: SurveyFigures, company: Company) -> dict[str, Any]:
    return {
        "campaign": one.campaign.id,
        "survey": one.asks.survey_id,
        "title": one.survey.title,
        "begun": one.campaign.made_at.astimezone(company.zone).isoformat(),
        "visits_from": one.asks.first_day.isoformat(),
        "visits_to": one.asks.last_day.isoformat(),
        "state": one.campaign.state,
        "people": one.whole,
        "waiting": one.waiting,
        "complete": one.complete,
        "incomplete": one.incomplete,
        "unreached": one.unreached,
        "refused": one.refused,
        "questions": [
            {
                "id": each.question.id,
                "text": each.question.text,
                "answers": each.answers,
                "mean": _mean(each),
                "distribution": dict(each.distribution),
            }
            for each in one.questions
        ],
    }


def _print(one: SurveyFigures, company: Company) -> None:
    out = Console(highlight=False)
    period = f"{one.asks.first_day:%d.%m.%Y}–{one.asks.last_day:%d.%m.%Y}"
    out.print(f"{one.survey.title}, приём {period}, начат {_begun(one, company)}", markup=False)
    out.print(
        f"  всего {one.whole}, до конца {one.complete}, не до конца {one.incomplete}, ждут {one.waiting}, "
        f"не дозвонились {one.unreached}, просили не звонить {one.refused}",
        soft_wrap=True,
    )
    table = Table("Вопрос", "Ответов", "Средняя", "Ответы", box=None)
    for each in one.questions:
        told = ", ".join(f"{answer} — {number}" for answer, number in each.distribution)
        mean = _mean(each)
        table.add_row(each.question.text, str(each.answers), "" if mean is None else f"{mean:.2f}", told)
    out.print(table)


def _save(found: list[SurveyFigures], company: Company, file: Path) -> None:
    with open_rows(file, sheet="Опросы", widths=WIDTHS) as rows:
        rows.title(f"{company.name}, целевые опросы")
        rows.headings(HEADINGS)
        for one in found:
            for each in one.questions:
                for answer, number in each.distribution:
                    of_question = (each.question.text, each.answers, _mean(each))
                    rows.row((one.survey.title, _begun(one, company), *of_question, answer, number))
