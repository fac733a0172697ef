"""Calling back by one click: the item is taken, the number given to the agent's telephone, the end told in one word.

Nobody is called back while others wait in the agent's queues, unless the item's own time is nearly over.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console import words
from agent_console.calls import calls
from agent_console.console import Console, actor_of, console_of
from agent_console.pages.phone import number_of
from agent_console.people.permissions import Actor, Permission
from agent_console.web.failures import toast_header
from agent_console.web.routes import add
from agent_console.worklist import details
from appeals.finding import appeals
from gridline.errors import Conflict, InvalidInput, NotFound
from gridline.numbers import phones
from ivr.desk import devices
from ivr.outbound.agents_calls import CallOwed
from ivr.outbound.originating import ring_desk_phone
from worklist.codes import ENDINGS, AttemptResult, Ending, ItemKind, Level
from worklist.models import WorkItem

ITEM: Final = "{id:[0-9a-f]{32}}"
DECLINED: Final = "declined"
"""What an agent may say besides the results of an attempt: they want nothing any more."""
IN_VAIN: Final = (AttemptResult.NO_ANSWER, AttemptResult.BUSY, AttemptResult.FAILED)


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    add(app, "POST", f"/worklist/{ITEM}/call", call, permission=Permission.DESK_WORK)
    add(app, "POST", f"/worklist/{ITEM}/called", called, permission=Permission.DESK_WORK)
    add(app, "POST", f"/worklist/{ITEM}/not-called", not_called, permission=Permission.DESK_WORK)


async def call(request: web.Request) -> web.Response:
    """Take the item; the desk phone rings, or the page's telephone is told what to `dial`; `where` is to be shown."""
    console, actor = console_of(request), actor_of(request)
    agent, id = number_of(actor), request.match_info["id"]
    async with console.db.read() as session:
        item = (await details.find(session, actor, id)).item
        where = await _where(console, actor, session, item)
    if not item.phone:
        raise InvalidInput("У этого дела нет номера, по которому звонить.")
    digits = phones.read_home(item.phone).e164.removeprefix("+")
    console.agents_calls.must_be_free(agent, id)
    _let_others_first(console, actor, item, console.clock.now())
    item = await console.worklist.take(id, actor.signature, from_nobody=True)
    console.agents_calls.expect(agent, _owed(console, item, where))
    shift = console.desk.shift(agent)
    at_desk = shift is not None and shift.phone is devices.DeviceKind.DESK
    if at_desk:
        await ring_desk_phone(console.settings, agent, digits)
    return web.json_response({"dial": "" if at_desk else digits, "where": where})


async def called(request: web.Request) -> web.Response:
    """How the call ended, in one word: `talked`, `no-answer`, `busy`, `failed` or `declined`."""
    console, actor = console_of(request), actor_of(request)
    agent, id = number_of(actor), request.match_info["id"]
    said = str((await request.post()).get("result", ""))
    async with console.db.read() as session:
        item = (await details.find(session, actor, id)).item
    if said not in (AttemptResult.TALKED, *IN_VAIN, DECLINED):
        raise InvalidInput("Скажите, чем кончился звонок.")
    seen = console.agents_calls.of(agent)
    of_call = seen.call_id if seen is not None and seen.owed.item_id == id else None
    try:
        told = await _store(console, actor, item, said, of_call)
    except Conflict:  # ended meanwhile, by another person or because they called themselves
        console.agents_calls.told(agent, id)
        raise
    console.agents_calls.told(agent, id)
    return web.Response(status=204, headers=toast_header(told, "good"))


async def not_called(request: web.Request) -> web.Response:
    """The agent gives the item back without having called: it is nobody's, and no attempt."""
    console, actor = console_of(request), actor_of(request)
    agent, id = number_of(actor), request.match_info["id"]
    async with console.db.read() as session:
        item = (await details.find(session, actor, id)).item
    if item.owner == actor.signature and item.ended_at is None:
        await console.worklist.release(id)
    console.agents_calls.told(agent, id)
    return web.Response(status=204, headers=toast_header("Дело возвращено в общий список.", "good"))


