"""`gridline appeals assign|take|find|plan|done|propose-refusal|join|withdraw|close`: a step without a browser."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import typer

from service.cli.appeals.common import CompanyOption, NumberArgument, actor, step, text_of

TextOption = Annotated[str, typer.Option("--text", help="Файл с текстом или «-»")]
DayOption = Annotated[datetime, typer.Option("--day", formats=["%Y-%m-%d"], help="День, например 2027-01-20")]


def add_to(group: typer.Typer) -> None:
    """Hang the commands on their group."""
    group.command("assign")(assign)
    group.command("take")(take)
    group.command("find")(find)
    group.command("plan")(plan)
    group.command("done")(done)
    group.command("propose-refusal")(propose_refusal)
    group.command("join")(join)
    group.command("withdraw")(withdraw)
    group.command("close")(close)


def assign(
    number: NumberArgument,
    company: CompanyOption,
    owner: Annotated[str, typer.Option("--owner", help="Логин ответственного в консоли")],
    unit: Annotated[str, typer.Option("--unit", help="Подразделение")] = "",
) -> None:
    """Назначить ответственного."""
    step(
        company,
        number,
        lambda desk, appeal: desk.casework.assign(
            appeal.id, owner=f"user:{owner}", unit=unit or None, actor=actor(), version=appeal.version
        ),
    )
    typer.echo("Назначено.")


def take(number: NumberArgument, company: CompanyOption) -> None:
    """Взять в работу."""
    step(company, number, lambda desk, appeal: desk.casework.take(appeal.id, actor=actor(), version=appeal.version))
    typer.echo("В работе.")


def find(
    number: NumberArgument,
    company: CompanyOption,
    text: TextOption,
    justified: Annotated[
        bool | None, typer.Option("--justified/--unjustified", help="Жалоба обоснована или нет")
    ] = None,
    rights: Annotated[str, typer.Option("--rights", help="Какие права восстановлены и как")] = "",
) -> None:
    """Записать выводы."""
    said = text_of(text)
    step(
        company,
        number,
        lambda desk, appeal: desk.casework.find(
            appeal.id,
            justified=justified,
            explanation=said,
            rights_restored=rights or None,
            actor=actor(),
            version=appeal.version,
        ),
    )
    typer.echo("Выводы записаны.")


def plan(
    number: NumberArgument,
    company: CompanyOption,
    what: Annotated[str, typer.Option("--what", help="Что будет сделано")],
    day: DayOption,
) -> None:
    """Назначить меру с плановой датой; печатает её id."""
    typer.echo(
        step(
            company,
            number,
            lambda desk, appeal: desk.casework.plan_measure(
                appeal.id, text=what, planned_on=day.date(), actor=actor(), version=appeal.version
            ),
        )
    )


def done(
    number: NumberArgument,
    company: CompanyOption,
    measure: Annotated[str, typer.Option("--measure", help="id меры")],
    day: DayOption,
) -> None:
    """Отметить, что мера исполнена."""
    step(
        company,
        number,
        lambda desk, appeal: desk.casework.measure_done(
            appeal.id, measure_id=measure, done_on=day.date(), actor=actor(), version=appeal.version
        ),
    )
    typer.echo("Отмечено.")


def propose_refusal(
    number: NumberArgument,
    company: CompanyOption,
    ground: Annotated[Literal["insulting", "already-answered", "secret"], typer.Option("--ground", help="Основание")],
    text: Annotated[str, typer.Option("--text", help="Файл с обоснованием или «-»")] = "",
    link: Annotated[str, typer.Option("--link", help="Обращение, по которому ответ уже дан")] = "",
) -> None:
    """Предложить отказ в рассмотрении; утверждает второй человек (`refuse`)."""
    said = text_of(text) if text else None
    step(
        company,
        number,
        lambda desk, appeal: desk.endings.propose_refusal(
            appeal.id, ground=ground, text=said, link=link or None, actor=actor(), version=appeal.version
        ),
    )
    typer.echo("Ждёт утверждения вторым человеком.")


def join(
    number: NumberArgument,
    company: CompanyOption,
    to: Annotated[str, typer.Option("--to", help="Номер более раннего обращения")],
) -> None:
    """Присоединить к более раннему открытому обращению."""
    step(
        company, number, lambda desk, appeal: desk.endings.join(appeal.id, to=to, actor=actor(), version=appeal.version)
    )
    typer.echo("Присоединено.")


def withdraw(
    number: NumberArgument,
    company: CompanyOption,
    reason: Annotated[str, typer.Option("--reason", help="Чем подтверждён отзыв")],
) -> None:
    """Отметить, что заявитель отозвал обращение."""
    step(
        company,
        number,
        lambda desk, appeal: desk.endings.withdraw(appeal.id, reason=reason, actor=actor(), version=appeal.version),
    )
    typer.echo("Отозвано.")


def close(number: NumberArgument, company: CompanyOption) -> None:
    """Закрыть обращение, по которому дан ответ."""
    step(company, number, lambda desk, appeal: desk.casework.close(appeal.id, actor=actor(), version=appeal.version))
    typer.echo("Закрыто.")
