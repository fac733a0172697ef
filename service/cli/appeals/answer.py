"""`gridline appeals answer|refuse`: sends a letter to the applicant and keeps the proof."""

from __future__ import annotations

from typing import Annotated

import typer

from appeals.answers.letter import Signer
from appeals.answers.sending import ProofOfSending
from service.cli.appeals.common import (
    CompanyOption,
    NumberArgument,
    PositionOption,
    SignerOption,
    WayOption,
    actor,
    step,
    text_of,
)


def add_to(group: typer.Typer) -> None:
    """Hang the commands on their group."""
    group.command("answer")(answer)
    group.command("refuse")(refuse)


def answer(
    number: NumberArgument,
    company: CompanyOption,
    signer: SignerOption,
    position: PositionOption,
    text: Annotated[str, typer.Option("--text", help="Файл с текстом или «-»; без него — записанные выводы")] = "",
    way: WayOption = "",
) -> None:
    """Ответить заявителю: письмо уходит, подтверждение отправки остаётся в истории."""
    said = text_of(text) if text else ""
    _left(
        step(
            company,
            number,
            lambda desk, appeal: desk.dispatch.answer(
                appeal.id,
                text=said,
                signer=Signer(signer, position),
                actor=actor(),
                version=appeal.version,
                way=way or None,
            ),
        )
    )


def refuse(
    number: NumberArgument, company: CompanyOption, signer: SignerOption, position: PositionOption, way: WayOption = ""
) -> None:
    """Утвердить предложенный отказ (второй человек): уведомление уходит заявителю."""
    _left(
        step(
            company,
            number,
            lambda desk, appeal: desk.dispatch.refuse(
                appeal.id, signer=Signer(signer, position), actor=actor(), version=appeal.version, way=way or None
            ),
        )
    )


def _left(proof: ProofOfSending) -> None:
    typer.echo(f"Отправлено {proof.sent_at:%d.%m.%Y %H:%M} UTC.")
    for file in proof.facts.get("files", []):
        typer.echo(f"  {file}")
    if "said" in proof.facts:
        typer.echo(f"  {proof.facts['server']}: {proof.facts['said']}")