async def _store(console: Console, actor: Actor, item: WorkItem, said: str, of_call: str | None) -> str:
    """Store the attempt and, where it ends the item, the end; what the agent reads."""
    work, name = console.worklist, actor.signature
    if said == DECLINED:
        if Ending.DECLINED not in ENDINGS[item.kind]:
            raise InvalidInput("Так это дело не закончить.")
        await work.end(item.id, name, Ending.DECLINED, result=AttemptResult.TALKED, call_id=of_call)
        return "Записано: больше ничего не нужно. Дело закончено."
    result = AttemptResult(said)
    if item.kind is ItemKind.DICTATION and result is AttemptResult.TALKED:
        await work.attempt(item.id, name, result, call_id=of_call)
        return "Запишите продиктованный ответ в обращении: тогда дело закончится само."
    if item.kind is ItemKind.CALL_OUT:  # the visit ends it, not a call about it
        await work.attempt(item.id, name, result, call_id=of_call, give_back=True)
        return "Записано. Дело закончится, когда приедут или выезд отменят."
    if result is AttemptResult.TALKED:
        await work.end(item.id, name, Ending.TALKED, result=result, call_id=of_call)
        return "Записано: поговорили. Дело закончено."
    if item.attempts + 1 >= work.tries(item):
        await work.end(item.id, name, Ending.UNREACHED, result=result, call_id=of_call)
        return f"Попыток {item.attempts + 1} из {work.tries(item)}: дозвониться не удалось, дело закончено."
    tried = await work.attempt(item.id, name, result, call_id=of_call, give_back=True)
    zone = console.companies.by_id(item.company_id).zone
    again = words.clock(tried.next_at, zone)
    return f"Записано, попытка {tried.attempts} из {work.tries(item)}. Снова звонить в {again}."


def _let_others_first(console: Console, actor: Actor, item: WorkItem, now: datetime) -> None:
    """A call back does not jump ahead of who waits. Raises Conflict, saying who does."""
    if console.worklist.level_of(item, now) in (Level.PRESSING, Level.LATE):
        return
    company = console.companies.by_id(item.company_id)
    shift = console.desk.shift(actor.agent or "")
    mine = shift.queues if shift is not None else sorted(company.queues_of(actor.agent or ""))
    waiting = [queue for name in mine if (queue := console.board.queue(name)) is not None and queue.waiting]
    if not waiting:
        return
    people = sum(queue.waiting for queue in waiting)
    since = min(queue.longest_since for queue in waiting if queue.longest_since is not None)
    who = f"{people} {words.plural(people, 'человек', 'человека', 'человек')}"
    raise Conflict(
        f"В очереди {who}, дольше всех ждут {words.span((now - since).total_seconds())}: сначала ответьте им."
    )


def _owed(console: Console, item: WorkItem, where: str) -> CallOwed:
    return CallOwed(
        item.id,
        item.company_id,
        item.kind,
        item.phone or "",
        item.place,
        item.due_at,
        item.attempts,
        console.worklist.tries(item),
        Ending.DECLINED in ENDINGS[item.kind],
        where,
    )


async def _where(console: Console, actor: Actor, session: AsyncSession, item: WorkItem) -> str:
    """The page of that person: the card of the call it came from, else the appeal it is about; "" for neither."""
    if item.call_id is not None and actor.may(Permission.CARD_READ):
        try:
            await calls.find_anywhere(session, console.board, item.call_id, visible_to=actor.scope)
        except NotFound:
            pass
        else:
            return f"/card/{item.call_id}"
    if item.appeal_id is not None and await appeals.among(session, [item.appeal_id], visible_to=actor.scope):
        return f"/appeals/{item.appeal_id}"
    return ""
