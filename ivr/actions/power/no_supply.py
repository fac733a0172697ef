"""No light, no water: the place is asked, what is known of it is told, and the report or the consent is taken there."""

from __future__ import annotations

from typing import Literal

from grid.outages import truth
from grid.outages.models import Service
from grid.outages.truth import Truth
from ivr.actions.power import consent, place, planned, report, tellings, words
from ivr.actions.power.asked import Place
from ivr.actions.questions import LOOK_UP_S, SILENCE, choose
from ivr.line import Line
from ivr.services import Services
from ivr.voice import spoken
from ivr.voice.prompts import Phrase, Prompt
from worklist.codes import WATER

FIRST, ELSEWHERE, OPT_OUT = "1", "2", "9"


async def act(line: Line, services: Services, topic: str) -> Literal["done", "operator"]:
    """Tell the caller what is known of their place; take what they say of it."""
    service = Service.WATER if topic == WATER else Service.ELECTRICITY
    asked = await place.find(line, services)
    while asked is not None:
        if await _served(line, services, asked, service) != ELSEWHERE:
            return "done"
        asked = await place.find(line, services, anew=True)
    await report.aloud(line, services, service)
    return "done"


async def _served(line: Line, services: Services, asked: Place, service: Service) -> str:
    """Tell, then do what the caller's key says; returns the key."""
    now, call = services.clock.now(), line.call
    async with services.db.glance(within_s=LOOK_UP_S) as session:
        known = await truth.of_place(session, call.company, asked.premise, service, now)
    unplanned = next((one.outage for one in known.current if not one.outage.planned), None)
    agreed = unplanned is not None and await consent.given(line, services, unplanned)
    said, told = _told(known, line, services)
    with tellings.kept(line, services, told):
        menu, keys = _menu(known, agreed=agreed)
        key = await choose(line, *said, menu, keys=keys, silence=SILENCE)
    if key == OPT_OUT:
        call.ahead = await line.say(await consent.withdraw(line, services))
    elif key == FIRST and unplanned is not None:
        answer = await consent.ask(line, services, unplanned)
        await report.take(line, services, asked, service, unplanned)
        call.ahead = await line.say(answer)
    elif key == FIRST and known.restored is not None:
        call.ahead = await line.say(await report.still_dark(line, services, asked, known.restored))
    elif key == FIRST:
        joins = known.current[0].outage if known.current else None
        call.ahead = await line.say(await report.take(line, services, asked, service, joins))
    if not call.ahead and _may_ask_of_works(known, key):
        call.ahead = await planned.ask_once(line, services, asked)
    return key


def _may_ask_of_works(known: Truth, key: str) -> bool:
    """Whether to ask about calls before planned works: of whoever heard of some, or has just reported an outage."""
    heard = bool(known.ahead) or any(one.outage.planned for one in known.current)
    reported = key == FIRST and not known.current and known.restored is None
    return key not in (ELSEWHERE, OPT_OUT) and (heard or reported)


def _told(known: Truth, line: Line, services: Services) -> tuple[list[Phrase], dict[str, list[Phrase]]]:
    """What is said before the menu, and what of it is about which outage (id)."""
    now, company = services.clock.now(), line.call.company
    about = {one.outage.id: words.going_on(one, now, company) for one in known.current}
    about |= {one.id: words.to_come(one, now, company) for one in known.ahead}
    if known.restored is not None:
        about[known.restored.id] = [words.said_to_be_back(known.restored, now, company)]
    said: list[Phrase] = []
    if (report := known.report) is not None:
        # Of a house any of its people may have told it.
        theirs = report.premise_id is None and report.phone != line.call.caller
        said += words.reported(report, now, company, named=theirs)
    for phrases in about.values():
        said += phrases
    if not about and not known.report:
        said.append(Prompt("outage-none", what=words.GONE[known.service]))
    if known.as_of is not None:
        said.append(Prompt("outage-as-of", at=spoken.at_moment(known.as_of, now, company.zone)))
    if not known.current and not known.restored and known.service is Service.ELECTRICITY:
        said.append("report-check-fuses")
    return said, about


def _menu(known: Truth, *, agreed: bool) -> tuple[Prompt, str]:
    """What a caller may do after what they heard, and its keys."""
    back, gone = words.BACK[known.service], words.GONE[known.service]
    if agreed:
        return Prompt("outage-agreed-menu", what=back), ELSEWHERE + OPT_OUT
    if any(not one.outage.planned for one in known.current):
        return Prompt("outage-known-menu", what=back), FIRST + ELSEWHERE
    if known.restored is not None:
        return Prompt("outage-restored-menu", what=gone), FIRST + ELSEWHERE
    return Prompt("outage-end-menu", what=gone), FIRST + ELSEWHERE
