"""`gridline call`: walk a company's menus by typed keys, on a copy of the data; nothing of it is kept."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from gridline import settings
from gridline.clock import SetClock
from gridline.companies import Companies, Company
from gridline.db import new_id
from gridline.errors import InvalidInput
from gridline.numbers.phones import parse
from gridline.settings import Settings
from ivr import actions
from ivr.call import Call
from ivr.journal.entries import CallBegun
from ivr.line import CallerHungUp
from ivr.menus.flows import load_checked
from ivr.menus.walk import Step, walk
from ivr.voice.voice import Voice
from service.cli.line.call.rehearsed import rehearsed
from service.cli.line.call.typed_line import TypedLine
from service.cli.menus import vocabulary_by_book

WRITTEN = "%Y-%m-%d %H:%M"


def add_to(app: typer.Typer) -> None:
    """Add the command to the command line."""

    @app.command("call")
    def call(
        company: Annotated[str, typer.Option(help="Компания, например skek.")],
        caller: Annotated[str, typer.Option("--from", help="Номер звонящего; без него номер скрыт.")] = "",
        at: Annotated[str, typer.Option(help="Когда звонят, по часам компании: «2026-12-31 17:30».")] = "",
    ) -> None:
        """Пройти меню на клавишах: Enter — молчание, q — положить трубку. Ничего из сказанного не сохраняется."""
        config = settings.load()
        owner = Companies.load(config.dialplan / "companies").by_id(company)
        asyncio.run(_walk(config, owner, _number(caller), _moment(at, owner)))


def _number(written: str) -> str | None:
    if not written:
        return None
    phone = parse(written)
    if phone is None:
        raise InvalidInput(f"«{written}» — не телефон. Пишите так: +73842123456.")
    return phone.e164


def _moment(written: str, company: Company) -> datetime:
    if not written:
        return datetime.now(UTC)
    try:
        return datetime.strptime(written, WRITTEN).replace(tzinfo=company.zone)
    except ValueError as error:
        raise InvalidInput(f"Время «{written}» не разобрано. Пишите так: 2026-12-31 17:30.") from error


def _begun(call: Call, node: str, flow_version: str) -> CallBegun:
    """The journal of the copy must know the call that its actions speak of."""
    return CallBegun(
        id=call.id,
        node=node,
        boot="typed",
        linkedid=call.channel,
        dialled=call.dialled,
        caller_raw=call.caller_raw,
        caller=call.caller,
        started_at=call.started_at,
        company_id=call.company.id,
        flow_version=flow_version,
    )


async def _walk(config: Settings, company: Company, caller: str | None, at: datetime) -> None:
    out = Console(highlight=False, soft_wrap=True)
    clock = SetClock(at)
    voice = Voice.of(config)
    flow = load_checked(config.dialplan / "menus" / company.menu, vocabulary_by_book(company, voice.book))
    async with rehearsed(config, clock, voice) as services:
        call = Call(new_id(), "typed", company, company.dids[0], caller, caller or "", clock.now(), by_keys=True)
        call.of_range = services.numbering.branch_of(company, caller)
        services.journal.begin(_begun(call, config.node, flow.version))
        line = TypedLine(call, voice, out)

        def tell(step: Step) -> None:
            if step.leads_to != step.place:
                out.print(f"     [{step.place}: {step.exit} → {step.leads_to or 'конец'}]", style="dim", markup=False)

        try:
            await walk(flow, line, actions.bound(services), tell, clock)
        except CallerHungUp:
            out.print("     Звонящий положил трубку.", markup=False)
        else:
            out.print("     Разговор окончен.", markup=False)
