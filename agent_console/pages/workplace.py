"""`/desk`: the agent's place: on shift or not, ready or paused, and how long each of their queues waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from agent_console.console import Console, actor_of, console_of
from agent_console.pages import phone
from agent_console.people.permissions import Actor, Permission
from agent_console.push import MORPH
from agent_console.wallboard.live import LIVE, QUEUE
from agent_console.web.render import TEMPLATES, render, wants_part
from agent_console.web.routes import MenuEntry, add, add_entry, add_topic
from gridline.companies import Company
from gridline.errors import Conflict, InvalidInput
from ivr.desk import devices
from ivr.desk.shift import REASONS, UNREACHABLE, Shift
from ivr.live.view import LiveQueue


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A queue as its agent sees it."""

    queue: str
    name: str
    topics: str
    state: LiveQueue | None
    mine: bool


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    add(app, "GET", "/desk", page, permission=Permission.DESK_WORK)
    add(app, "POST", "/desk/sign-on", sign_on, permission=Permission.DESK_WORK)
    add(app, "POST", "/desk/ready", ready, permission=Permission.DESK_WORK)
    add(app, "POST", "/desk/pause", pause, permission=Permission.DESK_WORK)
    add(app, "POST", "/desk/sign-off", sign_off, permission=Permission.DESK_WORK)
    entry = MenuEntry(10, "Рабочее место", "/desk", "headset", Permission.DESK_WORK, key="d", suits=Actor.answers_calls)
    add_entry(app, entry)
    add_topic(app, phone.PLACE, _own_place)


async def page(request: web.Request) -> web.Response:
    """The place of whoever is signed in."""
    console, actor = console_of(request), actor_of(request)
    agent, company = phone.number_of(actor), _company(console, actor)
    request.app[LIVE].tell(company)
    return render(
        request,
        "workplace.html",
        title="Рабочее место",
        topics=[f"{phone.PLACE}:{agent}", *(f"{QUEUE}:{queue}" for queue in sorted(company.queues))],
        agent=agent,
        **_place(console, console.desk.shift(agent)),
        queues=_queues(console, company, agent),
    )


async def sign_on(request: web.Request) -> web.StreamResponse:
    """Begin the shift in the queues that were ticked."""
    console, actor = console_of(request), actor_of(request)
    agent, company = phone.number_of(actor), _company(console, actor)
    form = await request.post()
    wanted = {str(value) for value in form.getall("queue", [])}
    if strangers := wanted - company.queues_of(agent):
        raise InvalidInput(f"Вы не отвечаете в очереди {', '.join(sorted(strangers))}.")
    chosen = str(form.get("phone", devices.DeviceKind.BROWSER))
    if chosen not in list(devices.DeviceKind):
        raise InvalidInput("Выберите телефон: в браузере или настольный аппарат.")
    await console.desk.sign_on(
        agent,
        user_id=actor.user_id,
        name=actor.name,
        company_id=company.id,
        queues=sorted(wanted),
        phone=devices.DeviceKind(chosen),
    )
    raise web.HTTPSeeOther("/desk")


async def ready(request: web.Request) -> web.StreamResponse:
    """Take calls; also the end of a wrap-up."""
    await console_of(request).desk.ready(phone.number_of(actor_of(request)))
    if wants_part(request):  # from the strip under the telephone: the page that is open stays
        return web.Response(status=204)
    raise web.HTTPSeeOther("/desk")


async def pause(request: web.Request) -> web.StreamResponse:
    """Take no calls, for a reason of the list."""
    reason = str((await request.post()).get("reason", ""))
    await console_of(request).desk.pause(phone.number_of(actor_of(request)), reason)
    raise web.HTTPSeeOther("/desk")


async def sign_off(request: web.Request) -> web.StreamResponse:
    """End the shift."""
    await console_of(request).desk.sign_off(phone.number_of(actor_of(request)))
    raise web.HTTPSeeOther("/desk")


def show_place(app: web.Application, console: Console, agent: str) -> None:
    """Tell the pages of this agent what their place and their telephones look like now."""
    shift = console.desk.shift(agent)
    for template, block in (("workplace.html", "place"), ("base.html", "shift_strip")):
        part = app[TEMPLATES].part(template, block, agent=agent, own_shift=shift, **_place(console, shift))
        console.push.publish(f"{phone.PLACE}:{agent}", MORPH, part)
    phone.tell(console, agent)


def _place(console: Console, shift: Shift | None) -> dict[str, Any]:
    return {"shift": shift, "reasons": REASONS, "unreachable": UNREACHABLE, "line_up": console.line_up()}


async def _own_place(_console: Console, actor: Actor, agent: str) -> bool:
    return actor.agent == agent


def _queues(console: Console, company: Company, agent: str) -> list[QueueRow]:
    """The queues this agent may answer, the hotline first."""
    shift = console.desk.shift(agent)
    rows = []
    for queue in sorted(company.queues_of(agent), key=lambda queue: (queue != company.hotline, queue)):
        topics = ", ".join(topic.name for topic in company.topics.values() if topic.queue == queue)
        mine = shift is None or queue in shift.queues
        rows.append(QueueRow(queue, company.queue_name(queue), topics, console.board.queue(queue), mine))
    return rows


def _company(console: Console, actor: Actor) -> Company:
    """The company they work for. Raises NoShift for those who serve them all: a shift is one company's."""
    if actor.company_id is None:
        raise NoShift("Смену ведёт оператор одной компании, а ваша учётная запись — для всех сразу.")
    return console.companies.by_id(actor.company_id)


class NoShift(Conflict):
    """Whoever asks cannot be on shift at all."""

    code = "no-shift"
    title = "Смену здесь не ведут"
